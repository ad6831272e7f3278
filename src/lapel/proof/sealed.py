"""Reading of sealed files: frame by frame, with the key or without it (formats 5)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lapel.base.errors import MalformedError
from lapel.crypto.keys import PrivateKey
from lapel.crypto.seal import FrameError, NoKeyError, Opener, frame_check, unwrap
from lapel.proof.tail import written_end
from lapel.wire.sealed import (
    FRAME,
    MAGIC,
    PREAMBLE,
    TAG,
    Envelope,
    Header,
    frame_size,
    header_size,
)

_LENGTH_BEGINS: Final = re.compile(rb"[\x00-\x04]")
_CHAINS_MOST: Final = 64


def is_sealed(beginning: bytes | memoryview) -> bool:
    """Whether a file's first bytes are those of a sealed file."""
    return bytes(beginning[: len(MAGIC)]) == MAGIC


@dataclass(frozen=True, slots=True)
class FramePlace:
    """Where frame `index` lies: its body is `data[start:end]`."""

    index: int
    start: int
    end: int


def read_header(data: memoryview) -> tuple[bytes, Header]:
    """Give all bytes before frame 0 and what they say; raises `MalformedError`."""
    end = PREAMBLE + header_size(bytes(data[:PREAMBLE]))
    if end > len(data):
        raise MalformedError("a sealed file whose header is cut")
    raw = bytes(data[:end])
    return raw, Header.decode(raw[PREAMBLE:])


def start_opening(
    data: memoryview, envelope: bytes | None, privates: Sequence[PrivateKey]
) -> tuple[bytes, Header, Opener]:
    """Give all bytes before frame 0, what they say, and what opens the frames.

    Raises `NoKeyError` when none of the keys fits, or `MalformedError`.
    """
    raw, header = read_header(data)
    if envelope is None:
        raise NoKeyError("there is no envelope beside it: name one with --envelope")
    read = Envelope.decode(envelope)
    if read.recording != header.recording:
        raise NoKeyError("the envelope belongs to another recording")
    return raw, header, Opener.start(raw, unwrap(read, privates))


def whole_frames(data: memoryview, start: int) -> Iterator[FramePlace]:
    """Frames from `start` on whose length fits and whose check is right."""
    index = 0
    while len(data) - start >= FRAME.size:
        try:
            size, check = frame_size(bytes(data[start : start + FRAME.size]))
        except MalformedError:
            return
        body = start + FRAME.size
        if body + size > len(data):
            return
        if frame_check(index, data[body : body + size]) != check:
            return
        yield FramePlace(index, body, body + size)
        start = body + size
        index += 1


def recoverable(data: memoryview) -> tuple[int, int]:
    """Bytes and frames that a camera keeps at boot: the longest run that is right."""
    try:
        header, _ = read_header(data)
    except MalformedError:
        return 0, 0
    size, count = len(header), 0
    for place in whole_frames(data, size):
        size, count = place.end, place.index + 1
    return size, count


def open_frame(
    opener: Opener, place: FramePlace, data: memoryview, *, at_end: bool
) -> tuple[bytes, bool]:
    """Open a frame; gives its bytes and whether it is marked as the last.

    Only the frame that ends the file may be the last; raises `FrameError`.
    """
    body = data[place.start : place.end]
    if at_end:
        try:
            return opener.frame(place.index, body, last=True), True
        except FrameError:
            pass
    return opener.frame(place.index, body, last=False), False


def is_torn_frame(data: memoryview, start: int, index: int) -> bool:
    """Whether all behind `start` is what a power cut leaves of frame `index`.

    1. Read up to the zeros at the end, it is the beginning of one frame, whose length
    is possible and runs over that end. 2. No whole frame stands there: neither this one
    under another length, nor the next one and all that follow it.
    """
    end = written_end(data, start)
    body = start + FRAME.size
    if end < body:
        return True
    try:
        size, check = frame_size(bytes(data[start:body]))
    except MalformedError:
        return False
    if body + size <= end or frame_check(index, data[body:]) == check:
        return False
    return not _next_stands_behind(data, body + TAG + 1, end, index + 1)


def _next_stands_behind(data: memoryview, start: int, end: int, index: int) -> bool:
    """Whether frame `index` begins between `start` and `end`, whole, and more behind.

    Only where lengths lead from frame to frame to the very end of the data is a check
    worth its hash; no power cut leaves many such places.
    """
    leads = bytearray(max(end - start, 0) + 1)
    chains = 0
    places = [found.start() for found in _LENGTH_BEGINS.finditer(data[start:end])]
    for place in reversed(places):
        head = bytes(data[start + place : start + place + FRAME.size])
        try:
            size, check = frame_size(head.ljust(FRAME.size, b"\0"))
        except MalformedError:
            continue
        body = start + place + FRAME.size
        after = body + size - start
        if body + size != len(data) and not (after < len(leads) and leads[after]):
            continue
        leads[place] = 1
        chains += 1
        if (
            chains > _CHAINS_MOST
            or frame_check(index, data[body : body + size]) == check
        ):
            return True
    return False
