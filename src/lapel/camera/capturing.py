"""Capturing while the camera is switched on: a source, its thread, the recorder."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from av.error import FFmpegError

from lapel.camera.recorder import Open, Recorder
from lapel.camera.writer import Writer
from lapel.ports.capture import Source, Track, TrackLost


@dataclass(frozen=True, slots=True)
class SourceLost:
    """A track is gone; `left` says whether the other one goes on."""

    lost: TrackLost
    left: bool


class Capturing:
    """Runs from `watch` to `rest`; what it hears of the source it tells."""

    def __init__(
        self,
        source: Source,
        writer: Writer,
        open_one: Open,
        tell: Callable[[SourceLost], None],
    ) -> None:
        """Start reading the source."""
        self._source = source
        self._tell = tell
        self._resting = False
        self.shape = source.shape
        self.recorder = Recorder(source.shape, writer, open_one)
        self._thread = Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def rest(self) -> None:
        """Stop reading; what was buffered is forgotten."""
        self._resting = True
        self._source.close()
        self._thread.join(timeout=5)
        self.recorder.forget()

    def _run(self) -> None:
        try:
            for item in self._source.packets():
                if self._resting:
                    return
                if isinstance(item, TrackLost):
                    self._lose(item)
                else:
                    self.recorder.take(item)
        except (OSError, FFmpegError) as error:
            for track in Track:
                self._lose(TrackLost(track, str(error)))

    def _lose(self, lost: TrackLost) -> None:
        if not self._resting:
            self._tell(SourceLost(lost, self.recorder.lost(lost.track)))
