"""What both ends of a link share: time, outputs, why it ends, and its messages.

An end of a link takes events with `now` and gives outputs, in order; who drives it does
what they say. It begins when the app has subscribed to the camera's notifications.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeAlias, TypeVar

from lapel.base.clock import ClockQuality
from lapel.base.errors import LapelError, MalformedError
from lapel.crypto.link import Code, Receiving, Sending
from lapel.crypto.noise import Cipher, HandshakeError
from lapel.wire.control import LinkVerb, State
from lapel.wire.document import Document
from lapel.wire.fragments import Joiner, split
from lapel.wire.grant import GrantRole
from lapel.wire.link import FrameType, Reject
from lapel.wire.pairing import How, Record
from lapel.wire.port import Code as AnswerCode

HALF_OPEN_MS: Final = 5_000
"""From the beginning of a link to the end of its handshake; of a session to its first
frame."""
COMPARE_MS: Final = 60_000
"""For a person to compare, or to press Event."""
SESSION_MS: Final = 12 * 3_600_000


@dataclass(frozen=True, slots=True)
class Now:
    """A moment: monotonic for durations, UTC with its quality for claims; in ms."""

    mono_ms: int
    utc_ms: int
    clock: ClockQuality

    @property
    def known_ms(self) -> int | None:
        """UTC for what expires; None while the clock is unset."""
        return None if self.clock is ClockQuality.UNSET else self.utc_ms


class Why(Enum):
    """Why a link has ended; the value is a stable code."""

    FORMAT = "format"
    VERSION = "version"
    NOT_PAIRING = "not-pairing"
    CRYPTO = "handshake"
    BUSY = "busy"
    LATE = "late"
    POLICY = "policy"
    UNVERIFIED = "unverified"
    DIFFERENT = "different"
    PAIRED = "paired"
    STORAGE = "storage"
    UNPAIRED = "unpaired"
    REPLACED = "replaced"
    WORN_OUT = "session-over"
    GONE = "gone"


REJECTS: Final = {
    Why.FORMAT: Reject.FORMAT,
    Why.VERSION: Reject.VERSION,
    Why.NOT_PAIRING: Reject.NOT_PAIRING,
    Why.CRYPTO: Reject.CRYPTO,
    Why.UNVERIFIED: Reject.CRYPTO,
    Why.BUSY: Reject.BUSY,
    Why.POLICY: Reject.BUSY,
}
"""What a camera says in clear before it drops a link; for other reasons, nothing."""


class LinkError(LapelError):
    """A link that has to end; `why` says for what reason."""

    code = "link"

    def __init__(self, why: Why, message: str = "") -> None:
        """Keep `why`, a stable word, beside the message for people."""
        super().__init__(message or f"the link ended: {why.value}")
        self.why = why


@dataclass(frozen=True, slots=True)
class Send:
    """Put these values on the air, in this order, before anything that follows."""

    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """Show who the other side is by its grant; `reason` says why it is unverified."""

    role: GrantRole
    holder: str | None = None
    reason: str | None = None

    def how(self, *, compared: bool) -> How:
        """Give the strongest way that held."""
        if self.holder is not None:
            return How.GRANT
        return How.COMPARED if compared else How.BUTTON


@dataclass(frozen=True, slots=True)
class Show:
    """Show this code, so that people can compare."""

    code: Code


@dataclass(frozen=True, slots=True)
class Keep:
    """Store this record durably, whole or not at all, then say `kept` or end."""

    record: Record


@dataclass(frozen=True, slots=True)
class Forget:
    """Erase the record, durably, before anything that follows."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session with the holder of this record is open."""

    record: Record


@dataclass(frozen=True, slots=True)
class Proved:
    """App: the camera holds this record; the others of it are of no more use."""

    record: Record


@dataclass(frozen=True, slots=True)
class Asked:
    """Camera: do this and `answer` it; who asks may."""

    number: int
    verb: LinkVerb
    arguments: Document


@dataclass(frozen=True, slots=True)
class Answered:
    """App: how a request ended, with its result or the reason of a refusal."""

    number: int
    code: AnswerCode
    result: Document | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Noticed:
    """App: the camera's state has changed to this."""

    state: State


