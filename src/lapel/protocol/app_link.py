"""The app's end of one link, as a table (formats 1, R7).

The app judges the camera before it sends its own name, keeps the new record before it
confirms, and deletes nothing because of what somebody says in clear.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lapel.base.errors import RefusedError
from lapel.crypto import link as derived
from lapel.crypto.digest import same
from lapel.crypto.noise import (
    PAIRING,
    SESSION,
    Handshake,
    HandshakeError,
    Keys,
    Known,
    P256Pair,
)
from lapel.protocol.control import RESULTS
from lapel.protocol.link import (
    COMPARE_MS,
    HALF_OPEN_MS,
    REJECTS,
    SESSION_MS,
    Answered,
    Channel,
    Ended,
    Judged,
    Keep,
    LinkEnd,
    LinkError,
    Noticed,
    Now,
    Opened,
    Output,
    Proved,
    Show,
    Table,
    Why,
)
from lapel.protocol.pairing import (
    NO_DEMANDS,
    Demands,
    Identity,
    judge_grant,
    record_of,
)
from lapel.wire.control import LinkVerb, State
from lapel.wire.document import Document, text
from lapel.wire.link import (
    MTU_LEAST,
    MTU_MOST,
    AppHello,
    CameraHello,
    FrameType,
    Mode,
    prologue,
    read_reject,
)
from lapel.wire.pairing import PROOF, How, Record
from lapel.wire.port import Answer, Code, Request


class AppState(Enum):
    """What the app waits for."""

    HELLO = "the camera's hello"
    SECOND = "pairing: the second message"
    COMMITTED = "pairing: the camera's commitment"
    NONCE = "pairing: the camera's nonce"
    SHOWN = "pairing: its user's word on the code"
    KEEPING = "pairing: its own storage"
    DONE = "pairing: the camera's last word"
    ASKED = "session: the second message"
    OPEN = "session: answers"
    OVER = "nothing; the link has ended"


class AppEvent(Enum):
    """What can happen; each has been checked before it comes here."""

    PAIRING = "a hello that offers a pairing"
    SESSION = "a hello that offers a session"
    MESSAGE = "a handshake message that holds"
    COMPARE = "SAS_CB, and a code is wanted"
    TRUST = "SAS_CB, and no code is wanted"
    NONCE = "SAS_NB that fits the commitment"
    SAME = "the user: it is the same code"
    KEPT = "the record is stored"
    DONE = "PAIR_DONE"
    FRAME = "an answer or a notice"
    END = "an error, a deadline, a refusal, or a lost connection"


S, E = AppState, AppEvent
_ROWS: Final[Mapping[tuple[AppState, AppEvent], AppState]] = {
    (S.HELLO, E.PAIRING): S.SECOND,
    (S.HELLO, E.SESSION): S.ASKED,
    (S.SECOND, E.MESSAGE): S.COMMITTED,
    (S.COMMITTED, E.COMPARE): S.NONCE,
    (S.COMMITTED, E.TRUST): S.KEEPING,
    (S.NONCE, E.NONCE): S.SHOWN,
    (S.SHOWN, E.SAME): S.KEEPING,
    (S.KEEPING, E.KEPT): S.DONE,
    (S.DONE, E.DONE): S.OVER,
    (S.ASKED, E.MESSAGE): S.OPEN,
    (S.OPEN, E.FRAME): S.OPEN,
}
TABLE: Final[Table[AppState, AppEvent]] = Table(_ROWS, S.HELLO, S.OPEN, S.OVER, E.END)
_WHY: Final = {code: why for why, code in reversed(REJECTS.items())}


@dataclass(frozen=True, slots=True)
class Wish:
    """What an app wants of a link: a session with `record`, or without it a pairing."""

    record: Record | None = None
    demands: Demands = NO_DEMANDS
    compare: bool = True
    """Whether people compare codes although nothing demands it."""


@dataclass(slots=True)
class _Meeting:
    """A pairing after the camera was judged."""

    peer: bytes
    judged: Judged
    committed: bytes = b""
    nonce: bytes = b""
    compared: bool = False


class AppLink(LinkEnd[AppState, AppEvent]):
    """The app's end of one link."""

    def __init__(self, identity: Identity, wish: Wish) -> None:
        """Prepare; nothing is sent before `start`."""
        super().__init__(TABLE, Channel(MTU_LEAST, MTU_MOST))
        self._identity = identity
        self._wish = wish
        mode = Mode.SESSION if wish.record else Mode.PAIR
        self._hello = AppHello(mode).encode()
        self._handshake: Handshake | None = None
        self._meeting: _Meeting | None = None
        self._keys: Keys | None = None
        self._proved = False
        self._asked: dict[int, LinkVerb] = {}
        self._number = 0

    def start(self, now: Now) -> list[Output]:
        """Say hello; the app has subscribed."""
        self._deadline = now.mono_ms + HALF_OPEN_MS
        return [self._channel.clear(self._hello)]

    def value(self, value: bytes, now: Now) -> list[Output]:
        """Take what the camera notified."""
        return self._guard(lambda: self._value(value, now))

    def same(self, now: Now) -> list[Output]:
        """Take the user's word that both show the same code; it counts once."""
        if self.state is not S.SHOWN:
            return []
        return self._guard(lambda: self._same(now))

    def kept(self, now: Now) -> list[Output]:
        """Hear that the record is stored, beside the ones before."""
        return self._guard(lambda: self._kept(now))

    def ask(self, verb: LinkVerb, arguments: Document) -> list[Output]:
        """Ask something in an open session; `Answered` has the number it gets.

        Raises `RefusedError` when no session is open.
        """
        if self.state is not S.OPEN:
            raise RefusedError("link-closed", "there is no session; connect again")
        self._number += 1
        self._asked[self._number] = verb
        plain = Request(self._number, verb, arguments.items()).encode()
        return self._guard(lambda: [self._channel.frame(FrameType.REQUEST, plain)])

    def _value(self, value: bytes, now: Now) -> list[Output]:
        message = self._channel.take(value)
        if message is None:
            return []
        code = read_reject(message)
        if code is not None:
            raise LinkError(_WHY[code])
        match self.state:
            case S.HELLO:
                return self._greeted(message)
            case S.SECOND:
                return self._second(message, now)
            case S.ASKED:
                return self._opened(message, now)
            case _:
                return self._frame(*self._channel.open(message), now)

    def _greeted(self, message: bytes) -> list[Output]:
        hello = CameraHello.decode(message)
        record = self._wish.record
        if hello.pairing != (record is None):
            raise LinkError(Why.BUSY if record else Why.NOT_PAIRING)
        self._go(E.SESSION if record else E.PAIRING)
        self._channel.fit(hello.mtu)
        static = self._identity.static
        known = Known(static, record.peer, record.psk) if record else Known(static)
        self._handshake = Handshake.start(
            SESSION if record else PAIRING,
            known,
            P256Pair.fresh(self._identity.entropy),
            prologue(self._hello, message),
            initiator=True,
        )
        return [self._channel.clear(self._handshake.write())]

    def _shaking(self) -> Handshake:
        if self._handshake is None:
            raise HandshakeError("no handshake")
        return self._handshake

    def _split(self) -> Keys:
        keys = self._shaking().split()
        self._channel.secure(keys.from_initiator, keys.from_responder)
        self._keys = keys
        return keys

    def _second(self, message: bytes, now: Now) -> list[Output]:
        """Judge the camera before our own name goes out in the third message."""
        shaking = self._shaking()
        payload = shaking.read(message)
        peer = shaking.peer_static
        judged = judge_grant(payload, peer, self._identity.trust, now)
        if self._wish.demands.grant and judged.holder is None:
            raise LinkError(Why.UNVERIFIED, judged.reason or "")
        self._meeting = _Meeting(peer, judged)
        self._go(E.MESSAGE)
        sent = self._channel.clear(shaking.write(self._identity.grant))
        self._split()
        return [judged, sent]

    def _met(self) -> tuple[_Meeting, Keys]:
        if self._meeting is None or self._keys is None:
            raise LinkError(Why.FORMAT, "no pairing")
        return self._meeting, self._keys

    def _frame(self, kind: FrameType, plain: bytes, now: Now) -> list[Output]:
        match self.state, kind:
            case S.COMMITTED, FrameType.SAS_CB:
                return self._committed(plain, now)
            case S.NONCE, FrameType.SAS_NB:
                return self._revealed(plain)
            case S.DONE, FrameType.PAIR_DONE:
                return self._done(plain)
            case S.OPEN, FrameType.ANSWER:
                return self._proven(self._outcome(Answer.decode(plain)))
            case S.OPEN, FrameType.NOTICE:
                return self._proven(Noticed(State.decode(plain)))
            case _:
                raise LinkError(Why.FORMAT, "a frame out of order")

    def _committed(self, plain: bytes, now: Now) -> list[Output]:
        met, _ = self._met()
        if len(plain) != 32:
            raise LinkError(Why.FORMAT, "a commitment of a wrong length")
        demands = self._wish.demands
        enough = demands.met(met.judged.how(compared=False), compared=False)
        self._deadline = now.mono_ms + COMPARE_MS
        if enough and not self._wish.compare:
            return self._keep(E.TRUST, now)
        self._go(E.COMPARE)
        met.committed = plain
        met.nonce = self._identity.entropy(derived.NONCE)
        return [self._channel.frame(FrameType.SAS_NA, met.nonce)]

    def _revealed(self, plain: bytes) -> list[Output]:
        met, keys = self._met()
        if len(plain) != derived.NONCE:
            raise LinkError(Why.FORMAT, "a nonce of a wrong length")
        if not derived.opens(keys.hash, met.committed, plain):
            raise LinkError(Why.CRYPTO, "a nonce that was not committed to")
        self._go(E.NONCE)
        return [Show(derived.code(keys.hash, met.nonce, plain))]

    def _same(self, now: Now) -> list[Output]:
        met, _ = self._met()
        met.compared = True
        return self._keep(E.SAME, now)

    def _how(self) -> How:
        met, _ = self._met()
        return met.judged.how(compared=met.compared)

    def _keep(self, event: AppEvent, now: Now) -> list[Output]:
        met, keys = self._met()
        self._go(event)
        return [Keep(record_of(keys, met.peer, (met.judged, self._how()), now))]

    def _kept(self, now: Now) -> list[Output]:
        self._go(E.KEPT)
        self._deadline = now.mono_ms + COMPARE_MS
        plain = bytes((self._how(),))
        return [self._channel.frame(FrameType.PAIR_CONFIRM, plain)]

    def _done(self, plain: bytes) -> list[Output]:
        _, keys = self._met()
        if len(plain) != PROOF or not same(plain, keys.hash[:PROOF]):
            raise LinkError(Why.FORMAT, "a last word of a wrong length or value")
        self._go(E.DONE)
        return [Ended(Why.PAIRED)]

    def _opened(self, message: bytes, now: Now) -> list[Output]:
        if self._shaking().read(message) or self._wish.record is None:
            raise LinkError(Why.FORMAT, "a payload in the second message")
        self._go(E.MESSAGE)
        self._split()
        self._deadline = now.mono_ms + SESSION_MS
        return [Opened(self._wish.record)]

    def _proven(self, output: Output) -> list[Output]:
        """Pass an output on; behind the first frame the camera holds this record.

        Not before: until then it may still be keeping a pairing on another link.
        """
        self._go(E.FRAME)
        if self._proved or self._wish.record is None:
            return [output]
        self._proved = True
        return [Proved(self._wish.record), output]

    def _outcome(self, answer: Answer) -> Answered:
        verb = self._asked.pop(answer.number, None)
        if verb is None:
            raise LinkError(Why.FORMAT, "an answer to nothing")
        number, code, result = answer.number, answer.code, answer.result
        if code is not Code.DONE:
            reason = text.unpack((result or {}).get(1, ""))
            return Answered(number, code, reason=reason)
        if (verb in RESULTS) != (result is not None):
            raise LinkError(Why.FORMAT, "a result too many, or none")
        if result is None:
            return Answered(number, code)
        return Answered(number, code, RESULTS[verb].of(result))
