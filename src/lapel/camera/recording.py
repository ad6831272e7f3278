"""One recording on its way to storage: begun, grown, closed (formats 4, 5).

1. Note and envelope are made durable. 2. The journal's start entry. 3. The header of a
sealed file. 4. GENESIS. 5. Each unit with its LINK, durable before the next. 6. END.
7. The closing entry, in the journal and beside the file.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from lapel.base import faults
from lapel.base.clock import Entropy
from lapel.base.errors import StorageFullError
from lapel.camera.journal import Journal
from lapel.camera.signer import Signer
from lapel.camera.store import Note, Store
from lapel.camera.timekeeping import Moment
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.crypto.seal import Sealer, new_key, wrap
from lapel.ports.files import Appendable
from lapel.wire.boxes import END, GENESIS, LINK, uuid_box
from lapel.wire.journal import Anchor, EntryKind, Start, Stop
from lapel.wire.recording import End, Genesis, Link, Reason, Sound, Trigger


@dataclass(frozen=True)
class Desk:
    """What every recording of a boot is written with."""

    store: Store
    journal: Journal
    signer: Signer
    evidence_keys: tuple[PublicKey, ...]
    entropy: Entropy
    now: Callable[[], Moment]

    @property
    def sealing(self) -> bool:
        """Whether recordings are sealed: only where somebody can open them later."""
        return bool(self.evidence_keys)


@dataclass(frozen=True, slots=True)
class About:
    """What GENESIS says of camera and settings."""

    serial: str
    model: str
    firmware: str
    firmware_hash: bytes
    settings_version: int
    settings_hash: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known when a recording begins; `began` is the instant of media time 0."""

    recording: bytes
    about: About
    init: bytes
    began: Moment
    trigger: Trigger
    pre_event_ms: int
    sound_before: bool
    encoded_here: bool
    continues: bytes | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """What one LINK covers: marks and fragments, and what LINK says of them."""

    data: bytes
    media_ms: int
    mono_ms: int
    sound: Sound


