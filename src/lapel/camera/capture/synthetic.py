"""A source that needs no camera: moving bars, a burnt-in clock and a beep a second."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from lapel.base.clock import Clock
from lapel.camera.capture.encode import Picture, SoundEncoder, VideoEncoder
from lapel.camera.capture.glyphs import Luma, Stamp
from lapel.camera.capture.pace import Pace
from lapel.ports.capture import (
    FRAME_SAMPLES,
    VIDEO_SCALE,
    Packet,
    Shape,
    TrackLost,
)

_SOUND_RATE: Final = 48_000
_BEEP_HZ: Final = 1000
_BEEP_S: Final = 0.1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the synthetic source shows."""

    serial: str
    width: int = 640
    height: int = 360
    rate: int = 25
    sound: bool = True


class Synthetic:
    """Implements `lapel.ports.capture.Source`; each camera looks its own."""

    def __init__(self, scene: Scene, clock: Clock, speed: float = 1.0) -> None:
        """Open the encoders."""
        self._scene = scene
        self._clock = clock
        self._pace = Pace(clock, speed)
        picture = Picture(scene.width, scene.height, Fraction(scene.rate))
        self._video = VideoEncoder(picture)
        self._sound = SoundEncoder(_SOUND_RATE, 1) if scene.sound else None
        sound = self._sound.shape if self._sound else None
        self._shape = Shape(self._video.shape, sound, encoded_here=True)
        self._canvas = _Canvas(scene)

    @property
    def shape(self) -> Shape:
        """What the packets are."""
        return self._shape

    def close(self) -> None:
        """Stop capturing."""
        self._pace.close()

    def packets(self) -> Iterator[Packet | TrackLost]:
        """Yield pictures and sound in real time (times speed) until closed."""
        began = self._clock.utc_ms()
        index = samples = 0
        beep = _beep()
        while self._pace.until(1000 * index / self._scene.rate):
            media_ms = 1000 * index // self._scene.rate
            frame = self._canvas.paint(index, began + media_ms)
            ticks = index * VIDEO_SCALE // self._scene.rate
            yield from self._video.encode(frame, ticks, self._clock.mono_ms())
            index += 1
            while self._sound and samples * self._scene.rate < index * _SOUND_RATE:
                yield from self._sound_packets(self._sound, beep, samples)
                samples += FRAME_SAMPLES

    def _sound_packets(
        self, encoder: SoundEncoder, beep: NDArray[np.float32], at: int
    ) -> Iterator[Packet]:
        places = np.arange(at, at + FRAME_SAMPLES) % _SOUND_RATE
        frame = encoder.frame(np.take(beep, places)[None, :], at)
        yield from encoder.encode(frame, self._clock.mono_ms())


def _beep() -> NDArray[np.float32]:
    times = np.arange(_SOUND_RATE) / _SOUND_RATE
    tone = 0.2 * np.sin(2 * np.pi * _BEEP_HZ * times)
    return np.where(times < _BEEP_S, tone, 0).astype(np.float32)


class _Canvas:
    """Paints into one frame that it keeps."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._stamp = Stamp(max(1, scene.width // 320))
        self._frame = VideoFrame(scene.width, scene.height, "yuv420p")
        shade = sum(scene.serial.encode()) % 64
        for plane, level in zip(
            self._frame.planes, (90, 96 + shade, 160 - shade), strict=True
        ):
            np.frombuffer(memoryview(plane), np.uint8)[:] = level
        self._bars = np.tile(
            np.linspace(50, 200, scene.width, dtype=np.uint8), (scene.height, 2)
        )

    def paint(self, index: int, utc_ms: int) -> VideoFrame:
        luma = self._luma()
        shift = index * 2 % self._scene.width
        band = self._scene.height // 3
        luma[band : 2 * band] = self._bars[:band, shift : shift + self._scene.width]
        margin = self._stamp.height
        moment = _EPOCH + timedelta(milliseconds=utc_ms)
        text = f"{moment:%Y-%m-%d %H:%M:%S}.{utc_ms % 1000:03d}Z"
        self._stamp.draw(luma, text, margin, margin)
        self._stamp.draw(luma, self._scene.serial, margin, 2 * margin)
        return self._frame

    def _luma(self) -> Luma:
        plane = self._frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8)
        return rows.reshape(plane.height, plane.line_size)[:, : plane.width]
