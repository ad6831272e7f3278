"""A worn camera: the real machine of the link, and a radio for the browser."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from lapel.base.clock import Clock, ClockQuality
from lapel.protocol.camera_links import CameraLinks, Outputs
from lapel.protocol.control import Rules, recordings_page, settings_page
from lapel.protocol.link import Asked, Ended, Forget, Keep, Now, Send, Show
from lapel.protocol.pairing import Identity, Policy
from lapel.wire.control import (
    Annotation,
    CameraMode,
    LinkVerb,
    Listed,
    RecordingsBefore,
    SettingsChange,
    SettingsFrom,
    State,
    WearerSettings,
)
from lapel.wire.document import Document
from lapel.wire.link import SERVICE, slot_of
from lapel.wire.port import Code
from lapel.wire.settings import Permitted

Told: TypeAlias = Mapping[str, Any]
MTU = 185
CATEGORIES = (
    "Traffic stop",
    "Disturbance",
    "Arrest",
    "Welfare check",
    "Theft",
    "Test, no value",
)
RULES = Rules(frozenset({Permitted.VOLUME, Permitted.VIBRATION}), CATEGORIES)
READY = State(
    CameraMode.BUFFERING, 68, 82, False, False, None, 0, 2, ClockQuality.SERVER
)
CHOSEN = WearerSettings(2, True, True, False, (), (), False)


@dataclass
class Worn:
    """A camera on the air, and all that a browser's radio can do with it."""

    identity: Identity
    clock: Clock
    policy: Policy = field(default_factory=Policy)
    ahead_ms: int = 0
    state: State = READY
    chosen: WearerSettings = CHOSEN
    listed: list[Listed] = field(default_factory=list[Listed])
    noted: list[Annotation] = field(default_factory=list[Annotation])
    codes: list[Show] = field(default_factory=list[Show])
    offered: list[int] = field(default_factory=list[int])
    """Entries in the browser's list, each time it was shown."""
    last_word: bool = True
    """Whether PAIR_DONE arrives before the link is dropped."""
    busy: int = 0
    """Annotations that it will still answer with BUSY."""
    near: bool = True
    available: bool = True
    between: Callable[[bytes], bytes] = bytes
    """Who stands between, and may change what the app writes."""

    def __post_init__(self) -> None:
        """Begin without a pairing."""
        self.camera = CameraLinks(self.identity, None, self.policy, RULES)
        self._links = 0
        self._out: dict[int, list[str]] = {}
        self._open: set[int] = set()

    @property
    def now(self) -> Now:
        mono, utc = self.clock.mono_ms(), self.clock.utc_ms()
        return Now(mono + self.ahead_ms, utc + self.ahead_ms, ClockQuality.SERVER)

    @property
    def place(self) -> int:
        """What stands for its address: another in each slot, and in pairing mode."""
        return slot_of(self.now.utc_ms) * 2 + self.camera.pairing

    def chord(self) -> None:
        """Hold both buttons."""
        self._take(self.camera.chord(self.now))

    def press(self) -> None:
        """Press Event."""
        self._take(self.camera.press(self.now))

    def go_away(self) -> None:
        """Go out of range."""
        self.near = False
        for link in list(self._open):
            self._open.discard(link)
            self._take(self.camera.gone(link))

    def tell(self, state: State) -> None:
        """Change state and tell the app."""
        self.state = state
        self._take(self.camera.notice(state))

    def radio(self, given: str) -> str:
        """Answer one call of the browser's radio."""
        told: Told = json.loads(given)
        self._take(self.camera.tick(self.now))
        acts: dict[str, Callable[[Told], object]] = {
            "available": lambda _: {"available": self.available},
            "choose": self._choose,
            "connect": self._connect,
            "subscribe": self._subscribe,
            "write": self._write,
            "poll": lambda one: self._heard(one["link"]),
            "drop": self._drop,
        }
        return json.dumps(acts[told["act"]](told))

    def _choose(self, told: Told) -> object:
        fits = self.near and any(self._fits(one) for one in told["filters"])
        self.offered.append(int(fits))
        return {"place": self.place if fits else None}

    def _fits(self, wanted: Told) -> bool:
        advert, response = self.camera.advert(self.now)
        if wanted["services"] != [str(SERVICE)]:
            return False
        if "namePrefix" in wanted:
            return response[2:].decode().startswith(wanted["namePrefix"])
        return any(
            data["companyIdentifier"] == advert.company
            and advert.token.startswith(bytes.fromhex(data["dataPrefix"]))
            for data in wanted["manufacturerData"]
        )

    def _connect(self, told: Told) -> object:
        if not self.near or told["place"] != self.place:
            return {"link": None}
        self._links += 1
        self._out[self._links] = []
        return {"link": self._links}

    def _subscribe(self, told: Told) -> object:
        link = told["link"]
        self._open.add(link)
        self._take(self.camera.connect(link, MTU, self.now))
        return self._heard(link)

    def _write(self, told: Told) -> object:
        link, value = told["link"], self.between(bytes.fromhex(told["value"]))
        if link in self._open:
            self._take(self.camera.value(link, value, self.now))
        return self._heard(link)

    def _drop(self, told: Told) -> object:
        self._open.discard(told["link"])
        self._take(self.camera.gone(told["link"]))
        return {}

    def _heard(self, link: int) -> object:
        values, self._out[link] = self._out[link], []
        return {"values": values, "lost": link not in self._open}

    def _take(self, outputs: Outputs) -> None:
        for link, output in outputs:
            match output:
                case Send(values):
                    self._out[link] += [value.hex() for value in values]
                case Ended():
                    self._open.discard(link)
                case Keep():
                    said = self.camera.kept(link)
                    lost = (one for one in said if not isinstance(one[1], Send))
                    self._take(said if self.last_word else list(lost))
                case Show():
                    self.codes.append(output)
                case Asked(number, verb, arguments):
                    code, result = self._done(verb, arguments)
                    self._take(self.camera.answer(link, number, code, result))
                case Forget() | _:
                    pass

    def _done(self, verb: LinkVerb, asked: Document) -> tuple[Code, Document | None]:
        match asked:
            case SettingsFrom(category):
                return Code.DONE, settings_page(self.chosen, RULES, category)
            case SettingsChange():
                self.chosen = changed(self.chosen, asked)
                return Code.DONE, None
            case RecordingsBefore():
                return Code.DONE, recordings_page(self.listed, asked)
            case Annotation():
                return self._annotated(asked), None
            case _:
                return Code.DONE, self.state if verb is LinkVerb.STATE else None

    def _annotated(self, said: Annotation) -> Code:
        if self.busy:
            self.busy -= 1
            return Code.BUSY
        for at, one in enumerate(self.listed):
            if one.recording == said.recording:
                self.noted.append(said)
                self.listed[at] = replace(
                    one,
                    title=said.title or one.title,
                    ident=said.ident or one.ident,
                    category=said.category or one.category,
                )
                return Code.DONE
        return Code.NOT_FOUND


def changed(chosen: WearerSettings, asked: SettingsChange) -> WearerSettings:
    """Give what is chosen after a change."""
    given = (asked.volume, asked.vibration, asked.lights, asked.stealth)
    before = (chosen.volume, chosen.vibration, chosen.lights, chosen.stealth)
    pairs = zip(given, before, strict=True)
    volume, *flags = (old if new is None else new for new, old in pairs)
    vibration, lights, stealth = map(bool, flags)
    return replace(
        chosen,
        volume=int(volume),
        vibration=vibration,
        lights=lights,
        stealth=stealth,
    )
