"""Sealed file: header, frames and the envelope beside it (formats 5)."""

import struct
from typing import Final

from typing_extensions import override

from lapel.base.errors import MalformedError
from lapel.wire.document import (
    Document,
    document,
    hash32,
    id16,
    keyed,
    kid8,
    many,
    nested,
    octets,
)

MAGIC: Final = b"LAPELSEAL\x01"
PREAMBLE: Final = len(MAGIC) + 4
"""Bytes before the header document."""

FRAME: Final = struct.Struct(">I8s")
"""Head of a frame: how many bytes follow it, and their check."""

TAG: Final = 16
FRAME_MOST: Final = 1 << 26
HEADER_MOST: Final = 256


@document
class Header(Document):
    """Which recording this is, and a check of its key."""

    LIMIT = HEADER_MOST
    recording: bytes = keyed(1, id16)
    key_check: bytes = keyed(2, hash32)


def encode_header(header: Header) -> bytes:
    """Build all bytes before frame 0."""
    body = header.encode()
    return MAGIC + len(body).to_bytes(4, "big") + body


def header_size(preamble: bytes) -> int:
    """Bytes of the header document that follow the first `PREAMBLE` bytes."""
    size = int.from_bytes(preamble[len(MAGIC) : PREAMBLE], "big")
    if not preamble.startswith(MAGIC) or len(preamble) < PREAMBLE:
        raise MalformedError("not a sealed file")
    if not 0 < size <= HEADER_MOST:
        raise MalformedError("a sealed file with a header of a wrong size")
    return size


def frame_size(head: bytes) -> tuple[int, bytes]:
    """Length and check in a frame's head; raises `MalformedError`."""
    size, check = FRAME.unpack(head)
    if not TAG < size <= FRAME_MOST:
        raise MalformedError("a frame of a wrong size")
    return size, check


@document
class Wrap(Document):
    """The recording's key for one evidence key: `enc(65) | ciphertext(48)`."""

    kid: bytes = keyed(1, kid8)
    sealed: bytes = keyed(2, octets(113))


@document
class Envelope(Document):
    """The recording's key, wrapped to each evidence key."""

    recording: bytes = keyed(1, id16)
    wraps: tuple[Wrap, ...] = keyed(2, many(nested(Wrap), 1))

    @override
    def check(self) -> None:
        """Bound the number of wraps."""
        if len(self.wraps) > 16:
            raise MalformedError("an envelope of more than 16 wraps")
