"""Evidence as a dock sees it, in memory: it keeps, counts, and can be told to fail."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from typing_extensions import override

from lapel.base.errors import LapelError
from lapel.base.ids import recording_name
from lapel.crypto.digest import sha256
from lapel.dock.evidence import Evidence, Extended
from lapel.ports.joining import ServerRefusedError
from lapel.proof.journal import split
from lapel.sim.tenant import Agency
from lapel.wire.cose import parse
from lapel.wire.journal import Entry, EntryKind, Stop
from lapel.wire.receipt import JournalReceived


@dataclass
class Received:
    """What came, in order, and how much of it."""

    acts: list[str] = field(default_factory=list[str])
    entries: list[bytes] = field(default_factory=list[bytes])
    envelopes: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    parts: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    sent: int = 0


class Receiver(Evidence):
    """Takes in what a session brings, for one camera of an agency."""

    def __init__(self, agency: Agency, serial: str, now_ms: int) -> None:
        """Begin with nothing; no network is used."""
        self.agency = agency
        self.serial = serial
        self.now_ms = now_ms
        self.came = Received()
        self.document = agency.settings(serial, 1)
        self.away: LapelError | None = None
        self.held: set[bytes] = set()
        self.released = False
        self.extended: Extended | None = None
        self._names: dict[str, bytes] = {}

    def _note(self, act: str) -> None:
        if self.away is not None:
            raise self.away
        self.came.acts.append(act)

    @override
    def close(self) -> None:
        """Nothing is open."""

    @override
    def time(self, serial: str, nonce: bytes) -> bytes:
        """Sign the time."""
        self._note("time")
        return self.agency.time(nonce, self.now_ms)

    @override
    def settings(self, serial: str) -> bytes:
        """Give the settings document."""
        self._note("settings")
        return self.document

    @override
    def next_entry(self, serial: str) -> int:
        """Count on from the last entry that came."""
        self._note("next entry")
        if not self.came.entries:
            return 0
        return self.entry(self.came.entries[-1]).seq + 1

    @override
    def is_released(self, serial: str) -> bool:
        """Say whether a test released the camera."""
        return self.released

    @override
    def release(self, serial: str, nonce: bytes) -> bytes:
        """Sign the release."""
        self._note("release")
        return self.agency.release(serial, nonce)

    def entry(self, raw: bytes) -> Entry:
        """Read an entry."""
        return Entry.decode(parse("journal", raw).payload)

    @override
    def journal(self, serial: str, entries: bytes) -> bytes:
        """Take entries in."""
        self._note("journal")
        self.came.entries += split(entries)
        last = self.came.entries[-1]
        seq, tenant = self.entry(last).seq, self.agency.tenant
        told = JournalReceived(tenant, serial, seq, sha256(last), self.now_ms)
        return self.agency.receive_journal(told)

    @override
    def envelope(self, serial: str, recording: bytes, envelope: bytes) -> None:
        """Keep an envelope."""
        self._note("envelope")
        self.came.envelopes[recording] = envelope

    @override
    def begin(self, serial: str, recording: bytes, length: int) -> tuple[str, int]:
        """Begin an upload, or go on with it."""
        name = recording_name(recording)
        self._note(f"begin {name}")
        self._names[name] = recording
        part = self.came.parts.setdefault(name, bytearray())
        return name, len(part)

    @override
    def send(self, path: str, offset: int, length: int, data: Iterator[bytes]) -> None:
        """Keep each piece as it comes: what arrived before a cut stays."""
        self._note("send")
        for piece in data:
            self.came.parts[path] += piece
            self.came.sent += len(piece)

    @override
    def commit(self, path: str) -> bytes:
        """Give the receipt, or hold aside what a test says shall be."""
        self._note("commit")
        recording = self._names[path]
        if recording in self.held:
            del self.came.parts[path]
            raise ServerRefusedError("bytes", "Evidence refused (bytes): not the same")
        return self.agency.receive(
            self.agency.received(self.serial, self.closing(recording))
        )

    def closing(self, recording: bytes) -> bytes:
        """Find a recording's closing entry in the journal that came."""
        for raw in self.came.entries:
            entry = self.entry(raw)
            stops = entry.kind is EntryKind.STOP
            if stops and Stop.of(entry.data).recording == recording:
                return raw
        raise ServerRefusedError("no-closing-entry", "the journal lacks it")

    @override
    def extends(self, note: str) -> Extended:
        """Say that the log is still what it was, unless a test has told otherwise."""
        self._note("extends")
        return self.extended or Extended(note, ())
