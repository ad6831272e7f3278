"""First boxes of a recording: `ftyp` and `moov` (ISO/IEC 14496-12, -14, -15)."""

import struct
from typing import Final

from lapel.ports.capture import VIDEO_SCALE, Shape, SoundShape, VideoShape
from lapel.wire.boxes import box

VIDEO_TRACK: Final = 1
SOUND_TRACK: Final = 2

_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDEFINED: Final = 0x55C4
"""Language code `und`."""


def full_box(kind: bytes, version: int, flags: int, payload: bytes) -> bytes:
    """Build a box that carries a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags) + payload)


def init_segment(shape: Shape) -> bytes:
    """Build `ftyp moov` of a fragmented file for what a source delivers."""
    brands = b"iso6" + struct.pack(">I", 1) + b"iso6isomavc1mp41"
    numbers = [VIDEO_TRACK] + ([SOUND_TRACK] if shape.sound else [])
    tracks = _video_track(shape.video)
    if shape.sound:
        tracks += _sound_track(shape.sound)
    extends = b"".join(
        full_box(b"trex", 0, 0, struct.pack(">5I", number, 1, 0, 0, 0))
        for number in numbers
    )
    head = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">4IIH10x", 0, 0, 1000, 0, 0x10000, 0x100)
        + _MATRIX
        + struct.pack(">24xI", numbers[-1] + 1),
    )
    moov = box(b"moov", head + tracks + box(b"mvex", extends))
    return box(b"ftyp", brands) + moov


def _video_track(video: VideoShape) -> bytes:
    entry = (
        struct.pack(">6xH16xHH", 1, video.width, video.height)
        + struct.pack(">II4xH32xHh", 0x480000, 0x480000, 1, 24, -1)
        + box(b"avcC", video.config)
    )
    size = struct.pack(">II", video.width << 16, video.height << 16)
    media = full_box(b"vmhd", 0, 1, bytes(8)) + _samples(box(b"avc1", entry))
    return _track((VIDEO_TRACK, VIDEO_SCALE), size, b"vide", media)


def _sound_track(sound: SoundShape) -> bytes:
    entry = struct.pack(
        ">6xH8xHH4xI", 1, sound.channels, 16, sound.rate << 16
    ) + full_box(b"esds", 0, 0, _descriptor(sound.config))
    media = full_box(b"smhd", 0, 0, bytes(4)) + _samples(box(b"mp4a", entry))
    return _track((SOUND_TRACK, sound.rate), bytes(8), b"soun", media)


def _descriptor(config: bytes) -> bytes:
    """Elementary stream descriptor of AAC (ISO/IEC 14496-1)."""
    specific = bytes((5, len(config))) + config
    decoder = bytes((0x40, 0x15)) + bytes(11) + specific
    whole = bytes(2) + b"\x00" + bytes((4, len(decoder))) + decoder + b"\x06\x01\x02"
    return bytes((3, len(whole))) + whole


def _samples(entry: bytes) -> bytes:
    """`dinf` and `stbl`, with no samples: those stand in the fragments."""
    here = full_box(b"url ", 0, 1, b"")
    references = full_box(b"dref", 0, 0, struct.pack(">I", 1) + here)
    table = (
        full_box(b"stsd", 0, 0, struct.pack(">I", 1) + entry)
        + full_box(b"stts", 0, 0, bytes(4))
        + full_box(b"stsc", 0, 0, bytes(4))
        + full_box(b"stsz", 0, 0, bytes(8))
        + full_box(b"stco", 0, 0, bytes(4))
    )
    return box(b"dinf", references) + box(b"stbl", table)


def _track(
    numbered: tuple[int, int], size: bytes, handler: bytes, media: bytes
) -> bytes:
    number, scale = numbered
    volume = 0x100 if handler == b"soun" else 0
    head = struct.pack(">3I4xI8x2hH2x", 0, 0, number, 0, 0, 0, volume)
    header = struct.pack(">4IHH", 0, 0, scale, 0, _UNDEFINED, 0)
    named = struct.pack(">4x4s12x", handler) + b"Lapel\x00"
    parts = (
        full_box(b"mdhd", 0, 0, header)
        + full_box(b"hdlr", 0, 0, named)
        + box(b"minf", media)
    )
    place = full_box(b"tkhd", 0, 3, head + _MATRIX + size)
    return box(b"trak", place + box(b"mdia", parts))
