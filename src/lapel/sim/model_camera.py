"""A camera's end of the link over a radio, with a few recordings and no recorder.

Tests of apps use it where the camera itself is not what they try.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from threading import RLock
from typing import Final

from lapel.base.clock import Clock, ClockQuality
from lapel.crypto.link import Code
from lapel.ports.air import (
    Failed,
    Gone,
    Heard,
    MakePeripheral,
    Shown,
    Subscribed,
    Wrote,
)
from lapel.protocol.camera_links import CameraLinks
from lapel.protocol.control import recordings_page, settings_page
from lapel.protocol.link import Asked, Ended, Forget, Keep, Now, Output, Send, Show
from lapel.protocol.pairing import Identity, Policy
from lapel.sim.linking import RULES
from lapel.wire.control import (
    Annotation,
    CameraMode,
    Listed,
    RecordingsBefore,
    Refusal,
    SettingsChange,
    SettingsFrom,
    State,
    WearerSettings,
)
from lapel.wire.document import Document
from lapel.wire.pairing import Record
from lapel.wire.port import Code as AnswerCode

STATE: Final = State(
    CameraMode.BUFFERING,
    battery=87,
    free=64,
    muted=False,
    stealth=False,
    recording=None,
    lasted_ms=0,
    held=2,
    clock=ClockQuality.SERVER,
)
CHOSEN: Final = WearerSettings(2, True, True, False, (), (), False)  # noqa: FBT003


@dataclass
class Held:
    """What the model holds."""

    state: State = STATE
    chosen: WearerSettings = CHOSEN
    recordings: list[Listed] = field(default_factory=list[Listed])
    annotations: list[Annotation] = field(default_factory=list[Annotation])


class ModelCamera:
    """Answers apps."""

    def __init__(
        self,
        make: MakePeripheral,
        identity: Identity,
        clock: Clock,
        policy: Policy | None = None,
    ) -> None:
        """Begin without a pairing, and on the air."""
        self.lock = RLock()
        self.held = Held()
        self.keeping = True
        self.codes: SimpleQueue[Code] = SimpleQueue()
        """What it has shown by its light."""
        self.links = CameraLinks(identity, None, policy or Policy(), RULES)
        self._clock = clock
        self._entropy = identity.entropy
        self._radio = make(self.hear)
        self.show()

    def now(self) -> Now:
        """Give the moment."""
        clock = self._clock
        return Now(clock.mono_ms(), clock.utc_ms(), ClockQuality.SERVER)

    @property
    def record(self) -> Record | None:
        """The pairing in force."""
        return self.links.record

    def show(self) -> None:
        """Show the advert of this moment under a fresh address."""
        drawn = self._entropy(6)
        address = bytes((drawn[0] & 0x3F | 0x40,)) + drawn[1:]
        advert, response = self.links.advert(self.now())
        self._radio.show(Shown(address, advert.encode(), response))

    def chord(self) -> None:
        """Hold Event and Function."""
        with self.lock:
            self._do(self.links.chord(self.now()))
            self.show()

    def press(self) -> None:
        """Press Event."""
        with self.lock:
            self._do(self.links.press(self.now()))

    def tick(self) -> None:
        """Let time pass."""
        with self.lock:
            self._do(self.links.tick(self.now()))
            self.show()

    def change(self, state: State) -> None:
        """Be in another state, and say so."""
        with self.lock:
            self.held.state = state
            self._do(self.links.notice(state))

    def close(self) -> None:
        """Leave the air."""
        self._radio.close()

    def hear(self, heard: Heard) -> None:
        """Take what the radio hears."""
        with self.lock:
            match heard:
                case Subscribed(link, mtu):
                    self._do(self.links.connect(link, mtu, self.now()))
                case Wrote(link, value):
                    self._do(self.links.value(link, value, self.now()))
                case Gone(link):
                    self._do(self.links.gone(link))
                case Failed():
                    pass

    def _do(self, outputs: Sequence[tuple[int, Output]]) -> None:
        for link, output in outputs:
            match output:
                case Send(values):
                    self._radio.send(link, values)
                case Keep():
                    kept = self.links.kept if self.keeping else self.links.not_kept
                    self._do(kept(link))
                    self.show()
                case Forget():
                    self.show()
                case Show(code):
                    self.codes.put(code)
                case Asked(number, _, arguments):
                    done, result = self._answer(arguments)
                    self._do(self.links.answer(link, number, done, result))
                case Ended():
                    self._radio.drop(link)
                case _:
                    pass

    def _answer(self, asked: Document) -> tuple[AnswerCode, Document | None]:
        held = self.held
        match asked:
            case RecordingsBefore():
                return AnswerCode.DONE, recordings_page(held.recordings, asked)
            case SettingsFrom(first):
                return AnswerCode.DONE, settings_page(held.chosen, RULES, first)
            case SettingsChange():
                self._set(asked)
                return AnswerCode.DONE, None
            case Annotation():
                return self._annotate(asked)
            case _:
                return AnswerCode.DONE, held.state

    def _set(self, asked: SettingsChange) -> None:
        if asked.volume is not None:
            self.held.chosen = replace(self.held.chosen, volume=asked.volume)

    def _annotate(self, said: Annotation) -> tuple[AnswerCode, Document | None]:
        known = {one.recording for one in self.held.recordings}
        if said.recording not in known:
            return AnswerCode.NOT_FOUND, Refusal("recording")
        self.held.annotations.append(said)
        return AnswerCode.DONE, None
