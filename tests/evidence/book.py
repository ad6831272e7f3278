"""A camera's journal as tests write it."""

from dataclasses import dataclass

from lapel.crypto import cose
from lapel.crypto.digest import sha256
from lapel.proof.journal import beginning
from lapel.sim.forge import Signer
from lapel.wire.cbor import Value
from lapel.wire.journal import Entry, EntryKind

SERIAL = "X81004417"


@dataclass
class Book:
    """A camera's journal as it grows."""

    signer: Signer
    seq: int = 0
    prev: bytes = beginning(SERIAL).prev

    def write(self, kind: EntryKind, data: dict[int, Value] | None = None) -> bytes:
        entry = Entry(
            self.seq,
            1,
            1000 * self.seq,
            1_795_000_000_000,
            3,
            kind,
            data or {},
            self.prev,
        )
        chain = self.signer.chain if kind is EntryKind.BOOT else ()
        raw = cose.sign("journal", entry.encode(), self.signer.key, chain)
        self.seq, self.prev = self.seq + 1, sha256(raw)
        return raw