@dataclass(frozen=True, slots=True)
class Ended:
    """Drop the connection. The end takes nothing more."""

    why: Why


Output: TypeAlias = (
    Send
    | Judged
    | Show
    | Keep
    | Forget
    | Opened
    | Proved
    | Asked
    | Answered
    | Noticed
    | Ended
)


class Channel:
    """Messages of one link: in clear at first, in frames once there are keys."""

    def __init__(self, sending: int, receiving: int) -> None:
        """Begin; MTUs of what is sent and of what may come."""
        self._mtu = sending
        self._joiner = Joiner(receiving)
        self._sending: Sending | None = None
        self._receiving: Receiving | None = None

    def fit(self, mtu: int) -> None:
        """Go on with the MTU that the camera sees."""
        self._mtu, self._joiner = mtu, Joiner(mtu)

    def secure(self, ours: bytes, theirs: bytes) -> None:
        """Go on in frames, with a key for each direction."""
        self._sending = Sending(Cipher(ours))
        self._receiving = Receiving(Cipher(theirs))

    def erase(self) -> None:
        """Let go of the keys; what can still be said is in clear."""
        self._sending = self._receiving = None

    def take(self, value: bytes) -> bytes | None:
        """Take a value; gives a message when it was its last; `MalformedError`."""
        return self._joiner.take(value)

    def open(self, message: bytes) -> tuple[FrameType, bytes]:
        """Open a frame; raises `HandshakeError`."""
        if self._receiving is None:
            raise HandshakeError("a frame before there are keys")
        return self._receiving.open(message)

    def clear(self, message: bytes) -> Send:
        """Send a message in clear."""
        return Send(tuple(split(message, self._mtu)))

    def frame(self, kind: FrameType, plain: bytes) -> Send:
        """Send a message in a frame."""
        if self._sending is None:
            raise HandshakeError("a frame before there are keys")
        return self.clear(self._sending.frame(kind, plain))


StateT = TypeVar("StateT", bound=Enum)
EventT = TypeVar("EventT", bound=Enum)


@dataclass(frozen=True, slots=True)
class Table(Generic[StateT, EventT]):
    """One end's states: what follows, where it begins, is open, and is over."""

    rows: Mapping[tuple[StateT, EventT], StateT]
    first: StateT
    open: StateT
    over: StateT
    end: EventT

    def follow(self, state: StateT, event: EventT) -> StateT | None:
        """Give what follows; None is a refusal. Whatever is not over can end."""
        if event is self.end and state is not self.over:
            return self.over
        return self.rows.get((state, event))


class LinkEnd(Generic[StateT, EventT]):
    """One end of a link: a state, a deadline, and a channel."""

    def __init__(self, table: Table[StateT, EventT], channel: Channel) -> None:
        """Begin in the first state."""
        self.state = table.first
        self._table = table
        self._channel = channel
        self._deadline: int | None = None

    def next_deadline(self) -> int | None:
        """When `tick` has something to do, monotonic ms."""
        return None if self.state is self._table.over else self._deadline

    def tick(self, now: Now) -> list[Output]:
        """Let time pass."""
        due = self.next_deadline()
        if due is None or now.mono_ms < due:
            return []
        return self.end(Why.WORN_OUT if self.state is self._table.open else Why.LATE)

    def end(self, why: Why) -> list[Output]:
        """End the link: its keys are erased, and it takes nothing more."""
        if self.state is self._table.over:
            return []
        self._go(self._table.end)
        return [Ended(why)]

    def _go(self, event: EventT) -> None:
        following = self._table.follow(self.state, event)
        if following is None:
            raise LinkError(Why.FORMAT, f"{event.value}, instead of {self.state.value}")
        self.state = following
        if following is self._table.over:
            self._channel.erase()

    def _guard(self, act: Callable[[], list[Output]]) -> list[Output]:
        """Do something; what does not hold ends the link, and has changed nothing."""
        if self.state is self._table.over:
            return []
        try:
            return act()
        except HandshakeError:
            return self.end(Why.CRYPTO)
        except MalformedError:
            return self.end(Why.FORMAT)
        except LinkError as error:
            return self.end(error.why)
