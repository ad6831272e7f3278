"""Journal of a camera: its entries and what each kind of entry says (formats 6)."""

from collections.abc import Mapping
from enum import IntEnum

from typing_extensions import override

from lapel.base.errors import MalformedError
from lapel.wire.cbor import Value
from lapel.wire.cose import DOCUMENT_MOST, Sign1
from lapel.wire.document import (
    Document,
    any_map,
    choice,
    document,
    hash32,
    id16,
    keyed,
    maybe,
    nullable,
    uint,
)
from lapel.wire.recording import Reason, Trigger, trigger


class EntryKind(IntEnum):
    """What happened."""

    BOOT = 0
    OFF = 1
    MODE = 2
    START = 3
    ANCHOR = 4
    STOP = 5
    MARKER = 6
    MUTE = 7
    STEALTH = 8
    RADIO = 9
    SETTINGS = 10
    FIRMWARE = 11
    PAIRING = 12
    ANNOTATION = 13
    PORT = 14
    RECEIPT = 15
    DELETION = 16
    BATTERY = 17
    STORAGE = 18
    CLOCK = 19
    REFUSAL = 20
    ERROR = 21
    LOST = 22


NEVER_LOST = frozenset(
    {
        EntryKind.BOOT,
        EntryKind.START,
        EntryKind.STOP,
        EntryKind.RECEIPT,
        EntryKind.DELETION,
    }
)
"""Kinds that are never dropped when the journal cannot grow."""


@document
class Entry(Document):
    """One entry; `prev` is the hash of the entry before, `seq` counts from 0."""

    LIMIT = 8192
    seq: int = keyed(1, uint())
    boot: int = keyed(2, uint())
    mono_ms: int = keyed(3, uint())
    utc_ms: int = keyed(4, uint())
    clock: int = keyed(5, uint(3))
    kind: EntryKind = keyed(6, choice(EntryKind))
    data: Mapping[int, Value] = keyed(7, any_map)
    prev: bytes = keyed(8, hash32)
    nv: int | None = maybe(9, uint(), default=None)


def read_entry(document: Sign1) -> Entry:
    """Read a signed entry; raises `MalformedError`.

    Certificates stand in boot entries only, and only these may be longer than other
    documents are.
    """
    entry = Entry.decode(document.payload)
    if entry.kind is EntryKind.BOOT:
        return entry
    if document.x5chain:
        raise MalformedError(f"certificates in an entry of kind {entry.kind.name}")
    if len(document.raw) > DOCUMENT_MOST:
        raise MalformedError(f"an entry of more than {DOCUMENT_MOST} bytes")
    return entry


@document
class Start(Document):
    """Data of START: a recording begins; `envelope_hash` is None when unsealed."""

    recording: bytes = keyed(1, id16)
    envelope_hash: bytes | None = keyed(2, nullable(hash32))
    trigger: Trigger = keyed(3, trigger)


@document
class Anchor(Document):
    """Data of ANCHOR: how far a recording has come; `size` in bytes as stored."""

    recording: bytes = keyed(1, id16)
    links: int = keyed(2, uint())
    head: bytes = keyed(3, hash32)
    size: int = keyed(4, uint())


@document
class Stop(Document):
    """Data of STOP, the closing entry: the stored file's length, hash and frames.

    `frames` is 0 for an unsealed file. `genesis`, `links` and `head` are all there
    or all absent.
    """

    recording: bytes = keyed(1, id16)
    reason: Reason = keyed(2, choice(Reason))
    length: int = keyed(3, uint())
    sha256: bytes = keyed(4, hash32)
    frames: int = keyed(5, uint())
    genesis: bytes | None = maybe(6, hash32, default=None)
    links: int | None = maybe(7, uint(), default=None)
    head: bytes | None = maybe(8, hash32, default=None)

    @override
    def check(self) -> None:
        """Hold the last three fields together."""
        absent = {value is None for value in (self.genesis, self.links, self.head)}
        if len(absent) == 2:
            raise MalformedError("genesis, links and head stand together or not at all")


@document
class Settled(Document):
    """Data of RECEIPT and DELETION: a recording and its receipt's hash."""

    recording: bytes = keyed(1, id16)
    receipt_hash: bytes = keyed(2, hash32)


@document
class Lost(Document):
    """Data of LOST: how many entries could not be written."""

    count: int = keyed(1, uint())
