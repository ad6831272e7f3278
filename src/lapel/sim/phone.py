"""A camera with a radio that a test holds in its hand, and phones that talk to it.

Time stands until the test lets it go on, nothing waits for a thread, and all that was
shown or said on the air is kept.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from typing_extensions import override

from lapel.camera.linking import Linking
from lapel.crypto.cose import sign
from lapel.crypto.noise import P256Pair
from lapel.ports.air import Gone, Heard, Peripheral, Shown, Subscribed, Wrote
from lapel.protocol.app_link import AppLink, AppState, Wish
from lapel.protocol.control import RESULTS
from lapel.protocol.link import Answered, Ended, Keep, Now, Output, Proved, Send, Why
from lapel.protocol.pairing import CAMERAS, Identity, Trust
from lapel.sim.camera import SERIAL
from lapel.sim.clock import seeded
from lapel.sim.live import LiveCamera
from lapel.sim.storage import MemoryFiles
from lapel.sim.tenant import Agency
from lapel.wire.control import LinkVerb, Nothing
from lapel.wire.document import Document
from lapel.wire.grant import Grant, GrantRole
from lapel.wire.pairing import Pairings
from lapel.wire.settings import Bluetooth

T = TypeVar("T")
VIEW_ON = Bluetooth(enabled=True, view_pairing=True, signal=True)
_GRANTED_MS = 10_000_000_000


@dataclass
class HeldRadio(Peripheral):
    """A camera's radio that keeps what it is told; a test says what it hears."""

    hear: Callable[[Heard], None]
    utc_ms: Callable[[], int]
    shown: Shown | None = None
    history: list[tuple[int, Shown | None]] = field(
        default_factory=list[tuple[int, Shown | None]]
    )
    """What was shown, and from when on."""
    sent: dict[int, list[bytes]] = field(default_factory=dict[int, list[bytes]])
    dropped: list[int] = field(default_factory=list[int])
    closed: bool = False

    @override
    def show(self, shown: Shown | None) -> None:
        self.shown = shown
        self.history.append((self.utc_ms(), shown))

    @override
    def send(self, link: int, values: tuple[bytes, ...]) -> None:
        self.sent.setdefault(link, []).extend(values)

    @override
    def drop(self, link: int) -> None:
        self.dropped.append(link)

    @override
    def close(self) -> None:
        self.closed = True


class LinkedCamera(LiveCamera):
    """A camera that an agency has adopted, switched on, with a radio."""

    def __init__(self, files: MemoryFiles | None = None) -> None:
        """Make one and have it adopted, or boot the one that lies in `files`."""
        super().__init__(files)
        self.agency = Agency.found("north", self.clock.utc_ms())
        self.radios: list[HeldRadio] = []
        self.calls = 0
        self.failing: Exception | None = None
        if files is None:
            self.dock()
            self.adopt(self.agency)
            self.set(permitted=(), categories=("Traffic stop", "Interview"))
            self.undock()
            self.camera.switch(on=True)
        self.linking = Linking(self.camera, self._make)
        self.step()

    def set(self, bluetooth: Bluetooth = VIEW_ON, **changes: object) -> None:
        """Give the camera other settings, as a dock would."""
        version = self.camera.rulebook.version + 1
        raw = self.agency.settings(SERIAL, version, bluetooth=bluetooth, **changes)
        book, owner = self.camera.rulebook, self.camera.papers.owner
        target = (SERIAL, owner.tenant if owner else "")
        key = self.agency.settings_key.public
        book.follow(raw, book.check(raw, key, target, self.camera.time.now()))
        self.camera.obey_wearer()

    def _make(self, hear: Callable[[Heard], None]) -> Peripheral:
        if self.failing is not None:
            raise self.failing
        radio = HeldRadio(hear, self.camera.time.utc_ms)
        self.radios.append(radio)
        return radio

    def again(self) -> "LinkedCamera":
        """Boot from what storage holds, as after a power cut."""
        held = {name: bytes(data) for name, data in self.files.held.items()}
        return self.booted(held)

    def booted(self, held: dict[str, bytes]) -> "LinkedCamera":
        """Boot from this; agency and time go on."""
        next_one = LinkedCamera(MemoryFiles(held))
        next_one.agency, next_one.factory = self.agency, self.factory
        next_one.clock.go_on(self.clock.mono_ms())
        next_one.camera.switch(on=True)
        next_one.step()
        return next_one

    def silent(self) -> bool:
        """Whether nothing is shown."""
        return self.radio.shown is None

    def pairing(self) -> bool:
        """Whether pages and lights say that it is in pairing mode."""
        return self.camera.link.shown().pairing

    @property
    def sounds(self) -> list[str]:
        """The last sounds by name."""
        return [played.sound.value[0] for played in self.camera.speaker.played]

    @property
    def radio(self) -> HeldRadio:
        """The radio that works, or the last one."""
        return self.radios[-1]

    def step(self) -> None:
        """Let the camera take in all that its radio heard."""
        while self.linking.step():
            pass

    def pass_ms(self, ms: int) -> None:
        """Let time pass, and let the camera act whenever it would by itself."""
        while ms > 0:
            waited = min(ms, max(1, math.ceil(self.linking.wait_s() * 1000)))
            self.clock.go_on(waited)
            ms -= waited
            self.camera.tick()
            self.step()

    def chord(self) -> None:
        """Hold Event and Function for three seconds, and let them go."""
        self.together("event", "function")
        self.pass_ms(1)

    def phone(
        self,
        name: str = "view-1",
        *,
        granted: bool = True,
        role: GrantRole = GrantRole.VIEW,
    ) -> "Phone":
        """Make a phone with View, with or without a grant of the camera's agency."""
        seed = int.from_bytes(name.encode()[-8:], "big") + granted
        pair = P256Pair.fresh(seeded(seed))
        until = self.clock.utc_ms() + _GRANTED_MS
        grant = Grant(pair.point, role, name, "user-1", until, self.agency.tenant)
        raw = sign("grant", grant.encode(), self.agency.grant_key) if granted else b""
        key = self.agency.grant_key.public
        trust = Trust(CAMERAS, key, self.agency.tenant, frozenset({SERIAL}))
        return Phone(self, Identity(pair, raw, trust, seeded(seed + 2)))


