"""Continuity of a camera's journal: nothing missing, nothing forked (formats 6)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lapel.base.errors import LapelError, SignatureError
from lapel.crypto import cose
from lapel.crypto.certs import Certificate
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.wire.cose import LIMITS, parse, prefix_size
from lapel.wire.journal import Entry, read_entry


class GapError(SignatureError):
    """Entries are missing, out of order, or of another journal."""

    code = "journal-gap"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a journal stands: the next entry's number and the hash it must name."""

    seq: int
    prev: bytes


def beginning(serial: str) -> Position:
    """Position before the first entry of a camera's journal."""
    return Position(0, sha256(b"lapel/journal/1" + serial.encode()))


@dataclass(frozen=True)
class Signed:
    """An entry with the bytes that were signed and their hash."""

    entry: Entry
    raw: bytes
    hash: bytes
    x5chain: tuple[bytes, ...]

    @property
    def after(self) -> Position:
        """Position behind this entry."""
        return Position(self.entry.seq + 1, self.hash)


def split(data: bytes) -> Iterator[bytes]:
    """Cut concatenated entries; a torn last one ends the walk."""
    position = 0
    while position < len(data):
        size = prefix_size(data, position, LIMITS["journal"])
        if size is None:
            return
        yield data[position : position + size]
        position += size


def open_entry(raw: bytes, key: PublicKey) -> Signed:
    """Open one entry that `key` signed; raises `MalformedError`, `SignatureError`."""
    document = parse("journal", raw)
    cose.verify("journal", document, key)
    return Signed(read_entry(document), raw, sha256(raw), document.x5chain)


KeyChange = Callable[[tuple[Certificate, ...]], PublicKey]
"""Decides on the certificates of a boot entry; raises `SignatureError`."""


def follow(
    entries: Iterator[bytes], at: Position, key: PublicKey | None, change: KeyChange
) -> Iterator[Signed]:
    """Walk entries from a position on; raises at the first that does not follow.

    1. Each is signed by the key in force; a boot entry that carries certificates brings
    its key, which `change` must allow, and no other entry carries any. 2. Numbers rise
    by one. 3. Each names the hash of the entry before it.
    """
    for raw in entries:
        document = parse("journal", raw)
        read_entry(document)
        if document.x5chain:
            chain = tuple(Certificate.from_der(der) for der in document.x5chain)
            key = change(chain)
        if key is None:
            raise SignatureError("a journal that does not begin with its key")
        signed = open_entry(raw, key)
        if (signed.entry.seq, signed.entry.prev) != (at.seq, at.prev):
            raise GapError(
                f"entry {signed.entry.seq} does not follow entry {at.seq - 1}"
            )
        at = signed.after
        yield signed


def whole_entries(data: bytes) -> tuple[int, int]:
    """Count of whole entries at the beginning of a journal file, and their bytes."""
    count = size = 0
    for raw in split(data):
        try:
            read_entry(parse("journal", raw))
        except LapelError:
            break
        count += 1
        size += len(raw)
    return count, size
