"""Whatever happens in whatever order: few links, one session, records that fit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from lapel.protocol.app_link import AppState, Wish
from lapel.protocol.link import Ended, Keep, Opened, Why
from lapel.protocol.pairing import Policy
from lapel.sim.linking import RULES, Air, Call, Meddler, Way
from lapel.wire.control import LinkVerb, Nothing
from tests.protocol.linked import CAMERA, VIEW


def losing(after: int) -> Meddler:
    """Lose every message behind this many."""
    passed = [0]

    def meddle(_way: Way, _number: int, message: bytes) -> list[bytes]:
        passed[0] += 1
        return [message] if passed[0] <= after else []

    return meddle


@dataclass
class Walk:
    """A camera and one app, to which things happen."""

    air: Air = field(default_factory=lambda: Air(CAMERA))

    @property
    def calls(self) -> list[Call]:
        """Links that the camera has not ended."""
        return [call for call in self.air.calls.values() if not call.done(Ended)]

    def pair(self, number: int) -> None:
        self.air.connect(VIEW, Wish(compare=bool(number % 2)), losing(2 * number))

    def begin(self, number: int) -> None:
        if self.air.pairings:
            records = self.air.pairings.records
            record = records[number % len(records)]
            self.air.connect(VIEW, Wish(record), losing(2 * number))

    def say_same(self, _number: int) -> None:
        for call in self.calls:
            self.air.from_app(call, call.app.same(self.air.now))
        self.air.run()

    def ask(self, number: int) -> None:
        verb = LinkVerb.UNPAIR if number == 9 else LinkVerb.STATE
        for call in self.calls:
            if call.app.state is AppState.OPEN:
                self.air.from_app(call, call.app.ask(verb, Nothing()))
        self.air.run()

    def lose(self, number: int) -> None:
        for call in self.calls[: number % 3]:
            self.air.from_app(call, call.app.end(Why.GONE))
            self.air.from_camera(self.air.camera.gone(call.number))

    def store(self, number: int) -> None:
        """Storage is slow, fails, or does what it was asked for before."""
        self.air.keeping = number % 2 == 0
        for call in self.air.calls.values():
            for kept in call.done(Keep):
                if number < 7:
                    self.air.from_camera(self.air.camera.kept(call.number))
                    if self.air.camera.record == kept.record:
                        self.air.camera_keeps(kept.record)
                else:
                    self.air.from_camera(self.air.camera.not_kept(call.number))
        self.air.run()

    def switch(self, number: int) -> None:
        policy = Policy(view_pairing=number % 4 != 0)
        self.air.from_camera(self.air.camera.obey(policy, RULES))

    def hold(self, _number: int) -> None:
        self.air.chord()

    def press(self, _number: int) -> None:
        self.air.press()

    def wait(self, number: int) -> None:
        self.air.wait(number * 1500)


STEPS: Mapping[str, Callable[[Walk, int], None]] = {
    step.__name__: step
    for step in (
        Walk.pair,
        Walk.begin,
        Walk.say_same,
        Walk.ask,
        Walk.lose,
        Walk.store,
        Walk.switch,
        Walk.hold,
        Walk.press,
        Walk.wait,
    )
}


LIKELY = ("hold", "pair", "pair", "begin", "begin", "ask")
STEP = st.sampled_from(sorted([*STEPS, *LIKELY]))


@given(st.lists(st.tuples(STEP, st.integers(0, 9)), max_size=40))
def test_whatever_happens_one_session_and_records_that_fit(
    steps: list[tuple[str, int]],
) -> None:
    walk = Walk()
    for name, number in [("hold", 0), *steps]:
        STEPS[name](walk, number)
        sessions = [call for call in walk.calls if call.done(Opened)]
        assert len(sessions) <= 1
        assert len(walk.calls) <= 2 + 1 + len(sessions)
    walk.store(0)
    walk.switch(1)
    walk.wait(60)
    walk.lose(2)
    walk.wait(60)
    record = walk.air.camera.record
    fitting = 0
    for held in walk.air.pairings.records if walk.air.pairings else ():
        call = walk.air.connect(VIEW, Wish(held))
        if call.app.state is AppState.OPEN:
            walk.ask(0)
            assert call.done(Opened)
            assert record is not None
            assert held.h == record.h
            fitting += 1
    assert fitting == (record is not None)
    assert walk.air.stored == record