class Phone:
    """An app and its storage; it connects to whichever camera it is told."""

    def __init__(self, camera: LinkedCamera, identity: Identity) -> None:
        """Know no camera."""
        self.camera = camera
        self.identity = identity
        self.pairings: Pairings | None = None
        self.call: Call | None = None

    def keep(self, pairings: Pairings) -> None:
        """Store what is held of the camera."""
        self.pairings = pairings

    def connect(self, wish: Wish, mtu: int = 185) -> "Call":
        """Connect, and let pass what can."""
        self.camera.calls += 1
        call = Call(self, self.camera, self.camera.calls, AppLink(self.identity, wish))
        call.begin(mtu)
        self.call = call
        return call

    def pair(self, *, compare: bool = False) -> "Call":
        """Pair in pairing mode; whoever compares says that the code is the same."""
        call = self.connect(Wish(compare=compare))
        if call.app.state is AppState.SHOWN:
            call.do(call.app.same(call.now))
        return call

    def open(self) -> "Call":
        """Open a session; tries each pairing that is held, the newest first."""
        held = self.pairings.records if self.pairings else ()
        for record in held:
            call = self.connect(Wish(record))
            if call.app.state is AppState.OPEN:
                call.ask(LinkVerb.STATE, Nothing())
            if call.app.state is AppState.OPEN:
                return call
        raise TimeoutError("no pairing opens a session")


@dataclass
class Call:
    """One connection of a phone."""

    phone: Phone
    camera: LinkedCamera
    number: int
    app: AppLink
    heard: list[Output] = field(default_factory=list[Output])
    held: Pairings | None = None
    read: int = 0

    @property
    def now(self) -> Now:
        """The phone's clock is right."""
        moment = self.camera.camera.time.now()
        return Now(moment.mono_ms, moment.utc_ms, moment.quality)

    def begin(self, mtu: int) -> None:
        """Connect and say hello."""
        self.held = self.phone.pairings
        self.camera.radio.hear(Subscribed(self.number, mtu))
        self.do(self.app.start(self.now))

    def do(self, outputs: list[Output]) -> None:
        """Do what the app says, and let pass what follows."""
        for output in outputs:
            self._do(output)
        self.carry()

    def _do(self, output: Output) -> None:
        if isinstance(output, Send):
            for value in output.values:
                self.camera.radio.hear(Wrote(self.number, value))
            return
        self.heard.append(output)
        match output:
            case Keep(record):
                self.phone.keep(Pairings.added(self.phone.pairings, record))
                self.do(self.app.kept(self.now))
            case Proved(record) if self.phone.pairings and self.held:
                self.phone.keep(self.phone.pairings.proved(record, self.held))
            case _:
                pass

    def carry(self) -> None:
        """Let the camera answer, and the app hear it, until nothing is left."""
        while True:
            self.camera.step()
            sent = self.camera.radio.sent.get(self.number, [])
            fresh, self.read = sent[self.read :], len(sent)
            if not fresh:
                return
            for value in fresh:
                for output in self.app.value(value, self.now):
                    self._do(output)

    def lose(self) -> None:
        """Go out of reach."""
        self.camera.radio.hear(Gone(self.number))
        self.camera.step()
        self.app.end(Why.GONE)

    def ask(self, verb: LinkVerb, arguments: Document) -> Answered:
        """Ask, and give the answer."""
        self.do(self.app.ask(verb, arguments))
        return self.said(Answered)[-1]

    def asked(self, verb: LinkVerb, arguments: Document, kind: type[T]) -> T:
        """Ask what must be answered with a result of this kind."""
        answer = self.ask(verb, arguments)
        if not isinstance(answer.result, kind) or RESULTS[verb] is not kind:
            raise TimeoutError(f"answered with {answer.code.name}, {answer.reason}")
        return answer.result

    def said(self, kind: type[T]) -> list[T]:
        """Give outputs of one kind of the app."""
        return [output for output in self.heard if isinstance(output, kind)]

    @property
    def ended(self) -> list[Why]:
        """Why the app's end has ended."""
        return [output.why for output in self.said(Ended)]

    @property
    def dropped(self) -> bool:
        """Whether the camera dropped it."""
        return self.number in self.camera.radio.dropped
