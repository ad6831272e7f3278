"""One docking: everything that is done with a camera in a bay, in order.

1. Adopt it if it is new. 2. Set its clock. 3. Hand over settings. 4. Read its journal.
5. Read envelopes. 6. Copy recordings, those asked for or marked first; hand over each
receipt. 7. Read what the journal says of that. Every step may be cut at any time and
is taken up where it stood; video passes through memory only.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from lapel.base import faults
from lapel.base.errors import MalformedError, UnreachableError
from lapel.base.ids import recording_name
from lapel.crypto.digest import sha256
from lapel.dock.budget import Budget, Wait
from lapel.dock.evidence import Evidence, Host, ServerRefusedError
from lapel.dock.model import BayState, Item, Step, in_order
from lapel.dock.port import Port
from lapel.ports.ahead import one_ahead
from lapel.wire.adoption import Adopted, Identity
from lapel.wire.cbor import Value
from lapel.wire.port import Verb

Tell = Callable[[BayState], None]
_UPLOAD_PIECE = 64 << 20
"""Bytes of one PATCH: what a cut costs at most is asked again from the server."""


@dataclass(frozen=True)
class Rig:
    """What all sessions of a dock share."""

    host: Host
    budget: Budget
    wait: Wait
    seen_checkpoint: Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Hello:
    """A camera's greeting."""

    serial: str
    owned: bool
    nonce: bytes
    clock: int

    @classmethod
    def of(cls, answer: Mapping[int, Value]) -> "Hello":
        """Read the answer to hello; raises `MalformedError`."""
        serial, owned = answer.get(1), answer.get(4)
        nonce, clock = answer.get(5), answer.get(7)
        if not (
            isinstance(serial, str)
            and isinstance(owned, bool)
            and isinstance(nonce, bytes)
            and isinstance(clock, int)
        ):
            raise MalformedError("a greeting that is not a camera's")
        return cls(serial, owned, nonce, clock)


def greet(port: Port) -> Hello:
    """Say hello."""
    return Hello.of(port.request(Verb.HELLO))


def adopt(port: Port, evidence: Evidence, hello: Hello) -> None:
    """Take a new camera into the agency; it drops the connection afterwards."""
    voucher = evidence.voucher(hello.serial, hello.nonce)
    identity = Identity.of(port.request(Verb.ADOPT, {1: voucher}))
    faults.point("dock.adopt.asked")
    adopted = Adopted.decode(evidence.identity(hello.serial, identity.encode()))
    faults.point("dock.adopt.answered")
    port.request(Verb.ADOPT, adopted.items())


@dataclass(slots=True)
class Session:
    """A docking of a camera that belongs to the agency."""

    port: Port
    evidence: Evidence
    rig: Rig
    serial: str
    state: BayState
    tell: Tell

    def run(self) -> None:
        """Do all steps once; raises a typed error at the first that cannot be done."""
        self._set_clock()
        self._say(step=Step.JOURNAL)
        self._journal()
        self._settings()
        items = self._catalogue()
        for item in items:
            if item.has_envelope:
                self._envelope(item)
        wanted = in_order(items)
        self._say(
            step=Step.COPYING,
            total=sum(item.length for item in wanted),
            recordings=len(wanted),
        )
        held: list[str] = []
        for item in wanted:
            try:
                self._recording(item)
            except ServerRefusedError as error:
                held.append(f"{recording_name(item.recording)}: {error}")
            count = self.state.recordings_done + 1
            self._say(recordings_done=count)
        if wanted:
            self._journal()
        if held:
            message = f"{len(held)} held aside by Evidence; {held[0]}"
            self._say(step=Step.PROBLEM, message=message)
            return
        self._say(step=Step.DONE, message="verified complete", rate=0.0)

    def _say(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        self.tell(self.state)

    def _set_clock(self) -> None:
        nonce = self.port.request(Verb.TIME).get(1)
        if not isinstance(nonce, bytes):
            raise MalformedError("the camera gave no nonce")
        try:
            self.port.request(Verb.TIME, {1: self.evidence.time(self.serial, nonce)})
        except UnreachableError:
            self.port.request(Verb.TIME, {2: self.rig.host.clock.utc_ms()})
            raise

    def _journal(self) -> None:
        """Bring the journal up to date: Evidence takes closing entries from it."""
        known = self.evidence.camera(self.serial)
        since = 0 if known.journal_seq is None else known.journal_seq + 1
        entries = list(self.port.journal(since))
        if entries:
            receipt = self.evidence.journal(self.serial, b"".join(entries))
            faults.point("dock.journal.sent")
            self.port.request(Verb.RECEIPT, {1: receipt})
            self.rig.seen_checkpoint(receipt)

    def _settings(self) -> None:
        runs = self.port.request(Verb.SETTINGS)
        document = self.evidence.settings(self.serial)
        if runs.get(2) != sha256(document):
            self.port.request(Verb.SETTINGS, {1: document})

    def _catalogue(self) -> tuple[Item, ...]:
        items = self.port.request(Verb.CATALOGUE).get(1)
        if not isinstance(items, tuple):
            raise MalformedError("the camera gave no catalogue")
        return tuple(_item(item) for item in items)

    def _envelope(self, item: Item) -> None:
        answer = self.port.request(Verb.ENVELOPE, {1: item.recording}).get(1)
        if isinstance(answer, bytes):
            self.evidence.envelope(self.serial, item.recording, answer)
            faults.point("dock.envelope.sent")

    def _recording(self, item: Item) -> None:
        path, offset = self.evidence.begin(self.serial, item.recording, item.length)
        self._say(done=self.state.done + offset)
        while offset < item.length:
            end = min(offset + _UPLOAD_PIECE, item.length)
            pieces = self._read_ahead(item.recording, offset, end)
            self.evidence.send(path, offset, end - offset, pieces)
            offset = end
        faults.point("dock.copy.sent")
        receipt = self.evidence.commit(path)
        faults.point("dock.copy.committed")
        self.port.request(Verb.RECEIPT, {1: receipt})
        self.rig.seen_checkpoint(receipt)

    def _read_ahead(self, recording: bytes, offset: int, end: int) -> Iterator[bytes]:
        """Read the next piece from the camera while the last one is being sent."""
        clock = self.rig.host.clock
        started, sent = clock.mono_ms(), 0
        for piece in one_ahead(self.port.read(recording, offset, end), "read"):
            self.rig.wait(self.rig.budget.take(len(piece), clock.mono_ms()))
            yield piece
            faults.point("dock.copy.piece")
            sent += len(piece)
            rate = sent * 1000 / max(clock.mono_ms() - started, 1)
            self._say(done=self.state.done + len(piece), rate=rate)


def _item(value: Value) -> Item:
    if not isinstance(value, Mapping):
        raise MalformedError("a catalogue entry that is no map")
    recording, length, closing = value.get(1), value.get(2), value.get(3)
    marked, prioritised = value.get(4), value.get(5)
    start, envelope = value.get(6), value.get(7)
    if not (
        isinstance(recording, bytes)
        and isinstance(length, int)
        and isinstance(start, int)
        and (closing is None or isinstance(closing, bytes))
    ):
        raise MalformedError("a catalogue entry that is not one")
    return Item(
        recording,
        length,
        closing,
        marked is True,
        prioritised is True,
        start,
        envelope is True,
    )
