"""Reading of sealed files: frame by frame, with the key or without it (formats 5)."""

from collections.abc import Iterator
from dataclasses import dataclass

from lapel.base.errors import MalformedError
from lapel.crypto.seal import FrameError, Opener, frame_check
from lapel.wire.sealed import FRAME, MAGIC, PREAMBLE, Header, frame_size, header_size


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
