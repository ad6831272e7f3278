"""What lies in the camera's folder for each recording, by name.

`ID.sealed` or `ID.mp4`, beside it `ID.envelope`, `ID.closing` (the signed
closing entry), `ID.note` (what only the camera needs) and, while a deletion is under
way, `ID.receipt`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

from lapel.base.clock import ClockQuality
from lapel.base.errors import MalformedError, NotFoundError, StorageFullError
from lapel.base.ids import parse_recording_name, recording_name
from lapel.ports.files import Files
from lapel.wire.control import line
from lapel.wire.document import Document, choice, document, flag, keyed, maybe, uint

FOLDER: Final = "recordings"
_RESERVE: Final = "reserve"
HELD_BACK: Final = 64 * 1024
"""Bytes kept for END and the closing entry when storage runs full."""

_SEALED, _CLEAR = ".sealed", ".mp4"
_BESIDE: Final = (".envelope", ".closing", ".note", ".receipt")


@document
class Note(Document):
    """What the camera keeps of a recording for itself.

    `seq` is the number of its start entry; `clock` how well its start is known.
    """

    start_ms: int = keyed(1, uint())
    sealed: bool = keyed(2, flag)
    marked: bool = keyed(3, flag)
    prioritised: bool = keyed(4, flag)
    seq: int | None = maybe(5, uint(), default=None)
    clock: ClockQuality | None = maybe(6, choice(ClockQuality), default=None)
    lasted_ms: int | None = maybe(7, uint(), default=None)
    title: str | None = maybe(8, line, default=None)
    ident: str | None = maybe(9, line, default=None)
    category: str | None = maybe(10, line, default=None)


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording that lies here."""

    recording: bytes
    name: str
    length: int
    note: Note
    closing: bytes | None


class Store:
    """Names, companions and the space held back."""

    def __init__(self, files: Files) -> None:
        """Keep recordings through `files`."""
        self.files = files
        self._noting = Lock()

    def path(self, recording: bytes, ending: str) -> str:
        """Name of a file of this recording."""
        return f"{FOLDER}/{recording_name(recording)}{ending}"

    def media(self, recording: bytes, *, sealed: bool) -> str:
        """Name of the recording itself."""
        return self.path(recording, _SEALED if sealed else _CLEAR)

    def put_note(self, recording: bytes, note: Note) -> None:
        """Put the note in place."""
        self.put(recording, ".note", note.encode())

    def mark(self, recording: bytes) -> None:
        """Remember that the wearer marked a moment of it."""
        self.renote(recording, lambda note: replace(note, marked=True))

    def renote(self, recording: bytes, change: Callable[[Note], Note]) -> None:
        """Change the note of a recording, one change at a time, from any thread."""
        with self._noting:
            before = self._note(recording, sealed=False)
            after = change(before)
            if after != before:
                self.put_note(recording, after)

    def _note(self, recording: bytes, *, sealed: bool) -> Note:
        try:
            return Note.decode(self.files.read(self.path(recording, ".note")))
        except (NotFoundError, MalformedError):
            return Note(0, sealed, marked=False, prioritised=False)

    def recordings(self) -> list[bytes]:
        """List the recordings of which anything lies here."""
        found: set[bytes] = set()
        for name in self.files.names(FOLDER):
            stem, dot, ending = name.partition(".")
            if dot + ending in (_SEALED, _CLEAR, *_BESIDE):
                try:
                    found.add(parse_recording_name(stem))
                except MalformedError:
                    continue
        return sorted(found)

    def find(self, recording: bytes) -> Kept:
        """Give a recording that lies here; raises `NotFoundError`."""
        for ending in (_SEALED, _CLEAR):
            name = self.path(recording, ending)
            length = self.files.size(name)
            if length is not None:
                note = self._note(recording, sealed=ending == _SEALED)
                closing = self.companion(recording, ".closing")
                return Kept(recording, name, length, note, closing)
        raise NotFoundError("no such recording on this camera")

    def kept(self) -> list[Kept]:
        """All recordings whose file lies here, oldest first."""
        found: list[Kept] = []
        for recording in self.recordings():
            try:
                found.append(self.find(recording))
            except NotFoundError:
                continue
        return sorted(found, key=lambda kept: kept.note.start_ms)

    def companion(self, recording: bytes, ending: str) -> bytes | None:
        """Give a file beside a recording; None when it is not there."""
        try:
            return self.files.read(self.path(recording, ending))
        except NotFoundError:
            return None

    def put(self, recording: bytes, ending: str, data: bytes) -> None:
        """Put a file beside a recording, durably; a failure is tried once more."""
        name = self.path(recording, ending)
        try:
            self.files.replace(name, data)
        except OSError:
            self.files.replace(name, data)

    def remove(self, recording: bytes, *, but_receipt: bool = False) -> None:
        """Remove a recording and all beside it, or all but the receipt."""
        endings = (_SEALED, _CLEAR, *_BESIDE)
        for ending in endings[:-1] if but_receipt else endings:
            self.files.remove(self.path(recording, ending))

    def hold_back(self) -> bool:
        """Hold back the space for END and the closing entry; False where it is full."""
        if self.files.size(_RESERVE) == HELD_BACK:
            return True
        try:
            self.files.replace(_RESERVE, bytes(HELD_BACK))
        except (StorageFullError, OSError):
            return False
        return True

    def let_go(self) -> None:
        """Free the space that was held back."""
        self.files.remove(_RESERVE)
