"""A camera and a microphone of this machine: V4L2 and ALSA, read by PyAV.

Both are read by a thread each; their times are put on one line by when the first
packet of each arrived.
"""

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from threading import Event, Thread
from typing import Final

import av
from av.container import InputContainer
from av.error import FFmpegError

from lapel.base.clock import Clock
from lapel.base.errors import MalformedError, SetupError
from lapel.camera.capture import avc
from lapel.camera.capture.convert import (
    Converter,
    Draw,
    PassVideo,
    RecodeSound,
    RecodeVideo,
)
from lapel.camera.capture.encode import Picture
from lapel.ports.capture import Packet, Shape, Track, TrackLost, VideoShape

_WAITING: Final = 256
_PROBED: Final = 300
_LONGEST_GOP_S: Final = 2


@dataclass(frozen=True, slots=True)
class Device:
    """An input device: its FFmpeg format and name."""

    form: str
    name: str


class DeviceSource:
    """Implements `lapel.ports.capture.Source`."""

    def __init__(
        self, video: Device, sound: Device | None, clock: Clock, draw: Draw
    ) -> None:
        """Open the devices; raises `SetupError` where the camera does not answer.

        H.264 of the device is passed on where its key pictures come at least every 2 s;
        else pictures are encoded here, after `draw` wrote into them.
        """
        self._clock = clock
        self._closed = Event()
        self._ready: queue.Queue[Packet | TrackLost] = queue.Queue(_WAITING)
        self._container, self._pictures = _open_video(video, draw)
        self._sound_device = sound
        self._sounds = RecodeSound() if sound else None
        passed = isinstance(self._pictures, PassVideo)
        self._shape = Shape(
            self._pictures.shape,
            self._sounds.shape if self._sounds else None,
            encoded_here=not passed or sound is not None,
        )

    @property
    def shape(self) -> Shape:
        """What the packets are."""
        return self._shape

    def close(self) -> None:
        """Stop capturing."""
        self._closed.set()

    def packets(self) -> Iterator[Packet | TrackLost]:
        """Yield what the devices bring, until closed or the last of them fails."""
        origin = self._clock.mono_ms()
        readers = [self._reader(Track.VIDEO, self._read_video, origin)]
        if self._sounds:
            readers.append(self._reader(Track.SOUND, self._read_sound, origin))
        for reader in readers:
            reader.start()
        lost = 0
        while lost < len(readers) and not self._closed.is_set():
            try:
                item = self._ready.get(timeout=0.2)
            except queue.Empty:
                continue
            lost += isinstance(item, TrackLost)
            yield item

    def _reader(self, track: Track, read: Callable[[int], None], origin: int) -> Thread:
        def run() -> None:
            cause = "the device ended"
            try:
                read(origin)
            except (OSError, FFmpegError, SetupError) as error:
                cause = str(error)
            self._put(TrackLost(track, cause))

        return Thread(target=run, name=f"capture-{track.name.lower()}", daemon=True)

    def _read_video(self, origin: int) -> None:
        with self._container as container:
            self._read(container, self._pictures, origin)

    def _read_sound(self, origin: int) -> None:
        if self._sound_device is None or self._sounds is None:
            return
        with _open(self._sound_device, {}) as container:
            self._read(container, self._sounds, origin)

    def _read(
        self, container: InputContainer, converter: Converter, origin: int
    ) -> None:
        shift: Fraction | None = None
        for packet in container.demux():
            now = self._clock.mono_ms()
            if shift is None and packet.pts is not None:
                shift = Fraction(now - origin, 1000) - _seconds(
                    packet.pts, packet.time_base
                )
            if self._closed.is_set():
                return
            if shift is not None:
                for made in converter.convert(packet, shift, now):
                    self._put(made)

    def _put(self, item: Packet | TrackLost) -> None:
        while not self._closed.is_set():
            try:
                self._ready.put(item, timeout=0.2)
            except queue.Full:
                continue
            return


def _seconds(pts: int | None, base: Fraction | None) -> Fraction:
    return (pts or 0) * (base or Fraction(1))


def _open(device: Device, options: dict[str, str]) -> InputContainer:
    try:
        return av.open(device.name, "r", format=device.form, options=options)
    except (OSError, ValueError) as error:
        raise SetupError(
            f"cannot open {device.name}: {error}; check that it is plugged in and "
            "that this user may read it"
        ) from error


def _open_video(
    device: Device, draw: Draw
) -> tuple[InputContainer, PassVideo | RecodeVideo]:
    if device.form == "v4l2":
        try:
            container = _open(device, {"input_format": "h264"})
        except SetupError:
            container = None
        if container is not None:
            passing = _passing(container)
            if passing is not None:
                return container, passing
            container.close()
    container = _open(device, {})
    stream = container.streams.video[0]
    rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
    picture = Picture(stream.width & ~1, stream.height & ~1, rate)
    return container, RecodeVideo(picture, draw)


def _passing(container: InputContainer) -> PassVideo | None:
    """Watch the first pictures: parameter sets, and how far apart key pictures are."""
    stream = container.streams.video[0]
    if stream.codec_context.name != "h264":
        return None
    config: bytes | None = None
    first: Fraction | None = None
    for count, packet in enumerate(container.demux(stream)):
        if count > _PROBED:
            return None
        if not packet.is_keyframe:
            continue
        if first is not None and config is not None:
            if _seconds(packet.pts, packet.time_base) - first > _LONGEST_GOP_S:
                return None
            rate = Fraction(stream.average_rate or 30)
            shape = VideoShape(stream.width, stream.height, config)
            return PassVideo(shape, rate, annex_b=True)
        try:
            config = avc.configuration(bytes(packet))
        except MalformedError:
            return None
        first = _seconds(packet.pts, packet.time_base)
    return None
