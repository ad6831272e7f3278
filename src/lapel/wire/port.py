"""The port between camera and host: framed requests and answers (formats 7)."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from lapel.base.errors import MalformedError
from lapel.wire import cbor
from lapel.wire.cbor import Value
from lapel.wire.document import Document, any_map, choice, document, keyed, maybe, uint

READ_MOST: Final = 4 << 20
MESSAGE_MOST: Final = READ_MOST + 1024
JOURNAL_MOST: Final = 1 << 20
VERSION: Final = 1
_LARGE: Final = 1 << 16


class Verb(IntEnum):
    """All that a host may ask of a camera."""

    HELLO = 1
    CATALOGUE = 2
    READ = 3
    ENVELOPE = 4
    JOURNAL = 5
    RECEIPT = 6
    SETTINGS = 7
    TIME = 8
    FIRMWARE_OFFER = 9
    FIRMWARE_WRITE = 10
    FIRMWARE_COMMIT = 11
    CHARGE = 12
    ADOPT = 13
    RELEASE = 14


VIEW_XL: Final = frozenset(
    {
        Verb.HELLO,
        Verb.CATALOGUE,
        Verb.READ,
        Verb.ENVELOPE,
        Verb.JOURNAL,
        Verb.RECEIPT,
    }
)
"""Verbs of View XL; Dock and Sync have all."""

UNOWNED: Final = frozenset({Verb.HELLO, Verb.ADOPT})
"""Verbs that a camera answers before it belongs to a tenant."""

CLOCK_UNSET: Final = frozenset({Verb.HELLO, Verb.TIME, Verb.JOURNAL})
"""Verbs that a camera answers while its clock is not set."""


class Code(IntEnum):
    """How a request ended."""

    DONE = 0
    MALFORMED = 1
    UNKNOWN_VERB = 2
    NOT_PERMITTED = 3
    WRONG_STATE = 4
    NOT_FOUND = 5
    BUSY = 6
    CLOCK_UNSET = 7


@document
class Request(Document):
    """One request; `verb` is a number so that an unknown one can be refused by name."""

    LIMIT = MESSAGE_MOST
    number: int = keyed(1, uint())
    verb: int = keyed(2, uint())
    arguments: Mapping[int, Value] = keyed(3, any_map)


@document
class Answer(Document):
    """The answer to the request of the same number."""

    LIMIT = MESSAGE_MOST
    number: int = keyed(1, uint())
    code: Code = keyed(2, choice(Code))
    result: Mapping[int, Value] | None = maybe(3, any_map, default=None)


def frame(message: bytes) -> bytes:
    """Put the length before a message; raises `MalformedError` for a wrong size."""
    if not 0 < len(message) <= MESSAGE_MOST:
        raise MalformedError("a message of a wrong size")
    return len(message).to_bytes(4, "big") + message


def frame_pieces(document: Document) -> list[bytes]:
    """Frame a document in pieces to send in order, so that nothing large is copied."""
    pieces: list[bytes] = [b""]
    size = 0
    for part in cbor.encode_parts(document.items()):
        size += len(part)
        if len(part) < _LARGE:
            pieces[-1] += part
        else:
            pieces += [part, b""]
    if not 0 < size <= MESSAGE_MOST:
        raise MalformedError("a message of a wrong size")
    pieces[0] = size.to_bytes(4, "big") + pieces[0]
    return [piece for piece in pieces if piece]


def frame_length(head: bytes) -> int:
    """Length of the message that follows four bytes of head."""
    size = int.from_bytes(head, "big")
    if len(head) != 4 or not 0 < size <= MESSAGE_MOST:
        raise MalformedError("a message of a wrong size")
    return size
