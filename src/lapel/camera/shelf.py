"""The recordings that lie here, as View lists them, and what was said of them (R6.1).

What is said is an entry of the journal first, and durable before it counts. Beside the
recording it is noted for lists, because the journal is trimmed after an upload.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from lapel.base import faults
from lapel.base.clock import ClockQuality
from lapel.base.errors import (
    LapelError,
    MalformedError,
    NotFoundError,
    StorageFullError,
)
from lapel.camera.board import Progress
from lapel.camera.journal import Journal
from lapel.camera.store import Kept, Note, Store
from lapel.camera.timekeeping import Moment
from lapel.wire.control import Listed
from lapel.wire.cose import parse
from lapel.wire.journal import Entry, EntryKind, Start, Stop
from lapel.wire.linked import AnnotationData


@dataclass(frozen=True, slots=True)
class _Begun:
    """What the journal says of a start."""

    seq: int
    clock: ClockQuality


@dataclass(frozen=True, slots=True)
class Held:
    """A recording in the list, and its bytes."""

    listed: Listed
    length: int


class Shelf:
    """Lists recordings; one that is closed is read from storage once."""

    def __init__(self, store: Store, journal: Journal) -> None:
        """Read from the journal what notes may not say yet."""
        self._store = store
        self._journal = journal
        self._closed: dict[bytes, Held] = {}
        self._last: dict[bytes, AnnotationData] = {}
        self._said: dict[bytes, Note] = {}
        self._begun: dict[bytes, _Begun] = {}
        for _, entry in journal.entries(EntryKind.ANNOTATION):
            with suppress(MalformedError):  # of another version: it stays where it is
                self._remember(AnnotationData.of(entry.data))

    def _remember(self, said: AnnotationData) -> None:
        recording = said.recording
        before = self._said.get(recording, _NOTHING)
        self._said[recording] = _after(before, said)
        self._last[recording] = said
        self._closed.pop(recording, None)

    def _starts(self, recording: bytes) -> _Begun | None:
        """Find a start in the journal, if it still stands there."""
        if recording not in self._begun:
            for place, entry in self._journal.entries(EntryKind.START):
                began = _Begun(place.seq, ClockQuality(entry.clock))
                self._begun[bytes(Start.of(entry.data).recording)] = began
        return self._begun.get(recording)

    def all(self, progress: Progress | None) -> list[Held]:
        """Give what lies here; `progress` is of the recording under way."""
        found: list[Held] = []
        for recording in self._store.recordings():
            held = self._closed.get(recording)
            if held is None:
                with suppress(NotFoundError):
                    held = self._read(self._store.find(recording), progress)
            if held is not None:
                found.append(held)
        lying = {held.listed.recording for held in found}
        self._closed = {key: one for key, one in self._closed.items() if key in lying}
        return found

    def _read(self, kept: Kept, progress: Progress | None) -> Held:
        said = self._said.get(kept.recording)
        note = kept.note if said is None else _after(kept.note, said)
        seq, clock, lasted = self._facts(kept, note)
        if progress is not None and progress.recording == kept.recording:
            lasted = progress.media_ms
        listed = Listed(
            kept.recording,
            seq,
            note.start_ms,
            clock,
            lasted,
            note.marked,
            note.title,
            note.ident,
            note.category,
        )
        held = Held(listed, kept.length)
        if kept.closing is not None:
            self._closed[kept.recording] = held
        return held

    def _facts(self, kept: Kept, note: Note) -> tuple[int, ClockQuality, int]:
        """Give number, clock and length: from the note, else from what is signed.

        A recording that was cut off counts a second a link; the number of one whose
        start was trimmed is that of its closing entry.
        """
        if note.seq is not None and note.clock is not None:
            return note.seq, note.clock, note.lasted_ms or 0
        began = self._starts(kept.recording)
        seq, clock, lasted = 0, ClockQuality.UNSET, 0
        if kept.closing is not None:
            with suppress(LapelError):  # a spoilt one says nothing
                entry = Entry.decode(parse("journal", kept.closing).payload)
                stop = Stop.of(entry.data)
                seq, clock = entry.seq, ClockQuality(entry.clock)
                lasted = 1000 * (stop.links or max(0, stop.frames - 1))
        if began is not None:
            seq, clock = began.seq, began.clock
        return seq, clock, lasted

    def annotate(self, said: AnnotationData, now: Moment) -> None:
        """Say something of a recording; when this comes back it is durable.

        1. It lies here (else `NotFoundError`). 2. What the same app said last is not
        written again. 3. The journal takes it (else `StorageFullError` or OSError, and
        nothing is said).
        """
        self._store.find(said.recording)
        if self._last.get(said.recording) == said:
            return
        self._journal.insist(EntryKind.ANNOTATION, said.items(), now)
        faults.point("camera.annotation.journaled")
        self._remember(said)
        with suppress(OSError, StorageFullError):
            self._store.renote(said.recording, lambda note: _after(note, said))
        faults.point("camera.annotation.noted")


_NOTHING = Note(0, sealed=False, marked=False, prioritised=False)


def _after(note: Note, said: AnnotationData | Note) -> Note:
    """Give a note after something was said; what was left out stays."""
    return replace(
        note,
        title=said.title or note.title,
        ident=said.ident or note.ident,
        category=said.category or note.category,
    )
