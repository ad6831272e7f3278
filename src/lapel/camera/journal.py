"""The camera's journal: append-only, each entry signed and durable (formats 6)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock
from typing import Final

from lapel.base import faults
from lapel.base.errors import (
    NotFoundError,
    RefusedError,
    SignatureError,
    StorageFullError,
)
from lapel.camera.signer import Signer
from lapel.camera.store import HELD_BACK
from lapel.camera.timekeeping import Moment
from lapel.crypto.certs import Certificate
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.ports.files import Files
from lapel.proof.journal import Position, beginning, open_entry, split, whole_entries
from lapel.wire import cose
from lapel.wire.cbor import Value
from lapel.wire.journal import NEVER_LOST, Entry, EntryKind, Lost

FILE: Final = "journal"
COUNTED: Final = frozenset({EntryKind.BOOT, EntryKind.START})
"""Kinds with which a key store's counter is raised: a journal put back shows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry lies in the file, and what it is."""

    seq: int
    kind: EntryKind
    start: int
    size: int
    hash: bytes


class Journal:
    """Appends entries and hands them out; may be used from any thread.

    Opening cuts a torn last entry, whose number is used again.
    """

    def __init__(
        self, files: Files, serial: str, own: Sequence[PublicKey] = ()
    ) -> None:
        """Open the file and cut what is torn; `own` keys may have signed its end."""
        self._files = files
        self._lock = RLock()
        self._lost = 0
        self._signer: Signer | None = None
        self.last_boot = 0
        self.last_utc_ms = 0
        data = files.read(FILE) if files.size(FILE) is not None else b""
        _, whole = whole_entries(data)
        self._places: list[Place] = []
        self._at = beginning(serial)
        keys = {key.kid: key for key in own}
        last = Position(0, b"")
        for raw in split(data[:whole]):
            last = self._at
            if not self._remember(raw):
                break
            for der in cose.parse("journal", raw).x5chain[:1]:
                key = Certificate.from_der(der).public
                keys[key.kid] = key
        if self._places and not self._last_holds(data, keys):
            self._places.pop()
            self._at = last
        kept = self._end
        self._recall(data)
        self._file = files.append(FILE)
        if kept < self._file.size:
            self._file.cut(kept)
            self._file.sync()

    def _last_holds(self, data: bytes, keys: Mapping[bytes, PublicKey]) -> bool:
        """Tell a whole last entry from one that only has the shape of one."""
        place = self._places[-1]
        raw = data[place.start : place.start + place.size]
        key = keys.get(cose.parse("journal", raw).kid)
        if key is None:
            return False
        try:
            open_entry(raw, key)
        except SignatureError:
            return False
        return True

    @property
    def _end(self) -> int:
        last = self._places[-1] if self._places else None
        return last.start + last.size if last else 0

    def _remember(self, raw: bytes) -> bool:
        entry = Entry.decode(cose.parse("journal", raw).payload)
        follows = (entry.seq, entry.prev) == (self._at.seq, self._at.prev)
        if self._places and not follows:
            return False
        digest = sha256(raw)
        place = Place(entry.seq, entry.kind, self._end, len(raw), digest)
        self._places.append(place)
        self._at = Position(entry.seq + 1, digest)
        self.last_utc_ms = entry.utc_ms
        return True

    def _recall(self, data: bytes) -> None:
        """Know the boot and time of the last entry that counts."""
        if self._places:
            place = self._places[-1]
            raw = data[place.start : place.start + place.size]
            entry = Entry.decode(cose.parse("journal", raw).payload)
            self.last_boot, self.last_utc_ms = entry.boot, entry.utc_ms

    def begin(self, signer: Signer, moment: Moment, data: Mapping[int, Value]) -> Place:
        """Append a boot entry under `signer`, whose key signs from here on."""
        with self._lock:
            self._signer = signer
            place = self.add(EntryKind.BOOT, data, moment)
        if place is None:
            raise StorageFullError("the journal cannot grow")
        return place

    def add(
        self, kind: EntryKind, data: Mapping[int, Value], moment: Moment
    ) -> Place | None:
        """Append an entry, durably.

        Where storage is full or fails: raises `StorageFullError` or OSError for what
        must never be lost, and for which the last of the space is left; else the entry
        is counted, None comes back, and a `lost` entry follows later.
        """
        with self._lock:
            try:
                if kind not in NEVER_LOST and self._files.free() < HELD_BACK:
                    raise StorageFullError("what is left is for closing recordings")
                if self._lost:
                    self._append(EntryKind.LOST, Lost(self._lost).items(), moment)
                    self._lost = 0
                return self._append(kind, data, moment)
            except (StorageFullError, OSError):
                if kind in NEVER_LOST:
                    raise
                self._lost += 1
                return None

    def insist(
        self, kind: EntryKind, data: Mapping[int, Value], moment: Moment
    ) -> Place:
        """Append an entry, durably, for somebody who waits for it.

        Raises `StorageFullError` where only what is held back is left, or OSError;
        then nothing was written, and nothing is counted as lost.
        """
        with self._lock:
            if self._files.free() < HELD_BACK:
                raise StorageFullError("what is left is for closing recordings")
            return self._append(kind, data, moment)

    def _append(
        self, kind: EntryKind, data: Mapping[int, Value], moment: Moment
    ) -> Place:
        if self._signer is None:
            raise RefusedError("journal", "no boot entry yet")
        entry = Entry(
            self._at.seq,
            moment.boot,
            moment.mono_ms,
            moment.utc_ms,
            int(moment.quality),
            kind,
            data,
            self._at.prev,
            self._signer.keys.count() if kind in COUNTED else None,
        )
        named = kind is EntryKind.BOOT
        raw = self._signer.sign("journal", entry.encode(), named=named)
        try:
            self._keep(raw)
        except OSError:
            self._keep(raw)
        self._remember(raw)
        return self._places[-1]

    def _keep(self, raw: bytes) -> None:
        if self._file.size > self._end:
            self._file.cut(self._end)  # What an earlier failure left behind.
        try:
            self._file.write(raw)
            faults.point("camera.journal.written")
            self._file.sync()
        except (StorageFullError, OSError):
            with suppress(OSError):
                self._file.cut(self._end)
            raise

    @property
    def position(self) -> Position:
        """What the next entry will be numbered, and the hash that it will name."""
        with self._lock:
            return self._at

    def raw(self, place: Place) -> bytes:
        """Give an entry's signed bytes."""
        with self._lock:
            at = place.seq - self._places[0].seq if self._places else -1
            if at not in range(len(self._places)) or self._places[at] != place:
                raise NotFoundError(f"journal entry {place.seq} was trimmed")
            return self._files.read(FILE, place.start, place.size)

    def since(self, seq: int, most: int) -> tuple[list[bytes], bool]:
        """Give entries from `seq` on, `most` bytes of them, and whether more follow."""
        with self._lock:
            wanted = list(self._from(seq))
            if not wanted:
                return [], False
            start = wanted[0].start
            given = [p for p in wanted if p.start + p.size - start <= most]
            block = self._files.read(FILE, start, sum(p.size for p in given))
            found = [block[p.start - start : p.start - start + p.size] for p in given]
            return found, len(given) < len(wanted)

    def _from(self, seq: int) -> Iterator[Place]:
        first = self._places[0].seq if self._places else 0
        yield from self._places[max(0, seq - first) :]

    def entries(self, *kinds: EntryKind) -> Iterator[tuple[Place, Entry]]:
        """Walk the entries of some kinds, oldest first."""
        with self._lock:
            places = [p for p in self._places if p.kind in kinds]
        for place in places:
            payload = cose.parse("journal", self.raw(place)).payload
            yield place, Entry.decode(payload)

    def trim(self, seq: int, entry_hash: bytes) -> int:
        """Drop what lies before entry `seq`, which stays; gives how many went.

        Raises `RefusedError` unless that entry is ours and has this hash.
        """
        with self._lock:
            kept = list(self._from(seq))
            if not kept or (kept[0].seq, kept[0].hash) != (seq, entry_hash):
                raise RefusedError("journal", "the receipt names another entry")
            gone = len(self._places) - len(kept)
            if gone:
                start = kept[0].start
                self._file.close()
                self._files.replace(FILE, self._files.read(FILE, start))
                faults.point("camera.journal.trimmed")
                self._file = self._files.append(FILE)
                self._places = [
                    Place(p.seq, p.kind, p.start - start, p.size, p.hash) for p in kept
                ]
            return gone

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
