"""Receipts: what the server answers for what it has taken in (formats 6 and 8)."""

from typing_extensions import override

from lapel.base.errors import MalformedError
from lapel.wire.document import (
    Document,
    document,
    flag,
    hash32,
    id16,
    keyed,
    many,
    maybe,
    octets,
    text,
    uint,
)

RECORDING_RECEIVED = "recording.received"
JOURNAL_RECEIVED = "journal.received"


@document
class Received(Document):
    """Detail of the act `recording.received`.

    `genesis`, `links` and `head` stand exactly when the server opened the recording.
    """

    tenant: str = keyed(1, text)
    recording: bytes = keyed(2, id16)
    serial: str = keyed(3, text)
    length: int = keyed(4, uint())
    sha256: bytes = keyed(5, hash32)
    closing_hash: bytes = keyed(6, hash32)
    opened: bool = keyed(7, flag)
    received_ms: int = keyed(11, uint())
    genesis: bytes | None = maybe(8, hash32, default=None)
    links: int | None = maybe(9, uint(), default=None)
    head: bytes | None = maybe(10, hash32, default=None)

    @override
    def check(self) -> None:
        """Hold `opened` and the three fields together."""
        given = {value is not None for value in (self.genesis, self.links, self.head)}
        if given != {self.opened}:
            raise MalformedError("genesis, links and head stand exactly when opened")


@document
class JournalReceived(Document):
    """Detail of the act `journal.received`: up to which entry, and its hash."""

    tenant: str = keyed(1, text)
    serial: str = keyed(2, text)
    seq: int = keyed(3, uint())
    entry_hash: bytes = keyed(4, hash32)
    received_ms: int = keyed(5, uint())


@document
class Receipt(Document):
    """A leaf of the custody log with the proof that a checkpoint covers it."""

    LIMIT = 70_000
    leaf: bytes = keyed(1, octets())
    index: int = keyed(2, uint())
    checkpoint: str = keyed(3, text)
    proof: tuple[bytes, ...] = keyed(4, many(hash32))
