"""The camera's end of one link, as a table (formats 1, R7).

It discloses nothing and does nothing before a session's first valid frame, and it keeps
a pairing only on the app's confirmation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from typing_extensions import override

from lapel.crypto import link as derived
from lapel.crypto.noise import (
    PAIRING,
    SESSION,
    Handshake,
    HandshakeError,
    Keys,
    Known,
    P256Pair,
)
from lapel.protocol import control
from lapel.protocol.control import Denied, Rules
from lapel.protocol.link import (
    COMPARE_MS,
    HALF_OPEN_MS,
    REJECTS,
    SESSION_MS,
    Asked,
    Channel,
    Ended,
    Forget,
    Judged,
    Keep,
    LinkEnd,
    LinkError,
    Now,
    Opened,
    Output,
    Send,
    Show,
    Table,
    Why,
)
from lapel.protocol.pairing import Identity, Policy, judge_grant, record_of
from lapel.wire.control import LinkVerb, State
from lapel.wire.document import Document
from lapel.wire.link import (
    AppHello,
    CameraHello,
    FrameType,
    Mode,
    prologue,
    reject,
)
from lapel.wire.pairing import PROOF, How, Record, read_confirm
from lapel.wire.port import Answer, Code


class CameraState(Enum):
    """What the camera waits for."""

    HELLO = "a hello"
    FIRST = "pairing: the first message"
    THIRD = "pairing: the third message"
    CHOICE = "pairing: a nonce to compare, or a confirmation"
    SHOWN = "pairing: the confirmation, while the code is shown"
    BUTTON = "pairing: the Event button, after the confirmation"
    KEEPING = "pairing: its own storage"
    ASKED = "session: the first message"
    PROVING = "session: the first frame"
    OPEN = "session: requests"
    OVER = "nothing; the link has ended"


class CameraEvent(Enum):
    """What can happen; each has been checked before it comes here."""

    PAIR = "a hello for a pairing"
    SESSION = "a hello for a session"
    MESSAGE = "a handshake message that holds"
    NONCE = "SAS_NA"
    CONFIRM = "PAIR_CONFIRM that meets the demands"
    EARLY = "PAIR_CONFIRM before the Event button that is demanded"
    PRESS = "the Event button"
    KEPT = "the record is stored"
    REQUEST = "a frame with a request"
    END = "an error, a deadline, a refusal, or a lost connection"


S, E = CameraState, CameraEvent
_ROWS: Final[Mapping[tuple[CameraState, CameraEvent], CameraState]] = {
    (S.HELLO, E.PAIR): S.FIRST,
    (S.HELLO, E.SESSION): S.ASKED,
    (S.FIRST, E.MESSAGE): S.THIRD,
    (S.THIRD, E.MESSAGE): S.CHOICE,
    (S.CHOICE, E.NONCE): S.SHOWN,
    (S.CHOICE, E.CONFIRM): S.KEEPING,
    (S.SHOWN, E.PRESS): S.SHOWN,
    (S.SHOWN, E.CONFIRM): S.KEEPING,
    (S.SHOWN, E.EARLY): S.BUTTON,
    (S.BUTTON, E.PRESS): S.KEEPING,
    (S.KEEPING, E.KEPT): S.OVER,
    (S.ASKED, E.MESSAGE): S.PROVING,
    (S.PROVING, E.REQUEST): S.OPEN,
    (S.OPEN, E.REQUEST): S.OPEN,
}
TABLE: Final[Table[CameraState, CameraEvent]] = Table(
    _ROWS, S.HELLO, S.OPEN, S.OVER, E.END
)
HALF_OPEN: Final = frozenset({S.HELLO, S.FIRST, S.THIRD, S.ASKED, S.PROVING})
COMING: Final = frozenset({S.HELLO, S.FIRST, S.THIRD})
"""Not yet, or hardly, begun: they end when pairing mode does."""
PAIRING_NOW: Final = frozenset({S.CHOICE, S.SHOWN, S.BUTTON, S.KEEPING})


@dataclass(frozen=True, slots=True)
class Around:
    """What a link must know of its camera at this moment."""

    pairing: bool
    token: bytes
    record: Record | None
    policy: Policy
    rules: Rules
    taken: bool
    """Whether another link is about to leave a pairing."""


@dataclass(slots=True)
class _Meeting:
    """A pairing after its handshake."""

    keys: Keys
    peer: bytes
    judged: Judged
    nonce: bytes
    pressed: bool = False
    shown_ms: int = 0
    """Since when its code is shown."""


class CameraLink(LinkEnd[CameraState, CameraEvent]):
    """The camera's end of one link."""

    def __init__(self, identity: Identity, mtu: int, now: Now) -> None:
        """Begin when the app has subscribed; `mtu` is the ATT MTU that applies."""
        super().__init__(TABLE, Channel(mtu, mtu))
        self._identity = identity
        self._mtu = mtu
        self._deadline = now.mono_ms + HALF_OPEN_MS
        self._handshake: Handshake | None = None
        self._meeting: _Meeting | None = None
        self._record: Record | None = None
        self._pending: int | None = None

    def value(self, value: bytes, now: Now, around: Around) -> list[Output]:
        """Take what the app wrote."""
        return self._guard(lambda: self._value(value, now, around))

    def press(self, now: Now, since_ms: int) -> list[Output]:
        """Take a press of the Event button; it counts if it began after the code."""
        if TABLE.follow(self.state, E.PRESS) is None or since_ms < self._met().shown_ms:
            return []
        return self._guard(lambda: self._press(now))

    def kept(self) -> list[Output]:
        """Hear that the record is stored."""
        return self._guard(self._kept)

    def answer(
        self, number: int, code: Code, result: Document | None = None
    ) -> list[Output]:
        """Answer the request of this number; one that is not pending is left out."""
        if self.state is not S.OPEN or number != self._pending:
            return []
        self._pending = None
        items = None if result is None else result.items()
        return self._guard(lambda: [self._answer(Answer(number, code, items))])

    def notice(self, state: State) -> list[Output]:
        """Tell the app that the camera's state has changed."""
        if self.state is not S.OPEN:
            return []
        plain = state.encode()
        return self._guard(lambda: [self._channel.frame(FrameType.NOTICE, plain)])

    @override
    def end(self, why: Why) -> list[Output]:
        """End the link; says why in clear where there is a word for it."""
        ended = super().end(why)
        if not ended or why not in REJECTS:
            return ended
        return [self._channel.clear(reject(REJECTS[why])), *ended]

    def _value(self, value: bytes, now: Now, around: Around) -> list[Output]:
        message = self._channel.take(value)
        if message is None:
            return []
        match self.state:
            case S.HELLO:
                return self._hello(message, around)
            case S.FIRST | S.THIRD | S.ASKED:
                return self._shake(message, now, around)
            case S.PROVING | S.OPEN:
                return self._request(message, now, around)
            case _:
                return self._frame(message, now, around)

    def _shake(self, message: bytes, now: Now, around: Around) -> list[Output]:
        """Take a handshake message; first ones carry no payload."""
        if around.taken:
            raise LinkError(Why.BUSY)
        payload = self._shaking().read(message)
        if self.state is S.THIRD:
            return self._third(payload, now, around)
        if payload:
            raise LinkError(Why.FORMAT, "a payload in the first message")
        return self._first() if self.state is S.FIRST else self._asked()

    def _hello(self, message: bytes, around: Around) -> list[Output]:
        """Answer a hello; what cannot be had is refused before anything else."""
        hello = AppHello.decode(message)
        pair = hello.mode is Mode.PAIR
        if not hello.understood:
            raise LinkError(Why.VERSION)
        if pair and not around.pairing:
            raise LinkError(Why.NOT_PAIRING)
        if pair != around.pairing or around.taken:
            raise LinkError(Why.BUSY)
        self._go(E.PAIR if pair else E.SESSION)
        own = CameraHello(around.token, around.pairing, self._mtu).encode()
        self._record = None if pair else around.record
        if pair or around.record:
            self._handshake = self._begin(prologue(message, own))
        return [self._channel.clear(own)]

    def _begin(self, both: bytes) -> Handshake:
        record, static = self._record, self._identity.static
        return Handshake.start(
            SESSION if record else PAIRING,
            Known(static, record.peer, record.psk) if record else Known(static),
            P256Pair.fresh(self._identity.entropy),
            both,
            initiator=False,
        )

    def _shaking(self) -> Handshake:
        if self._handshake is None:  # nobody is paired: as if it did not hold
            raise HandshakeError("no handshake")
        return self._handshake

    def _split(self) -> Keys:
        keys = self._shaking().split()
        self._channel.secure(keys.from_responder, keys.from_initiator)
        return keys

    def _first(self) -> list[Output]:
        self._go(E.MESSAGE)
        return [self._channel.clear(self._shaking().write(self._identity.grant))]

    def _third(self, payload: bytes, now: Now, around: Around) -> list[Output]:
        """Commit to a nonce, whether or not codes will be compared."""
        peer = self._shaking().peer_static
        judged = judge_grant(payload, peer, self._identity.trust, now)
        if around.policy.demands.grant and judged.holder is None:
            raise LinkError(Why.UNVERIFIED, judged.reason or "")
        keys = self._split()
        self._go(E.MESSAGE)
        nonce = self._identity.entropy(derived.NONCE)
        self._meeting = _Meeting(keys, peer, judged, nonce)
        self._deadline = now.mono_ms + COMPARE_MS
        committed = derived.commitment(keys.hash, nonce)
        return [judged, self._channel.frame(FrameType.SAS_CB, committed)]

    def _met(self) -> _Meeting:
        if self._meeting is None:
            raise LinkError(Why.FORMAT, "no pairing")
        return self._meeting

    def _frame(self, message: bytes, now: Now, around: Around) -> list[Output]:
        kind, plain = self._channel.open(message)
        if kind is FrameType.PAIR_CONFIRM:
            return self._confirmed(read_confirm(plain), now, around)
        if kind is not FrameType.SAS_NA or len(plain) != derived.NONCE:
            raise LinkError(Why.FORMAT, "not a frame of a pairing")
        self._go(E.NONCE)
        met = self._met()
        met.shown_ms = now.mono_ms
        self._deadline = now.mono_ms + COMPARE_MS
        shown = derived.code(met.keys.hash, plain, met.nonce)
        return [self._channel.frame(FrameType.SAS_NB, met.nonce), Show(shown)]

    def _confirmed(self, theirs: How, now: Now, around: Around) -> list[Output]:
        """Keep the pairing on a confirmation, once it meets what is demanded.

        What is demanded holds for both directions: `theirs` is how the app knows us.
        """
        met, demands = self._met(), around.policy.demands
        shown = self.state is S.SHOWN
        if theirs is How.COMPARED and not shown:
            raise LinkError(Why.FORMAT, "compared without a code")
        if not demands.met(theirs, compared=shown):
            raise LinkError(Why.UNVERIFIED)
        how = met.judged.how(compared=met.pressed)
        if demands.met(how, compared=met.pressed):
            return self._keep(E.CONFIRM, now)
        how = met.judged.how(compared=True)
        if not shown or not demands.met(how, compared=True):
            raise LinkError(Why.UNVERIFIED)
        self._go(E.EARLY)
        return []

    def _press(self, now: Now) -> list[Output]:
        self._met().pressed = True
        if self.state is S.BUTTON:
            return self._keep(E.PRESS, now)
        self._go(E.PRESS)
        return []

    def _keep(self, event: CameraEvent, now: Now) -> list[Output]:
        met = self._met()
        self._go(event)
        self._deadline = None
        how = met.judged.how(compared=met.pressed)
        self._record = record_of(met.keys, met.peer, (met.judged, how), now)
        return [Keep(self._record)]

    def _kept(self) -> list[Output]:
        proof = self._met().keys.hash[:PROOF]
        done = self._channel.frame(FrameType.PAIR_DONE, proof)
        self._go(E.KEPT)
        return [done, Ended(Why.PAIRED)]

    def _asked(self) -> list[Output]:
        self._go(E.MESSAGE)
        sent = self._channel.clear(self._shaking().write())
        self._split()
        return [sent]

    def _request(self, message: bytes, now: Now, around: Around) -> list[Output]:
        kind, plain = self._channel.open(message)
        if kind is not FrameType.REQUEST or self._record is None:
            raise LinkError(Why.FORMAT, "not a request")
        judged = control.judge(plain, self._record.role, around.rules)
        outputs: list[Output] = []
        if self.state is S.PROVING:
            if around.taken:
                raise LinkError(Why.BUSY)
            outputs.append(Opened(self._record))
            self._deadline = now.mono_ms + SESSION_MS
        self._go(E.REQUEST)
        if isinstance(judged, Denied):
            return [*outputs, self._answer(judged.answer())]
        if self._pending is not None:
            busy = Denied(judged.number, Code.BUSY, "one-at-a-time")
            return [*outputs, self._answer(busy.answer())]
        if judged.verb is LinkVerb.UNPAIR:
            done = self._answer(Answer(judged.number, Code.DONE))
            return [*outputs, Forget(), done, *self.end(Why.UNPAIRED)]
        self._pending = judged.number
        return [*outputs, Asked(judged.number, judged.verb, judged.arguments)]

    def _answer(self, answer: Answer) -> Send:
        return self._channel.frame(FrameType.ANSWER, answer.encode())
