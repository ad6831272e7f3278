"""Times of the media in a recording, read from its own boxes (ISO/IEC 14496-12)."""

import struct
from dataclasses import dataclass
from typing import Final

from lapel.base.errors import MalformedError
from lapel.wire.boxes import Box, children, find

_DURATION_PER_SAMPLE: Final = 0x100
_SIZE_PER_SAMPLE: Final = 0x200
_FLAGS_PER_SAMPLE: Final = 0x400
_OFFSET_PER_SAMPLE: Final = 0x800
_TRACKS_MOST: Final = 2


@dataclass(frozen=True, slots=True)
class Track:
    """A track of `moov`: ticks a second, handler, default sample duration."""

    number: int
    timescale: int
    handler: bytes
    default_duration: int


@dataclass(frozen=True, slots=True)
class Init:
    """What `ftyp moov` say of the media; at most one video and one sound track."""

    video: Track
    sound: Track | None

    @classmethod
    def parse(cls, data: bytes | memoryview) -> "Init":
        """Read `ftyp moov`; raises `MalformedError` unless there is one video track."""
        top = {b.kind: b for b in children(data, 0, len(data))}
        if b"moov" not in top:
            raise MalformedError("no moov box")
        tracks = _tracks(data, top[b"moov"])
        video = [t for t in tracks if t.handler == b"vide"]
        sound = [t for t in tracks if t.handler == b"soun"]
        if len(video) != 1 or len(sound) > 1 or len(tracks) != 1 + len(sound):
            raise MalformedError("not one video and at most one sound track")
        return cls(video[0], sound[0] if sound else None)


def _tracks(data: bytes | memoryview, moov: Box) -> list[Track]:
    defaults: dict[int, int] = {}
    tracks: list[tuple[int, int, bytes]] = []
    for part in children(data, moov.payload, moov.end):
        if max(len(tracks), len(defaults)) > _TRACKS_MOST:
            raise MalformedError("more than one video and one sound track")
        if part.kind == b"mvex":
            for trex in children(data, part.payload, part.end):
                if trex.kind == b"trex":
                    number, _, duration = _unpack(">4xIII", data, trex)
                    defaults[number] = duration
                    if len(defaults) > _TRACKS_MOST:
                        break
        if part.kind == b"trak":
            tracks.append(_track(data, part))
    return [Track(*track, defaults.get(track[0], 0)) for track in tracks]


def _unpack(layout: str, data: bytes | memoryview, place: Box) -> tuple[int, ...]:
    if struct.calcsize(layout) > place.end - place.payload:
        raise MalformedError(f"a {place.kind.decode('latin-1')} box that is too short")
    return struct.unpack_from(layout, data, place.payload)


def _track(data: bytes | memoryview, trak: Box) -> tuple[int, int, bytes]:
    tkhd, mdia = find(data, trak, b"tkhd"), find(data, trak, b"mdia")
    mdhd, hdlr = find(data, mdia, b"mdhd"), find(data, mdia, b"hdlr")
    (number,) = _unpack(">20xI" if _version(data, tkhd) else ">12xI", data, tkhd)
    (scale,) = _unpack(">20xI" if _version(data, mdhd) else ">12xI", data, mdhd)
    if not scale:
        raise MalformedError("a track with no time scale")
    _unpack(">12x", data, hdlr)
    return number, scale, bytes(data[hdlr.payload + 8 : hdlr.payload + 12])


def _version(data: bytes | memoryview, place: Box) -> int:
    return _unpack(">B", data, place)[0]


@dataclass(frozen=True, slots=True)
class Span:
    """Decode times of a fragment's video in ticks: first sample, and after the last."""

    start: int
    end: int


def video_span(init: Init, moof: bytes | memoryview) -> Span | None:
    """Decode times of the video samples in a `moof` box (whole, with its head).

    None when the fragment has no video. Raises `MalformedError`.
    """
    top = next(children(moof, 0, len(moof)), None)
    if top is None or top.kind != b"moof" or top.end != len(moof):
        raise MalformedError("not a moof box")
    for traf in children(moof, top.payload, top.end):
        if traf.kind != b"traf":
            continue
        tfhd = find(moof, traf, b"tfhd")
        number, default = _track_header(moof, tfhd, init)
        if number == init.video.number:
            return _span(moof, traf, default)
    return None


def _track_header(moof: bytes | memoryview, tfhd: Box, init: Init) -> tuple[int, int]:
    flags, number = _unpack(">II", moof, tfhd)
    position = 8 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
    if not flags & 8:
        return number, init.video.default_duration
    (duration,) = _unpack(f">{position}xI", moof, tfhd)
    return number, duration


def _span(moof: bytes | memoryview, traf: Box, default: int) -> Span:
    tfdt = find(moof, traf, b"tfdt")
    (start,) = _unpack(">4xQ" if _version(moof, tfdt) else ">4xI", moof, tfdt)
    total = 0
    for trun in children(moof, traf.payload, traf.end):
        if trun.kind == b"trun":
            total += _run(moof, trun, default)
    if not total:
        raise MalformedError("a fragment whose video has no duration")
    return Span(start, start + total)


def _run(moof: bytes | memoryview, trun: Box, default: int) -> int:
    flags, count = _unpack(">II", moof, trun)
    flags &= 0xFFFFFF
    if not flags & _DURATION_PER_SAMPLE:
        return count * default
    first = trun.payload + 8 + (4 if flags & 1 else 0) + (4 if flags & 4 else 0)
    others = (_SIZE_PER_SAMPLE, _FLAGS_PER_SAMPLE, _OFFSET_PER_SAMPLE)
    stride = 4 + 4 * sum(bool(flags & other) for other in others)
    if first + count * stride > trun.end:
        raise MalformedError("a trun box that is too short")
    samples = struct.iter_unpack(
        f">I{stride - 4}x", moof[first : first + count * stride]
    )
    return sum(duration for (duration,) in samples)
