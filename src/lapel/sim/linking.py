"""A camera and apps on a link in memory, without radio: whoever stands between may act.

Values are joined to messages on the way, so that a `Meddler` sees what an attacker on
the air sees: the direction, the number of the message in it, and its bytes.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, Protocol, TypeAlias, TypeVar

from lapel.base.clock import ClockQuality, Entropy
from lapel.crypto.cose import sign
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PrivateKey
from lapel.crypto.noise import P256Pair
from lapel.protocol.app_link import AppLink, AppState, Wish
from lapel.protocol.camera_links import CameraLinks
from lapel.protocol.control import Rules
from lapel.protocol.link import Forget, Keep, Now, Output, Proved, Send, Why
from lapel.protocol.pairing import APPS, CAMERAS, Identity, Policy, Trust
from lapel.wire.control import LinkVerb
from lapel.wire.document import Document
from lapel.wire.fragments import Joiner, split
from lapel.wire.grant import Grant, GrantRole
from lapel.wire.link import MTU_MOST
from lapel.wire.pairing import Pairings, Record
from lapel.wire.settings import Permitted

T = TypeVar("T")
START_MS: Final = 1_790_000_000_000
TENANT: Final = "north"
SERIAL: Final = "X1234567"
RULES: Final = Rules(frozenset({Permitted.VOLUME}), ("Traffic stop", "Interview"))


class Way(Enum):
    """Direction of a message."""

    UP = "app to camera"
    DOWN = "camera to app"


Meddler: TypeAlias = Callable[[Way, int, bytes], Sequence[bytes]]
"""Gives what arrives instead of a message."""


def honest(_way: Way, _number: int, message: bytes) -> Sequence[bytes]:
    """Let everything pass."""
    return (message,)


def silent(_way: Way, _number: int, _message: bytes) -> Sequence[bytes]:
    """Let nothing pass."""
    return ()


def entropy_of(seed: str) -> Entropy:
    """Give random bytes that are the same in each run."""
    state = [sha256(seed.encode())]

    def draw(size: int, /) -> bytes:
        drawn = b""
        while len(drawn) < size:
            state[0] = sha256(state[0])
            drawn += sha256(b"out" + state[0])
        return drawn[:size]

    return draw


@dataclass(frozen=True)
class LinkAgency:
    """A grant key, and devices with grants by it."""

    key: PrivateKey = field(default_factory=PrivateKey.generate)
    tenant: str = TENANT
    until_ms: int = START_MS + 10_000_000

    def grant(self, point: bytes, role: GrantRole, holder: str) -> bytes:
        """Sign a grant."""
        user = None if role is GrantRole.CAMERA else "user-1"
        granted = Grant(point, role, holder, user, self.until_ms, self.tenant)
        return sign("grant", granted.encode(), self.key)

    def device(self, role: GrantRole, holder: str, *, granted: bool = True) -> Identity:
        """Make a device of this agency, with or without its grant."""
        entropy = entropy_of(holder)
        pair = P256Pair.fresh(entropy)
        grant = self.grant(pair.point, role, holder) if granted else b""
        others = APPS if role is GrantRole.CAMERA else CAMERAS
        trust = Trust(others, self.key.public, self.tenant)
        return Identity(pair, grant, trust, entropy)

    def camera(self, *, granted: bool = True) -> Identity:
        """Make a camera."""
        return self.device(GrantRole.CAMERA, SERIAL, granted=granted)

    def view(self, name: str = "view-1", *, granted: bool = True) -> Identity:
        """Make an app on a phone."""
        return self.device(GrantRole.VIEW, name, granted=granted)


class AppEnd(Protocol):
    """The app's end of a link, in whatever language it is written."""

    @property
    def state(self) -> AppState:
        """What it waits for."""
        ...

    def start(self, now: Now) -> list[Output]:
        """Say hello."""
        ...

    def value(self, value: bytes, now: Now) -> list[Output]:
        """Take what the camera notified."""
        ...

    def same(self, now: Now) -> list[Output]:
        """Take the user's word that both show the same code."""
        ...

    def kept(self, now: Now) -> list[Output]:
        """Hear that the record is stored."""
        ...

    def ask(self, verb: LinkVerb, arguments: Document) -> list[Output]:
        """Ask something in an open session."""
        ...

    def next_deadline(self) -> int | None:
        """When `tick` has something to do."""
        ...

    def tick(self, now: Now) -> list[Output]:
        """Let time pass."""
        ...

    def end(self, why: Why) -> list[Output]:
        """End the link."""
        ...


