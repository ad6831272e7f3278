# pyright: standard
"""Encoders for what comes unencoded: H.264 with one GOP a second, AAC."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import Flags
from av.video.frame import PictureType, VideoFrame

from lapel.camera.capture import avc
from lapel.ports.capture import (
    FRAME_SAMPLES,
    VIDEO_SCALE,
    Packet,
    SoundShape,
    Track,
    VideoShape,
)

_TICK: Final = Fraction(1, VIDEO_SCALE)
_PRIMED: Final = 6
"""Frames after which an AAC encoder fed with silence gives a settled frame."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Size and rate of pictures to encode."""

    width: int
    height: int
    rate: Fraction


class VideoEncoder:
    """H.264 without B-pictures, a key picture each second, parameter sets apart.

    The second is one of time: a device that brings fewer pictures in the dark than it
    promised gets its key pictures as often.
    """

    def __init__(self, picture: Picture) -> None:
        """Open the encoder."""
        context = av.CodecContext.create("libx264", "w")
        context.width, context.height = picture.width, picture.height
        context.pix_fmt = "yuv420p"
        context.time_base = _TICK
        context.framerate = picture.rate
        context.gop_size = max(1, round(picture.rate))
        context.max_b_frames = 0
        context.thread_count = 1
        context.flags |= Flags.global_header
        context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "crf": "26",
            "x264-params": f"scenecut=0:keyint={context.gop_size}:no-info=1",
        }
        context.open()
        self._context = context
        self._duration = round(VIDEO_SCALE / picture.rate)
        self._keyed: int | None = None
        config = avc.configuration(context.extradata or b"")
        self.shape = VideoShape(picture.width, picture.height, config)

    def encode(self, frame: VideoFrame, ticks: int, mono_ms: int) -> Iterator[Packet]:
        """Encode one picture shown at `ticks` of 1/90000 s."""
        frame.pts, frame.time_base = ticks, _TICK
        frame.pict_type = PictureType.NONE
        slow = self._duration // 2  # Half a picture early is not early.
        if self._keyed is None or ticks - self._keyed >= VIDEO_SCALE - slow:
            frame.pict_type, self._keyed = PictureType.I, ticks
        for made in self._context.encode(frame):
            if made.dts is None or made.pts is None:
                continue
            data = avc.prefixed(bytes(made))
            yield Packet(
                Track.VIDEO,
                data,
                made.dts,
                made.pts,
                self._duration,
                made.is_keyframe,
                mono_ms,
            )


class SoundEncoder:
    """AAC-LC; frames of 1024 samples in, packets out."""

    def __init__(self, rate: int, channels: int) -> None:
        """Open the encoder and make one silent frame of its own parameters."""
        self._rate = rate
        self._layout = "mono" if channels == 1 else "stereo"
        self._channels = channels
        self._context = self._open()
        config = self._context.extradata or b""
        self.shape = SoundShape(rate, channels, config, self._silent_frame())

    def _open(self) -> AudioCodecContext:
        context = av.CodecContext.create("aac", "w")
        context.sample_rate = self._rate
        context.layout = self._layout
        context.format = "fltp"
        context.bit_rate = 64_000 * self._channels
        context.open()
        return context

    def _silent_frame(self) -> bytes:
        context, made = self._open(), b""
        quiet = np.zeros((self._channels, FRAME_SAMPLES), np.float32)
        for index in range(_PRIMED):
            for packet in context.encode(self.frame(quiet, index * FRAME_SAMPLES)):
                made = bytes(packet)
        return made

    def frame(self, samples: np.typing.NDArray[np.float32], pts: int) -> AudioFrame:
        """Wrap samples (channels, 1024) that begin at `pts`."""
        frame = AudioFrame.from_ndarray(samples, "fltp", self._layout)
        frame.sample_rate, frame.pts = self._rate, pts
        return frame

    def encode(self, frame: AudioFrame, mono_ms: int) -> Iterator[Packet]:
        """Encode one frame; what lies before time 0 (priming) is left out."""
        for made in self._context.encode(frame):
            if made.pts is None or made.pts < 0:
                continue
            pts = made.pts
            yield Packet(
                Track.SOUND,
                bytes(made),
                pts,
                pts,
                FRAME_SAMPLES,
                key=True,
                mono_ms=mono_ms,
            )


def silent_frame(rate: int, channels: int) -> bytes:
    """One silent AAC-LC frame for a stream of this rate and number of channels."""
    return SoundEncoder(rate, channels).shape.silence
