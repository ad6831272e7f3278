"""Boxes of an ISO base media file, as far as recordings use them (formats 4)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lapel.base.errors import MalformedError
from lapel.wire import cbor
from lapel.wire.cbor import Value

GENESIS: Final = UUID("2b0127c2-becc-5f82-af42-ff94f0ffd532").bytes
LINK: Final = UUID("663315e3-a15f-5708-b7a5-51204c8d32c5").bytes
END: Final = UUID("7711d4db-3918-5698-a82e-32ca4236ef88").bytes

HEAD: Final = struct.Struct(">I4s")
UUID_HEAD: Final = 24
"""Bytes before the document in a uuid box."""

MARKS: Final = b"urn:lapel:marks:1\0\0"
_EMSG: Final = struct.Struct(">B3xIQII")
EMSG_DATA_MOST: Final = 8192


def box(kind: bytes, payload: bytes) -> bytes:
    """Build a box with a 32-bit size; `kind` has four bytes."""
    return HEAD.pack(HEAD.size + len(payload), kind) + payload


def uuid_box(user_type: bytes, document: bytes) -> bytes:
    """Build a box of one of our user types around one signed document."""
    return box(b"uuid", user_type + document)


@dataclass(frozen=True, slots=True)
class Box:
    """A box by its place: kind, and where it, its payload and its end lie."""

    kind: bytes
    start: int
    payload: int
    end: int


def box_head(data: bytes | memoryview, position: int) -> tuple[int, bytes]:
    """Size and kind of the box whose eight bytes of head stand at `position`."""
    head = bytes(data[position : position + HEAD.size])
    return int.from_bytes(head[:4], "big"), head[4:]


def children(data: bytes | memoryview, start: int, end: int) -> Iterator[Box]:
    """Walk the boxes in `data[start:end]`; raises `MalformedError` at a misfit."""
    position = start
    while position < end:
        if end - position < HEAD.size:
            raise MalformedError("a box without a whole head")
        size, kind = box_head(data, position)
        if size < HEAD.size or position + size > end:
            raise MalformedError("a box that does not fit into its place")
        yield Box(kind, position, position + HEAD.size, position + size)
        position += size


def find(data: bytes | memoryview, within: Box, *path: bytes) -> Box:
    """First box at `path` inside `within`; raises `MalformedError` if there is none."""
    place = within
    for kind in path:
        inside = children(data, place.payload, place.end)
        found = next((one for one in inside if one.kind == kind), None)
        if found is None:
            raise MalformedError(f"no {kind.decode('latin-1')} box")
        place = found
    return place


@dataclass(frozen=True, slots=True)
class Mark:
    """An `emsg` box of ours: at which media time (ms) what happened."""

    media_ms: int
    number: int
    data: dict[int, Value]


def emsg(mark: Mark) -> bytes:
    """Build the event message box (version 1) of a mark."""
    data = cbor.encode(mark.data)
    if len(data) > EMSG_DATA_MOST:
        raise MalformedError(f"a mark of more than {EMSG_DATA_MOST} bytes")
    fixed = _EMSG.pack(1, 1000, mark.media_ms, 0, mark.number)
    return box(b"emsg", fixed + MARKS + data)


def read_emsg(payload: bytes | memoryview) -> Mark:
    """Read the payload of an `emsg` box; raises `MalformedError` if it is not ours."""
    fixed = _EMSG.size + len(MARKS)
    if not fixed < len(payload) <= fixed + EMSG_DATA_MOST:
        raise MalformedError("an event message of a wrong size")
    version, timescale, media_ms, duration, number = _EMSG.unpack_from(payload)
    scheme = bytes(payload[_EMSG.size : fixed])
    if (version, timescale, duration, scheme) != (1, 1000, 0, MARKS):
        raise MalformedError("an event message of another scheme")
    data = cbor.decode_map(bytes(payload[fixed:]), EMSG_DATA_MOST)
    return Mark(media_ms, number, dict(data))
