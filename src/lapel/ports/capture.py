"""What a capture source gives: encoded pictures and sound, as they are taken."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

VIDEO_SCALE: Final = 90_000
"""Ticks a second of every video time."""

FRAME_SAMPLES: Final = 1024
"""Samples in one AAC frame."""


class Track(Enum):
    """Which of the two tracks a packet belongs to."""

    VIDEO = 1
    SOUND = 2


@dataclass(frozen=True, slots=True)
class VideoShape:
    """Size in pixels and the AVCDecoderConfigurationRecord (ISO/IEC 14496-15)."""

    width: int
    height: int
    config: bytes


@dataclass(frozen=True, slots=True)
class SoundShape:
    """Samples a second, channels, AudioSpecificConfig and one silent AAC frame."""

    rate: int
    channels: int
    config: bytes
    silence: bytes


@dataclass(frozen=True, slots=True)
class Shape:
    """What a source delivers; `encoded_here` is False where packets are passed on."""

    video: VideoShape
    sound: SoundShape | None
    encoded_here: bool


@dataclass(frozen=True, slots=True)
class Packet:
    """One encoded picture (length-prefixed NAL units) or one AAC frame.

    Times are ticks of one common line: 1/90000 s for pictures, 1/rate for sound.
    `mono_ms` is when it was captured.
    """

    track: Track
    data: bytes
    dts: int
    pts: int
    duration: int
    key: bool
    mono_ms: int


@dataclass(frozen=True, slots=True)
class TrackLost:
    """A track that will bring nothing more, and why; `ended` when it was meant to."""

    track: Track
    cause: str
    ended: bool = False


class Source(Protocol):
    """A camera or what stands for one. Packets of a track come in decode order."""

    @property
    def shape(self) -> Shape:
        """What the packets are."""
        ...

    def packets(self) -> Iterator[Packet | TrackLost]:
        """Yield packets as they are captured, blocking in between."""
        ...

    def close(self) -> None:
        """Stop capturing; `packets` ends soon after. May be called from any thread."""
        ...
