"""What a media file holds, and whether it may be passed on as it is.

Passed on is only H.264 in closed GOPs of at most 2 s: each key picture is an IDR
picture, and pictures between two of them never reach over one.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias, TypeGuard

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet as AnyPacket
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from lapel.base.errors import MalformedError, SetupError
from lapel.camera.capture import avc

_LONGEST_GOP_S: Final = 2

Encoded: TypeAlias = "AnyPacket[Stream]"


def is_picture(frame: object) -> TypeGuard[VideoFrame]:
    """Tell a decoded picture from the rest."""
    return isinstance(frame, VideoFrame)


def is_sound(frame: object) -> TypeGuard[AudioFrame]:
    """Tell decoded sound from the rest."""
    return isinstance(frame, AudioFrame)


_FOUR_BYTE_LENGTHS: Final = 3


@dataclass(frozen=True, slots=True)
class Survey:
    """Pass-through configuration of the video (None: encode), and of the sound."""

    video_config: bytes | None
    sound_config: bytes | None
    has_sound: bool


def open_media(path: str, form: str | None = None) -> InputContainer:
    """Open a file or device; raises `SetupError` where that does not work."""
    try:
        container = av.open(path, "r", format=form)
    except (OSError, ValueError) as error:
        raise SetupError(f"cannot open {path} as a source: {error}") from error
    if not container.streams.video:
        container.close()
        raise SetupError(f"{path} holds no video")
    return container


def survey(path: str) -> Survey:
    """Read through the whole file once, without decoding."""
    with open_media(path) as container:
        video = container.streams.video[0]
        sound = container.streams.audio[0] if container.streams.audio else None
        config = video_config(video)
        if config is not None and not _has_short_closed_gops(container, video):
            config = None
        return Survey(config, sound_config(sound), sound is not None)


def video_config(stream: VideoStream) -> bytes | None:
    """Give the configuration record of an H.264 stream; None for any other."""
    context = stream.codec_context
    if context.name != "h264" or not context.extradata:
        return None
    try:
        config = avc.configuration(context.extradata)
    except MalformedError:
        return None
    return config if config[4] & 3 == _FOUR_BYTE_LENGTHS else None


def sound_config(stream: AudioStream | None) -> bytes | None:
    """Give the configuration of AAC-LC in mono or stereo; None for any other."""
    if stream is None:
        return None
    context = stream.codec_context
    plain = context.name == "aac" and context.profile == "LC"
    if not plain or len(context.layout.channels) > 2:
        return None
    return context.extradata or None


def is_annex_b(stream: VideoStream) -> bool:
    """Whether packets of this H.264 stream have start codes instead of lengths.

    A packet does not tell: a length of 256 to 511 looks like a start code.
    """
    return not avc.is_configuration(stream.codec_context.extradata or b"")


def _has_short_closed_gops(container: InputContainer, video: VideoStream) -> bool:
    base = video.time_base or Fraction(1)
    last_key: int | None = None
    end: int | None = None
    annex_b = is_annex_b(video)
    for packet in container.demux(video):
        if packet.dts is None:
            continue
        if packet.is_keyframe:
            data = bytes(packet)
            if not avc.has_idr(avc.prefixed(data) if annex_b else data):
                return False
            if last_key is not None and _too_long(packet.dts - last_key, base):
                return False
            last_key = packet.dts
        end = packet.dts + (packet.duration or 0)
    return (
        last_key is not None and end is not None and not _too_long(end - last_key, base)
    )


def _too_long(ticks: int, base: Fraction) -> bool:
    return ticks * base > _LONGEST_GOP_S
