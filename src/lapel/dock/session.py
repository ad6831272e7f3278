"""One docking: everything that is done with a camera in a bay, in order.

1. Adopt it if it is new. 2. Set its clock. 3. Hold Evidence's log against what dock and
camera saw of it. 4. Hand over settings. 5. Read its journal. 6. Read envelopes. 7. Copy
recordings, those asked for or marked first; hand over each receipt. 8. Read what the
journal says of that. While the camera stays, 4 to 8 follow again where something is
new. 9. Let it go, when the agency released it and all it had is taken in. Every step
may be cut at any time and is taken up where it stood; video passes through memory only.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from lapel.base import faults
from lapel.base.clock import ClockQuality
from lapel.base.errors import MalformedError, RefusedError, UnreachableError
from lapel.base.ids import recording_name
from lapel.crypto.digest import sha256
from lapel.crypto.note import LogVerifier
from lapel.dock.budget import Budget, Wait
from lapel.dock.custody import hold_to_its_word
from lapel.dock.evidence import Evidence, Host
from lapel.dock.model import BayState, Item, Step, in_order
from lapel.dock.port import CameraRefusedError, Port
from lapel.ports.ahead import one_ahead
from lapel.ports.joining import ServerRefusedError
from lapel.wire.adoption import Adopted, Identity
from lapel.wire.cbor import Value
from lapel.wire.port import Verb

Tell = Callable[[BayState], None]
_UPLOAD_PIECE: Final = 64 << 20
"""Bytes of one PATCH: what a cut costs at most is asked again from the server."""

_SOON_S: Final = 2.0
_CALM_S: Final = 30.0
_ASIDE_MS: Final = 600_000
"""How long what Evidence holds aside is left before it is tried again."""


@dataclass(frozen=True)
class Rig:
    """What all sessions of a dock share."""

    host: Host
    budget: Budget
    wait: Wait
    seen_checkpoint: Callable[[bytes], str]
    newest_checkpoint: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Hello:
    """A camera's greeting."""

    serial: str
    owned: bool
    nonce: bytes
    clock: int
    checkpoint: str = ""

    @classmethod
    def of(cls, answer: Mapping[int, Value]) -> "Hello":
        """Read the answer to hello; raises `MalformedError`."""
        serial, owned = answer.get(1), answer.get(4)
        nonce, clock, checkpoint = answer.get(5), answer.get(7), answer.get(10)
        if not (
            isinstance(serial, str)
            and isinstance(owned, bool)
            and isinstance(nonce, bytes)
            and isinstance(clock, int)
        ):
            raise MalformedError("a greeting that is not a camera's")
        note = checkpoint if isinstance(checkpoint, str) else ""
        return cls(serial, owned, nonce, clock, note)


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
    hello: Hello
    log: LogVerifier
    state: BayState
    tell: Tell
    _aside: dict[bytes, int] = field(default_factory=dict[bytes, int])
    released: bool = False
    _trouble: str = ""

    def run(self) -> None:
        """Do all steps once; raises a typed error at the first that cannot be done."""
        self._set_clock()
        for note in (self.rig.newest_checkpoint(), self.hello.checkpoint):
            hold_to_its_word(self.evidence, self.log, note)
        self._say(step=Step.JOURNAL)
        self._look(first=True)

    def again(self) -> None:
        """Look for new settings, and for recordings that were not ready before."""
        self._look(first=False)

    @property
    def pause_s(self) -> float:
        """Seconds until looking again is worth while."""
        return _SOON_S if self.state.step is Step.CLOSING else _CALM_S

    def _look(self, *, first: bool) -> None:
        self._trouble = ""
        changed = self._settings()
        items = self._catalogue()
        wanted = [item for item in in_order(items) if self._is_due(item)]
        if first or changed or wanted:
            self._journal()
        if wanted:
            self._copy(wanted)
            self._journal()
        self._conclude(sum(item.closing_hash is None for item in items))
        if self.state.step is Step.DONE and self.evidence.is_released(
            self.hello.serial
        ):
            self._release()

    def _is_due(self, item: Item) -> bool:
        """Leave for a while what is held aside: it is not sent again and again."""
        again_ms = self._aside.get(item.recording)
        return again_ms is None or again_ms <= self.rig.host.clock.mono_ms()

    def _copy(self, wanted: list[Item]) -> None:
        for item in wanted:
            if item.has_envelope:
                self._envelope(item)
        self._say(
            step=Step.COPYING,
            done=0,
            total=sum(item.length for item in wanted),
            recordings=len(wanted),
            recordings_done=0,
        )
        for item in wanted:
            self._aside.pop(item.recording, None)
            try:
                self._recording(item)
            except RefusedError as error:
                self._put_aside(item, error)
            self._say(recordings_done=self.state.recordings_done + 1)

    def _put_aside(self, item: Item, error: RefusedError) -> None:
        """Go on with the others; what concerns more than this recording ends it all."""
        if error.reason in {"unauthorized", "certificate"}:
            raise error
        if isinstance(error, CameraRefusedError) and error.reason == "not-found":
            return  # Another dock was quicker.
        later = self.rig.host.clock.mono_ms() + _ASIDE_MS
        self._aside[item.recording] = later
        kept = f"recording {recording_name(item.recording)} stays on the camera"
        if isinstance(error, ServerRefusedError):
            kept += ", held aside until a person decides in Evidence"
        self._trouble = f"{kept}. {error}"

    def _conclude(self, closing: int) -> None:
        if self._trouble:
            self._say(step=Step.PROBLEM, message=self._trouble, rate=0.0)
        elif self._aside:
            self._say(step=Step.PROBLEM, rate=0.0)
        elif closing:
            message = f"the camera is closing {closing} interrupted recordings"
            self._say(step=Step.CLOSING, message=message, rate=0.0)
        else:
            self._say(step=Step.DONE, message="verified complete", rate=0.0)

    def _say(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        self.tell(self.state)

    def _release(self) -> None:
        """Let a camera go that the agency released, after all that it had is taken in.

        The number is asked anew: it is another one for each owner.
        """
        nonce = greet(self.port).nonce
        release = self.evidence.release(self.hello.serial, nonce)
        faults.point("dock.release.got")
        self._hand_over(Verb.RELEASE, release)
        faults.point("dock.release.given")
        if not self._trouble:
            self._say(step=Step.RELEASED, message="released: it belongs to nobody")
            self.released = True
        else:
            self._say(step=Step.PROBLEM, message=self._trouble)

    def _set_clock(self) -> None:
        """Set the clock by the server, else by this machine where that is better."""
        nonce = self.port.request(Verb.TIME).get(1)
        if not isinstance(nonce, bytes):
            raise MalformedError("the camera gave no nonce")
        try:
            signed = self.evidence.time(self.hello.serial, nonce)
            self.port.request(Verb.TIME, {1: signed})
        except (UnreachableError, CameraRefusedError) as error:
            if self.hello.clock < ClockQuality.DOCK:
                own = self.rig.host.clock.utc_ms()
                self.port.request(Verb.TIME, {2: own})
            if isinstance(error, UnreachableError):
                raise

    def _journal(self) -> None:
        """Bring the journal up to date: Evidence takes closing entries from it."""
        since, more = self.evidence.next_entry(self.hello.serial), True
        while more:
            entries, count, more = self.port.journal(since)
            if not count:
                return
            receipt = self.evidence.journal(self.hello.serial, entries)
            faults.point("dock.journal.sent")
            self._hand_over(Verb.RECEIPT, receipt)
            self._keep_checkpoint(receipt)
            since += count

    def _hand_over(self, verb: Verb, document: bytes) -> None:
        """Hand over what may be refused without harm to the recordings."""
        try:
            self.port.request(verb, {1: document})
        except CameraRefusedError as error:
            self._trouble = (
                f"{error}. Recordings are taken in all the same; "
                "tell the administrator."
            )

    def _keep_checkpoint(self, receipt: bytes) -> None:
        self._trouble = self.rig.seen_checkpoint(receipt) or self._trouble

    def _settings(self) -> bool:
        """Hand over settings; says whether the camera had others."""
        runs = self.port.request(Verb.SETTINGS)
        document = self.evidence.settings(self.hello.serial)
        if runs.get(2) == sha256(document):
            return False
        self._hand_over(Verb.SETTINGS, document)
        return not self._trouble

    def _catalogue(self) -> tuple[Item, ...]:
        items = self.port.request(Verb.CATALOGUE).get(1)
        if not isinstance(items, tuple):
            raise MalformedError("the camera gave no catalogue")
        return tuple(_item(item) for item in items)

    def _envelope(self, item: Item) -> None:
        answer = self.port.request(Verb.ENVELOPE, {1: item.recording}).get(1)
        if isinstance(answer, bytes):
            self.evidence.envelope(self.hello.serial, item.recording, answer)
            faults.point("dock.envelope.sent")

    def _recording(self, item: Item) -> None:
        serial, recording = self.hello.serial, item.recording
        path, offset = self.evidence.begin(serial, recording, item.length)
        self._say(done=self.state.done + offset)
        while offset < item.length:
            end = min(offset + _UPLOAD_PIECE, item.length)
            pieces = self._read_ahead(recording, offset, end)
            self.evidence.send(path, offset, end - offset, pieces)
            offset = end
        faults.point("dock.copy.sent")
        receipt = self.evidence.commit(path)
        faults.point("dock.copy.committed")
        self.port.request(Verb.RECEIPT, {1: receipt})
        self._keep_checkpoint(receipt)

    def _read_ahead(self, recording: bytes, offset: int, end: int) -> Iterator[bytes]:
        """Read the next piece from the camera while the last one is being sent."""
        clock, budget = self.rig.host.clock, self.rig.budget
        started, sent = clock.mono_ms(), 0
        reading = self.port.read(recording, (offset, end), budget.piece)
        for piece in one_ahead(reading, "read"):
            self.rig.wait(budget.take(len(piece), clock.mono_ms()))
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
