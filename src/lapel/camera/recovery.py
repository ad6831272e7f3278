"""After a start: every recording that was open is cut to what is whole, and closed.

Nothing is ever encrypted again under the key of a recording of an earlier boot.
"""

from dataclasses import dataclass

from lapel.base import faults
from lapel.base.errors import LapelError, NotFoundError
from lapel.camera.journal import Place
from lapel.camera.recording import Desk, close_in_journal, put_closing
from lapel.camera.store import Kept, Store
from lapel.crypto.digest import sha256
from lapel.proof.recording import sha256_of, walk_clear
from lapel.proof.sealed import recoverable
from lapel.wire.cose import parse
from lapel.wire.journal import Entry, EntryKind, Settled, Start, Stop
from lapel.wire.recording import Reason


@dataclass(frozen=True, slots=True)
class Found:
    """What of a file is whole: bytes, frames, and the chain where it is clear."""

    keep: int
    frames: int = 0
    chain: tuple[bytes, int, bytes] | None = None
    ended: bool = False


def examine(data: memoryview, *, sealed: bool) -> Found:
    """Find the longest part of a recording that is whole."""
    if sealed:
        return Found(*recoverable(data))
    walk = walk_clear(data)
    if walk.chain is None:
        return Found(0)
    chain = walk.chain
    known = (chain.genesis_hash, chain.count, chain.head)
    return Found(walk.size, 0, known, chain.end is not None)


class Recovery:
    """What has to be closed at this start; `run` may work in the background."""

    def __init__(self, desk: Desk) -> None:
        """Finish what was interrupted, and list what is open."""
        self._desk = desk
        store = desk.store
        self._finish_deletions(store)
        stops = {
            bytes(Stop.of(entry.data).recording): place
            for place, entry in desk.journal.entries(EntryKind.STOP)
        }
        started = {
            bytes(Start.of(entry.data).recording)
            for _, entry in desk.journal.entries(EntryKind.START)
        }
        self._open: list[bytes] = []
        lying = set(store.recordings())
        for recording in sorted(started | lying):
            place = stops.get(recording)
            if place is not None and self._empty(place):
                store.remove(recording)
                continue
            if store.companion(recording, ".closing") is not None:
                continue
            if place is None and recording not in started and self._bare(recording):
                store.remove(recording)
            elif place is None:
                self._open.append(recording)
            elif recording in lying:
                put_closing(desk, recording, desk.journal.raw(place))

    @property
    def open(self) -> tuple[bytes, ...]:
        """Recordings that have no closing entry yet."""
        return tuple(self._open)

    def _empty(self, place: Place) -> bool:
        """Whether a closing entry says that nothing was recorded."""
        entry = Entry.decode(parse("journal", self._desk.journal.raw(place)).payload)
        stop = Stop.of(entry.data)
        return stop.frames == 0 and stop.genesis is None

    def _bare(self, recording: bytes) -> bool:
        """Whether only companions lie there: it was never begun."""
        try:
            self._desk.store.find(recording)
        except NotFoundError:
            return True
        return False

    def _finish_deletions(self, store: Store) -> None:
        gone = {
            bytes(Settled.of(entry.data).recording)
            for _, entry in self._desk.journal.entries(EntryKind.DELETION)
        }
        for recording in store.recordings():
            receipt = store.companion(recording, ".receipt")
            if receipt is not None:
                settle(self._desk, recording, receipt, logged=recording in gone)

    def _cut(self, recording: bytes) -> Found:
        try:
            kept = self._desk.store.find(recording)
        except NotFoundError:
            return Found(0)
        with self._desk.store.files.view(kept.name) as data:
            found = examine(data, sealed=_is_sealed(kept))
        if found.keep < kept.length:
            file = self._desk.store.files.append(kept.name)
            file.cut(found.keep)
            file.sync()
            file.close()
        faults.point("camera.recovery.cut")
        return found

    def run(self) -> list[Stop]:
        """Cut what is torn, hash and close; gives the closing entries.

        One that cannot be closed stays open for the next start, and is raised at last.
        """
        closed: list[Stop] = []
        failed: LapelError | OSError | None = None
        for recording in self._open:
            try:
                closed.append(self._close(recording))
            except (LapelError, OSError) as error:
                failed = error
        if failed is not None:
            raise failed
        return closed

    def _close(self, recording: bytes) -> Stop:
        found = self._cut(recording)
        store = self._desk.store
        digest = sha256(b"")
        if found.keep:
            with store.files.view(store.find(recording).name) as data:
                digest = sha256_of(data)
        reason = Reason.RECOVERED if found.ended else Reason.POWER_LOSS
        chain = found.chain or (None, None, None)
        stop = Stop(recording, reason, found.keep, digest, found.frames, *chain)
        close_in_journal(self._desk, stop)
        faults.point("camera.recovery.journaled")
        if not _holds_anything(found):
            store.remove(recording)
        return stop


def _is_sealed(kept: Kept) -> bool:
    return kept.name.endswith(".sealed")


def _holds_anything(found: Found) -> bool:
    return found.frames > 0 or found.chain is not None


def settle(desk: Desk, recording: bytes, receipt: bytes, *, logged: bool) -> None:
    """Delete a recording for which a receipt lies beside it, and say so."""
    desk.store.remove(recording, but_receipt=True)
    faults.point("camera.receipt.removed")
    if not logged:
        settled = Settled(recording, sha256(receipt))
        desk.journal.add(EntryKind.DELETION, settled.items(), desk.now())
        faults.point("camera.receipt.deletion")
    desk.store.remove(recording)


def abandon(desk: Desk, recording: bytes) -> None:
    """Close a recording that could not be begun; nothing of it was worth keeping."""
    try:
        kept = desk.store.find(recording)
        with desk.store.files.view(kept.name) as data:
            found = Stop(recording, Reason.ERROR, kept.length, sha256(data), 0)
    except (LapelError, OSError):
        found = Stop(recording, Reason.ERROR, 0, sha256(b""), 0)
    started = {
        bytes(Start.of(entry.data).recording)
        for _, entry in desk.journal.entries(EntryKind.START)
    }
    if recording in started:
        close_in_journal(desk, found)
    desk.store.remove(recording)
