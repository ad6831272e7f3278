"""A camera with good keys that says what it likes: the app drops the link."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

import pytest
from typing_extensions import override

from lapel.base.clock import ClockQuality
from lapel.crypto.link import commitment
from lapel.protocol.app_link import AppLink, AppState, Wish
from lapel.protocol.camera_link import Around, CameraEvent, CameraLink
from lapel.protocol.link import Ended, Keep, Now, Output, Proved, Send, Why
from lapel.protocol.pairing import Policy
from lapel.sim.linking import RULES, START_MS, Air
from lapel.wire.control import LinkVerb, Nothing
from lapel.wire.link import CameraHello, FrameType
from lapel.wire.port import Answer, Code
from tests.protocol.linked import BARE_CAMERA, BARE_VIEW, paired, records

START = Now(0, START_MS, ClockQuality.SERVER)
NONCE = bytes(16)
Frame: TypeAlias = tuple[FrameType, bytes]
ORDER: Final[Mapping[AppState, tuple[int, Callable[[bytes], Frame]]]] = {
    AppState.COMMITTED: (0, lambda h: (FrameType.SAS_CB, commitment(h, NONCE))),
    AppState.NONCE: (1, lambda _: (FrameType.SAS_NB, NONCE)),
    AppState.DONE: (2, lambda h: (FrameType.PAIR_DONE, h[:8])),
}
PLAINS = (b"", b"\1", bytes(7), bytes(8), bytes(16), bytes(31), bytes(32), bytes(33))


class RudeCamera(CameraLink):
    """Follows the order of a pairing up to one frame, and says another instead."""

    def __init__(self, stage: int = 9, instead: Frame | None = None) -> None:
        super().__init__(BARE_CAMERA, 185, START)
        self.stage = stage
        self.instead = instead
        self.said = 0
        self.h = b""

    def _next(self) -> list[Output]:
        _, good = list(ORDER.values())[self.said]
        frame = good(self.h)
        if self.said == self.stage and self.instead:
            frame = self.instead
        self.said += 1
        return [self._channel.frame(*frame)]

    @override
    def _third(self, payload: bytes, now: Now, around: Around) -> list[Output]:
        self.h = self._split().hash
        self._go(CameraEvent.MESSAGE)
        return self._next()

    @override
    def _frame(self, message: bytes, now: Now, around: Around) -> list[Output]:
        self._channel.open(message)
        return self._next()

    @override
    def _request(self, message: bytes, now: Now, around: Around) -> list[Output]:
        self._channel.open(message)
        return [self._channel.frame(*self.instead)] if self.instead else []


def talk(
    camera: CameraLink, app: AppLink, around: Around, begun: list[Output] | None = None
) -> list[Output]:
    """Let both talk; gives what the app put out beside what it sent."""
    said: list[Output] = []
    up = app.start(START) if begun is None else begun
    while up:
        said += [one for one in up if not isinstance(one, Send)]
        if any(isinstance(one, Keep) for one in up):
            up = app.kept(START)
            continue
        values = [value for one in up if isinstance(one, Send) for value in one.values]
        down = [one for v in values for one in camera.value(v, START, around)]
        back = [value for one in down if isinstance(one, Send) for value in one.values]
        up = [one for value in back for one in app.value(value, START)]
    return said


PAIRING = Around(
    pairing=True, token=bytes(8), record=None, policy=Policy(), rules=RULES, taken=False
)


def met(camera: RudeCamera) -> list[Output]:
    """Pair an app with this camera; its user says that it is the same code."""
    app = AppLink(BARE_VIEW, Wish())
    said = talk(camera, app, PAIRING)
    return said + talk(camera, app, PAIRING, app.same(START))


def test_what_a_polite_one_says_leads_to_a_pairing() -> None:
    assert met(RudeCamera())[-1] == Ended(Why.PAIRED)


@pytest.mark.parametrize("state", list(ORDER))
@pytest.mark.parametrize("kind", list(FrameType))
def test_any_frame_but_the_next_of_a_pairing_drops_the_link(
    state: AppState, kind: FrameType
) -> None:
    stage, good = ORDER[state]
    for plain in PLAINS:
        said = met(RudeCamera(stage, (kind, plain)))
        kept = [one for one in said if isinstance(one, Keep)]
        assert len(kept) == (state is AppState.DONE or said[-1] == Ended(Why.PAIRED))
        if kind is good(NONCE)[0] and len(plain) == len(good(bytes(32))[1]):
            assert said[-1] in {Ended(Why.PAIRED), Ended(Why.CRYPTO), Ended(Why.FORMAT)}
        else:
            assert said[-1] == Ended(Why.FORMAT)


ANSWERS: list[Frame] = [
    *[(kind, b"") for kind in FrameType],
    (FrameType.NOTICE, Nothing().encode()),
    (FrameType.REQUEST, Answer(1, Code.BUSY).encode()),
    (FrameType.ANSWER, Answer(2, Code.BUSY).encode()),
    (FrameType.ANSWER, Answer(1, Code.DONE).encode()),
    (FrameType.ANSWER, Answer(1, Code.DONE, {}).encode()),
    (FrameType.ANSWER, Answer(1, Code.DONE, {1: 9}).encode()),
    (FrameType.ANSWER, Answer(1, Code.BUSY, {1: 9}).encode()),
]


def opened(camera: CameraLink) -> tuple[AppLink, Around]:
    air = Air(BARE_CAMERA)
    ours, theirs = records(paired(air, BARE_VIEW))
    app = AppLink(BARE_VIEW, Wish(ours))
    around = replace(PAIRING, pairing=False, record=theirs)
    talk(camera, app, around)
    return app, around


@pytest.mark.parametrize("frame", ANSWERS)
def test_an_answer_to_nothing_or_of_another_kind_drops_the_session(
    frame: Frame,
) -> None:
    camera = RudeCamera(instead=frame)
    app, around = opened(camera)
    assert app.state is AppState.OPEN
    said = talk(camera, app, around, app.ask(LinkVerb.STATE, Nothing()))
    assert said == [Ended(Why.FORMAT)]
    assert not any(isinstance(one, Proved) for one in said)
    assert app.value(b"\xc0x", START) == []


class Talkative(CameraLink):
    """Puts a payload where none belongs."""

    @override
    def _asked(self) -> list[Output]:
        return [self._channel.clear(self._shaking().write(b"x"))]


def test_a_payload_in_a_session_drops_the_link() -> None:
    app, _ = opened(Talkative(BARE_CAMERA, 185, START))
    assert app.state is AppState.OVER


@pytest.mark.parametrize("pairing", [True, False])
def test_a_camera_that_offers_what_was_not_asked_is_left(*, pairing: bool) -> None:
    air = Air(BARE_CAMERA)
    record = records(paired(air, BARE_VIEW))[0]
    app = AppLink(BARE_VIEW, Wish(None if not pairing else record))
    app.start(START)
    hello = CameraHello(bytes(8), pairing, 185).encode()
    (ended,) = app.value(b"\xc0" + hello, START)
    assert ended == Ended(Why.BUSY if pairing else Why.NOT_PAIRING)