@dataclass
class Call:
    """One connection of an app to the camera."""

    number: int
    app: AppEnd
    meddler: Meddler = honest
    heard: list[Output] = field(default_factory=list[Output])
    """What the app put out, without what it sent."""
    told: list[Output] = field(default_factory=list[Output])
    """What the camera put out for this link, without what it sent."""
    passed: list[tuple[Way, bytes]] = field(default_factory=list[tuple[Way, bytes]])
    """Messages as they were sent."""
    values: int = 0
    """Values on the air."""
    held: Pairings | None = None
    """What the app held when this link began."""

    def said(self, kind: type[T]) -> list[T]:
        """Give outputs of one kind of the app."""
        return [output for output in self.heard if isinstance(output, kind)]

    def done(self, kind: type[T]) -> list[T]:
        """Give outputs of one kind of the camera."""
        return [output for output in self.told if isinstance(output, kind)]


class Air:
    """The camera, and all that passes between it and apps."""

    def __init__(
        self,
        identity: Identity,
        record: Record | None = None,
        policy: Policy | None = None,
        mtu: int = 185,
    ) -> None:
        """Begin outside pairing mode, with a clock set by the server."""
        self.now = Now(1_000, START_MS, ClockQuality.SERVER)
        self.camera = CameraLinks(identity, record, policy or Policy(), RULES)
        self.calls: dict[int, Call] = {}
        self.stored = record
        self.pairings: Pairings | None = None
        self.keeping = True
        self._mtu = mtu
        self._joiners: dict[tuple[int, Way], Joiner] = {}
        self._queue: deque[tuple[int, Way, bytes]] = deque()

    def wait(self, ms: int) -> None:
        """Let time pass, on both sides."""
        mono, utc = self.now.mono_ms + ms, self.now.utc_ms + ms
        self.now = replace(self.now, mono_ms=mono, utc_ms=utc)
        self.from_camera(self.camera.tick(self.now))
        for call in self.calls.values():
            self.from_app(call, call.app.tick(self.now))
        self.run()

    def chord(self) -> None:
        """Hold Event and Function."""
        self.from_camera(self.camera.chord(self.now))

    def press(self) -> None:
        """Press Event."""
        self.from_camera(self.camera.press(self.now))
        self.run()

    def connect(
        self, identity: Identity, wish: Wish, meddler: Meddler = honest
    ) -> Call:
        """Connect an app, and let pass what can."""
        return self.call(AppLink(identity, wish), meddler)

    def call(self, app: AppEnd, meddler: Meddler = honest) -> Call:
        """Connect this app, and let pass what can."""
        number = len(self.calls)
        call = self.calls[number] = Call(number, app, meddler, held=self.pairings)
        for way in Way:
            self._joiners[number, way] = Joiner(MTU_MOST)
        self.from_camera(self.camera.connect(number, self._mtu, self.now))
        self.from_app(call, call.app.start(self.now))
        self.run()
        return call

    def write(self, call: Call, value: bytes) -> None:
        """Write one value to the camera, past the app."""
        self.from_camera(self.camera.value(call.number, value, self.now))
        self.run()

    def camera_keeps(self, record: Record | None) -> None:
        """Store the camera's record, or erase it."""
        self.stored = record

    def app_keeps(self, pairings: Pairings) -> None:
        """Store what the app holds of this camera."""
        self.pairings = pairings

    def run(self) -> None:
        """Deliver until nothing is left."""
        while self._queue:
            number, way, value = self._queue.popleft()
            call = self.calls[number]
            if way is Way.UP:
                self.from_camera(self.camera.value(number, value, self.now))
            else:
                self.from_app(call, call.app.value(value, self.now))

    def from_app(self, call: Call, outputs: Sequence[Output]) -> None:
        """Do what an app says."""
        for output in outputs:
            if isinstance(output, Send):
                self._carry(call, Way.UP, output)
                continue
            call.heard.append(output)
            if isinstance(output, Keep):
                self.app_keeps(Pairings.added(self.pairings, output.record))
                self.from_app(call, call.app.kept(self.now))
            elif isinstance(output, Proved) and self.pairings and call.held:
                self.app_keeps(self.pairings.proved(output.record, call.held))

    def from_camera(self, outputs: Sequence[tuple[int, Output]]) -> None:
        """Do what the camera says."""
        for number, output in outputs:
            call = self.calls[number]
            if isinstance(output, Send):
                self._carry(call, Way.DOWN, output)
                continue
            call.told.append(output)
            if isinstance(output, Keep) and self.keeping:
                self.camera_keeps(output.record)
                self.from_camera(self.camera.kept(number))
            elif isinstance(output, Forget):
                self.camera_keeps(None)

    def _carry(self, call: Call, way: Way, sent: Send) -> None:
        found = [self._joiners[call.number, way].take(value) for value in sent.values]
        message = b"".join(one for one in found if one is not None)
        at = sum(1 for seen, _ in call.passed if seen is way)
        call.passed.append((way, message))
        call.values += len(sent.values)
        for arriving in call.meddler(way, at, message):
            whole = arriving == message
            values = sent.values if whole else tuple(split(arriving, self._mtu))
            self._queue.extend((call.number, way, value) for value in values)
