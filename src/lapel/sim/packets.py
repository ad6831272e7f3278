"""Packets as a source would bring them, without any encoder: for tests of the rest."""

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Semaphore
from typing import Final

from lapel.ports.capture import (
    FRAME_SAMPLES,
    VIDEO_SCALE,
    Packet,
    Shape,
    SoundShape,
    Track,
    TrackLost,
    VideoShape,
)

FPS: Final = 5
RATE: Final = 48_000
_CONFIG: Final = bytes.fromhex("0142c00affe1000867 42c00ada0f1140 01000468ce3c80")
_SILENCE: Final = bytes.fromhex("0100182007")


def shape(*, sound: bool = True) -> Shape:
    """Say what the packets of `footage` are."""
    heard = SoundShape(RATE, 1, bytes.fromhex("1188"), _SILENCE) if sound else None
    return Shape(VideoShape(160, 120, _CONFIG), heard, encoded_here=True)


def footage(
    seconds: float,
    *,
    start: float = 0,
    size: int = 40,
    sound: bool = True,
    mono_ms: int = 0,
) -> Iterator[Packet]:
    """Pictures (a key picture each second) and sound, by time, of `size` bytes each."""
    fps = FPS
    samples = _frames(start)
    for number in range(round(start * fps), round((start + seconds) * fps)):
        ticks = number * VIDEO_SCALE // fps
        at_ms = mono_ms + number * 1000 // fps
        body = number.to_bytes(4, "big") * (size // 4)
        key = number % fps == 0
        yield Packet(Track.VIDEO, body, ticks, ticks, VIDEO_SCALE // fps, key, at_ms)
        while sound and samples < _frames((number + 1) / fps):
            heard = b"\x01" + samples.to_bytes(7, "big")
            at = samples * FRAME_SAMPLES
            yield Packet(
                Track.SOUND, heard, at, at, FRAME_SAMPLES, key=True, mono_ms=at_ms
            )
            samples += 1


def _frames(seconds: float) -> int:
    return int(seconds * RATE) // FRAME_SAMPLES


class FedSource:
    """Implements `lapel.ports.capture.Source` with what a test feeds it."""

    def __init__(self, *, sound: bool = True) -> None:
        """Wait for the first packet."""
        self._shape = shape(sound=sound)
        self._items: SimpleQueue[Packet | TrackLost | None] = SimpleQueue()
        self._taken = Semaphore(0)

    @property
    def shape(self) -> Shape:
        """What the packets are."""
        return self._shape

    def feed(self, *items: Packet | TrackLost) -> None:
        """Capture `items`; comes back when they have been taken."""
        for item in items:
            self._items.put(item)
        for _ in items:
            self._taken.acquire(timeout=10)

    def packets(self) -> Iterator[Packet | TrackLost]:
        """Yield what is fed, until closed."""
        while (item := self._items.get()) is not None:
            yield item
            self._taken.release()

    def close(self) -> None:
        """End."""
        self._items.put(None)