class Recording:
    """Writes one recording; used by one thread only."""

    def __init__(self, desk: Desk, opening: Opening) -> None:
        """Begin it durably, up to GENESIS; raises `StorageFullError` or OSError."""
        self._desk = desk
        self.opening = opening
        self._sha = hashlib.sha256()
        self._frames = 0
        self.links = 0
        key = new_key(desk.entropy) if desk.sealing else None
        self._sealer = Sealer.start(opening.recording, key) if key else None
        self._file: Appendable | None = None
        start = self._journal_start(key)
        self._start_seq, self._last_mono_ms = start[0], 0
        name = desk.store.media(opening.recording, sealed=key is not None)
        self._file = desk.store.files.append(name)
        if self._sealer:
            self._keep(self._sealer.header)
        faults.point("camera.start.header")
        genesis = self._genesis(start).encode()
        document = desk.signer.sign("genesis", genesis, named=True)
        self.genesis_hash = self.head = sha256(document)
        self._part(opening.init + uuid_box(GENESIS, document))
        faults.point("camera.start.genesis")

    @property
    def size(self) -> int:
        """Bytes that are durable."""
        return self._file.size if self._file else 0

    def _journal_start(self, key: bytes | None) -> tuple[int, bytes]:
        desk, opening = self._desk, self.opening
        sealed = key is not None
        note = Note(opening.began.utc_ms, sealed, marked=False, prioritised=False)
        desk.store.put_note(opening.recording, note)
        envelope: bytes | None = None
        if key is not None:
            wrapped = wrap(key, opening.recording, desk.evidence_keys)
            envelope = wrapped.encode()
            desk.store.put(opening.recording, ".envelope", envelope)
        faults.point("camera.start.envelope")
        digest = sha256(envelope) if envelope else None
        start = Start(opening.recording, digest, opening.trigger)
        place = desk.journal.add(EntryKind.START, start.items(), desk.now())
        if place is None:
            raise StorageFullError("the journal cannot grow")
        faults.point("camera.start.journal")
        return place.seq, place.hash

    def _genesis(self, start: tuple[int, bytes]) -> Genesis:
        opening, about = self.opening, self.opening.about
        return Genesis(
            opening.recording,
            about.serial,
            about.model,
            sha256(opening.init),
            opening.began.utc_ms,
            int(opening.began.quality),
            opening.began.boot,
            opening.began.mono_ms,
            about.firmware,
            about.firmware_hash,
            about.settings_version,
            about.settings_hash,
            opening.trigger,
            opening.pre_event_ms,
            *start,
            opening.sound_before,
            opening.encoded_here,
            opening.continues,
        )

    def _part(self, plain: bytes, *, last: bool = False) -> None:
        if self._sealer:
            self._keep(self._sealer.frame(self._frames, plain, last=last))
            self._frames += 1
        else:
            self._keep(plain)

    def _keep(self, data: bytes) -> None:
        """Write and make durable; a failed write is tried once more, same bytes."""
        if self._file is None:
            raise StorageFullError("the recording is closed")
        durable = self._file.size
        for attempt in (1, 2):
            try:
                self._file.write(data)
                faults.point("camera.part.written")
                self._file.sync()
                break
            except OSError:
                self._file.cut(durable)
                if attempt == 2:
                    raise
            except StorageFullError:
                self._file.cut(durable)
                raise
        self._sha.update(data)

    def add(self, unit: Unit) -> None:
        """Write a unit with its LINK, durably; on an error the last one stands."""
        link = Link(
            self.genesis_hash,
            self.links,
            self.head,
            sha256(unit.data),
            unit.media_ms,
            unit.mono_ms,
            unit.sound,
        )
        document = self._desk.signer.sign("link", link.encode())
        self._part(unit.data + uuid_box(LINK, document))
        faults.point("camera.part.synced")
        self.head = sha256(document)
        self.links += 1
        self._last_mono_ms = unit.mono_ms

    def anchor(self) -> None:
        """Put into the journal how far the recording has come."""
        anchor = Anchor(self.opening.recording, self.links, self.head, self.size)
        self._desk.journal.add(EntryKind.ANCHOR, anchor.items(), self._desk.now())

    def close(self, reason: Reason) -> Reason:
        """Write END and the closing entry; gives the reason that stands there.

        Where END cannot be written, even into the space held back, the recording ends
        with its last unit, and the closing entry says `error`.
        """
        written = self._write_end(reason)
        stated = reason if written else Reason.ERROR
        faults.point("camera.end.synced")
        size = self.size
        if self._file:
            with suppress(OSError):
                self._file.close()
        self._note_what_came()
        stop = Stop(
            self.opening.recording,
            stated,
            size,
            self._sha.digest(),
            self._frames,
            self.genesis_hash,
            self.links,
            self.head,
        )
        close_in_journal(self._desk, stop)
        return stated

    def _note_what_came(self) -> None:
        """Note for lists what the journal may not hold any more when they are made."""
        began, lasted = self.opening.began, self._last_mono_ms
        lasted_ms = max(0, lasted - began.mono_ms) if self.links else 0
        seq, clock = self._start_seq, began.quality
        with suppress(OSError, StorageFullError):
            self._desk.store.renote(
                self.opening.recording,
                lambda note: replace(note, seq=seq, clock=clock, lasted_ms=lasted_ms),
            )

    def _write_end(self, reason: Reason) -> bool:
        moment = self._desk.now()
        end = End(
            self.genesis_hash,
            self.links,
            self.head,
            reason,
            moment.mono_ms,
            moment.utc_ms,
        )
        box = uuid_box(END, self._desk.signer.sign("end", end.encode()))
        try:
            try:
                self._part(box, last=True)
            except StorageFullError:
                self._desk.store.let_go()
                self._part(box, last=True)
        except (OSError, StorageFullError):
            return False
        return True


def close_in_journal(desk: Desk, stop: Stop) -> None:
    """Append the closing entry and put it beside the recording."""
    try:
        place = desk.journal.add(EntryKind.STOP, stop.items(), desk.now())
    except StorageFullError:
        desk.store.let_go()
        place = desk.journal.add(EntryKind.STOP, stop.items(), desk.now())
    faults.point("camera.stop.journaled")
    if place is not None:
        put_closing(desk, stop.recording, desk.journal.raw(place))


def put_closing(desk: Desk, recording: bytes, raw: bytes) -> None:
    """Put a closing entry beside its recording."""
    try:
        desk.store.put(recording, ".closing", raw)
    except StorageFullError:
        desk.store.let_go()
        desk.store.put(recording, ".closing", raw)
    faults.point("camera.stop.noted")
