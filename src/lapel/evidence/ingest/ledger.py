"""Rows, leaves and receipts of several commits together.

Whoever comes first works for all who come meanwhile: one transaction for their rows and
leaves, one checkpoint that covers them, one transaction for their receipts. So eight
docks cost as many syncs of the disk as one.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from sqlalchemy import Connection

from lapel.base.faults import point
from lapel.crypto import cose
from lapel.crypto.keys import PrivateKey
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.checkpoints import Checkpoints
from lapel.evidence.custody.model import SignedHead
from lapel.evidence.ingest import table
from lapel.evidence.store.database import Database
from lapel.wire.receipt import Receipt


def _no_answer() -> "Future[bytes]":
    return Future()


@dataclass(frozen=True)
class Entry:
    """One recording: `write` makes its row and leaf and gives the leaf's number."""

    recording: bytes
    write: Callable[[Connection], int]
    answer: "Future[bytes]" = field(default_factory=_no_answer)


class Ledger:
    """Takes entries of one tenant and gives their receipts."""

    def __init__(
        self,
        database: Database,
        checkpoints: Checkpoints,
        key: PrivateKey,
        tenant: str,
    ) -> None:
        """Write into `database`; receipts are signed by `key`."""
        self._database = database
        self._checkpoints = checkpoints
        self._key = key
        self._tenant = tenant
        self._lock = threading.Lock()
        self._waiting: list[Entry] = []
        self._working = False

    def submit(self, entry: Entry) -> bytes:
        """Write an entry and give its receipt; works for others meanwhile."""
        with self._lock:
            self._waiting.append(entry)
            leads = not self._working
            self._working = self._working or leads
        while leads:
            with self._lock:
                batch, self._waiting = self._waiting, []
                if not batch:
                    self._working = leads = False
                    break
            self._work(batch)
        return entry.answer.result()

    def _work(self, batch: Sequence[Entry]) -> None:
        """Answer every entry; one that fails does not spoil the others."""
        try:
            receipts = self._together(batch)
        except Exception as error:  # noqa: BLE001 - handed on to who waits
            if len(batch) > 1:
                for entry in batch:
                    self._work([entry])
                return
            batch[0].answer.set_exception(error)
            return
        for entry, receipt in zip(batch, receipts, strict=True):
            entry.answer.set_result(receipt)

    def _together(self, batch: Sequence[Entry]) -> list[bytes]:
        with self._database.write() as connection:
            numbers = [entry.write(connection) for entry in batch]
            point("ingest.in-transaction")
        point("ingest.after-row")
        receipts: list[bytes] = []

        def sign(connection: Connection, head: SignedHead) -> None:
            point("ingest.after-checkpoint")
            for entry, number in zip(batch, numbers, strict=True):
                made = self.receipt(connection, number, head)
                receipts.append(
                    table.fill_receipt(connection, self._tenant, entry.recording, made)
                )

        self._checkpoints.cover(max(numbers), sign)
        point("ingest.after-receipt")
        return receipts

    def receipt(self, connection: Connection, number: int, head: SignedHead) -> bytes:
        """Make the receipt for one act: leaf, the checkpoint, the proof."""
        logged = custody.act(connection, self._tenant, number)
        proof = custody.inclusion(connection, self._tenant, number, head.size)
        made = Receipt(logged.leaf, number, head.note, proof)
        return cose.sign("receipt", made.encode(), self._key)
