"""From a container's packets to ours: passed on, or decoded and encoded anew."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final, Protocol

import numpy as np
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame

from lapel.camera.capture import avc
from lapel.camera.capture.encode import Picture, SoundEncoder, VideoEncoder
from lapel.camera.capture.survey import Encoded, is_picture, is_sound
from lapel.ports.capture import (
    FRAME_SAMPLES,
    VIDEO_SCALE,
    Packet,
    SoundShape,
    Track,
    VideoShape,
)

_SOUND_RATE: Final = 48_000

Draw = Callable[[VideoFrame], None]


class Converter(Protocol):
    """Makes our packets of a container's packets."""

    def convert(
        self, packet: Encoded, shift: Fraction, mono_ms: int
    ) -> Iterator[Packet]:
        """Give what `packet` makes, its time moved by `shift` seconds."""
        ...


class Ticks:
    """Times of a container in ticks of ours, by whole numbers."""

    def __init__(self, scale: int) -> None:
        """`scale` ticks a second."""
        self._scale = scale
        self._known: Fraction | None = None
        self._up = self._down = 1
        self._moved = 0

    def at(self, packet: Encoded, shift: Fraction) -> "Ticks":
        """Take a stream's time base, and by how many seconds its times are moved."""
        if self._known is not shift:
            self._known = shift
            rate = (packet.time_base or Fraction(1)) * self._scale
            self._up, self._down = rate.numerator, rate.denominator
            self._moved = round(shift * self._scale)
        return self

    def of(self, time: int) -> int:
        """Convert an instant."""
        return self.length(time) + self._moved

    def length(self, time: int) -> int:
        """Convert a duration."""
        return (2 * time * self._up + self._down) // (2 * self._down)


class PassVideo:
    """Passes H.264 on."""

    def __init__(self, shape: VideoShape, rate: Fraction, *, annex_b: bool) -> None:
        """`rate` stands in where a packet has no duration."""
        self.shape = shape
        self._annex_b = annex_b
        self._frame = round(VIDEO_SCALE / rate)
        self._ticks = Ticks(VIDEO_SCALE)

    def convert(
        self, packet: Encoded, shift: Fraction, mono_ms: int
    ) -> Iterator[Packet]:
        """Give the same picture on our line of time."""
        if packet.dts is None or packet.pts is None:
            return
        ticks = self._ticks.at(packet, shift)
        data = bytes(packet)
        yield Packet(
            Track.VIDEO,
            avc.prefixed(data) if self._annex_b else data,
            ticks.of(packet.dts),
            ticks.of(packet.pts),
            ticks.length(packet.duration or 0) or self._frame,
            packet.is_keyframe,
            mono_ms,
        )


class PassSound:
    """Passes AAC on."""

    def __init__(self, shape: SoundShape) -> None:
        """Take the shape of the stream."""
        self.shape = shape
        self._ticks = Ticks(shape.rate)

    def convert(
        self, packet: Encoded, shift: Fraction, mono_ms: int
    ) -> Iterator[Packet]:
        """Give the same frame on our line of time."""
        if packet.dts is None:
            return
        at = self._ticks.at(packet, shift).of(packet.dts)
        yield Packet(
            Track.SOUND, bytes(packet), at, at, FRAME_SAMPLES, key=True, mono_ms=mono_ms
        )


class RecodeVideo:
    """Decodes and encodes; `draw` may write into each picture in between."""

    def __init__(self, picture: Picture, draw: Draw | None = None) -> None:
        """Open the encoder."""
        self._encoder = VideoEncoder(picture)
        self._picture = picture
        self._draw = draw
        self._last = -1
        self.shape = self._encoder.shape

    def convert(
        self, packet: Encoded, shift: Fraction, mono_ms: int
    ) -> Iterator[Packet]:
        """Give the pictures that come out; none where time stands."""
        for frame in packet.decode():
            if not is_picture(frame) or frame.pts is None:
                continue
            seconds = frame.pts * (frame.time_base or Fraction(1)) + shift
            ticks = round(seconds * VIDEO_SCALE)
            if ticks <= self._last:
                continue
            self._last = ticks
            plain = frame.reformat(self._picture.width, self._picture.height, "yuv420p")
            if self._draw:
                self._draw(plain)
            yield from self._encoder.encode(plain, ticks, mono_ms)


class RecodeSound:
    """Decodes, resamples to 48 kHz mono, encodes."""

    def __init__(self) -> None:
        """Open the encoder."""
        self._encoder = SoundEncoder(_SOUND_RATE, 1)
        self._resampler = AudioResampler("fltp", "mono", _SOUND_RATE, FRAME_SAMPLES)
        self._next: int | None = None
        self.shape = self._encoder.shape

    def convert(
        self, packet: Encoded, shift: Fraction, mono_ms: int
    ) -> Iterator[Packet]:
        """Give the frames that come out, on a line of time without gaps."""
        for frame in packet.decode():
            if not is_sound(frame) or frame.pts is None:
                continue
            if self._next is None:
                seconds = frame.pts * (frame.time_base or Fraction(1)) + shift
                self._next = max(0, round(seconds * _SOUND_RATE))
            for piece in self._resampler.resample(frame):
                if piece.samples != FRAME_SAMPLES:
                    continue
                samples = piece.to_ndarray().astype(np.float32)
                ready = self._encoder.frame(samples, self._next)
                self._next += FRAME_SAMPLES
                yield from self._encoder.encode(ready, mono_ms)
