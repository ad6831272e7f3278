"""Sessions: what is asked and answered, half-open ones, their end, who comes second."""

import pytest

from lapel.base.clock import ClockQuality
from lapel.base.errors import RefusedError
from lapel.protocol.app_link import AppState, Wish
from lapel.protocol.link import (
    HALF_OPEN_MS,
    SESSION_MS,
    Answered,
    Asked,
    Ended,
    Keep,
    Noticed,
    Opened,
    Proved,
    Why,
)
from lapel.sim.linking import Air, Call, Way, silent
from lapel.wire.control import (
    CameraMode,
    LinkVerb,
    Nothing,
    RecordingsBefore,
    State,
)
from lapel.wire.document import Document
from lapel.wire.link import FrameType
from lapel.wire.pairing import Record
from lapel.wire.port import Code
from tests.protocol.linked import CAMERA, VIEW, ends, paired, records

STATE = State(
    CameraMode.BUFFERING, 80, 50, False, False, None, 0, 3, ClockQuality.SERVER
)


@pytest.fixture
def air() -> Air:
    """A camera with a pairing."""
    made = Air(CAMERA)
    records(paired(made))
    return made


def record(air: Air) -> Record:
    assert air.pairings is not None
    return air.pairings.records[0]


def opened(air: Air) -> Call:
    call = air.connect(VIEW, Wish(record(air)))
    assert call.app.state is AppState.OPEN
    return call


def ask(
    air: Air, call: Call, verb: LinkVerb, arguments: Document | None = None
) -> None:
    air.from_app(call, call.app.ask(verb, arguments or Nothing()))
    air.run()


def answer(air: Air, call: Call, result: Document | None, code: Code) -> None:
    (asked,) = call.done(Asked)[-1:]
    air.from_camera(air.camera.answer(call.number, asked.number, code, result))
    air.run()


def test_a_session_is_asked_and_answers(air: Air) -> None:
    call = opened(air)
    ask(air, call, LinkVerb.STATE)
    assert call.done(Asked) == [Asked(1, LinkVerb.STATE, Nothing())]
    answer(air, call, STATE, Code.DONE)
    assert call.said(Answered) == [Answered(1, Code.DONE, STATE)]
    assert call.said(Proved) == [Proved(record(air))]
    air.from_camera(air.camera.notice(STATE))
    air.run()
    assert call.said(Noticed) == [Noticed(STATE)]
    sizes = [len(message) for _, message in call.passed]
    assert sizes[2:4] == [81, 81]


def test_the_camera_does_nothing_before_the_first_valid_frame(air: Air) -> None:
    call = opened(air)
    assert call.told == []
    ask(air, call, LinkVerb.STATE)
    assert [type(output) for output in call.told] == [Opened, Asked]


def test_the_app_holds_its_record_proved_only_by_the_first_frame(air: Air) -> None:
    call = opened(air)
    assert call.said(Opened)
    assert not call.said(Proved)
    ask(air, call, LinkVerb.PRIORITISE)
    assert [type(output) for output in call.heard] == [Opened, Proved, Answered]


def test_one_request_at_a_time(air: Air) -> None:
    call = opened(air)
    ask(air, call, LinkVerb.STATE)
    ask(air, call, LinkVerb.RECORDINGS, RecordingsBefore(None))
    assert call.said(Answered) == [Answered(2, Code.BUSY, reason="one-at-a-time")]
    answer(air, call, STATE, Code.DONE)
    assert call.said(Answered)[1:] == [Answered(1, Code.DONE, STATE)]
    assert len(call.done(Opened)) == len(call.said(Proved)) == 1


def test_what_is_not_pending_is_not_answered(air: Air) -> None:
    call = opened(air)
    before = len(call.passed)
    for number in (0, 1, 7):
        assert air.camera.answer(call.number, number, Code.DONE) == []
    assert air.camera.answer(99, 1, Code.DONE) == []
    assert air.camera.notice(STATE) == []
    assert len(call.passed) == before


def test_an_app_asks_in_an_open_session_only(air: Air) -> None:
    call = opened(air)
    air.from_app(call, call.app.end(Why.GONE))
    with pytest.raises(RefusedError):
        call.app.ask(LinkVerb.STATE, Nothing())


def test_a_refusal_is_not_found_as_the_shell_says(air: Air) -> None:
    call = opened(air)
    ask(air, call, LinkVerb.STATE)
    answer(air, call, None, Code.NOT_FOUND)
    assert call.said(Answered) == [Answered(1, Code.NOT_FOUND, reason="")]


def test_at_most_two_are_half_open_and_for_five_seconds(air: Air) -> None:
    mute = [air.connect(VIEW, Wish(record(air)), silent) for _ in range(9)]
    reasons = [ends(call)[1] for call in mute]
    assert reasons == [[], [], *[[Why.BUSY]] * 7]
    air.wait(HALF_OPEN_MS - 1)
    assert not mute[0].done(Ended)
    air.wait(1)
    assert [ends(call)[1] for call in mute[:2]] == [[Why.LATE]] * 2
    call = opened(air)
    ask(air, call, LinkVerb.STATE)
    assert call.done(Opened)


def test_a_handshake_without_a_frame_is_half_open(air: Air) -> None:
    call = opened(air)
    air.wait(HALF_OPEN_MS)
    assert ends(call)[1] == [Why.LATE]


def test_a_flood_does_not_touch_the_session_that_is_open(air: Air) -> None:
    call = opened(air)
    ask(air, call, LinkVerb.STATE)
    for _ in range(50):
        air.connect(VIEW, Wish(record(air)), silent)
        air.wait(100)
    answer(air, call, STATE, Code.DONE)
    assert call.said(Answered)
    assert not call.done(Ended)


def test_the_app_gives_up_on_a_camera_that_is_silent(air: Air) -> None:
    call = air.connect(
        VIEW, Wish(record(air)), lambda way, _, m: (m,) if way is Way.UP else ()
    )
    air.wait(HALF_OPEN_MS)
    assert ends(call)[0] == [Why.LATE]


def test_a_session_lasts_twelve_hours(air: Air) -> None:
    call = opened(air)
    ask(air, call, LinkVerb.STATE)
    air.wait(SESSION_MS - 1)
    assert not call.done(Ended)
    air.wait(1)
    assert ends(call) == ([Why.WORN_OUT], [Why.WORN_OUT])


def test_a_session_that_opens_ends_the_one_before(air: Air) -> None:
    calls = [opened(air) for _ in range(2)]
    ask(air, calls[0], LinkVerb.STATE)
    assert not calls[1].done(Ended), "it has not opened yet"
    ask(air, calls[1], LinkVerb.STATE)
    assert ends(calls[0])[1] == [Why.REPLACED]
    assert calls[1].done(Opened)


def test_no_session_opens_while_a_pairing_is_at_work(air: Air) -> None:
    waiting = opened(air)
    air.chord()
    pairing = air.connect(VIEW, Wish())
    ask(air, waiting, LinkVerb.STATE)
    assert ends(waiting) == ([Why.BUSY], [Why.BUSY])
    air.wait(59_999)
    late = air.connect(VIEW, Wish(record(air)))
    assert ends(late) == ([Why.BUSY], [Why.BUSY])
    assert pairing.app.state is AppState.SHOWN


def test_no_session_opens_while_storage_is_at_work_for_a_lost_link(air: Air) -> None:
    air.keeping = False
    air.chord()
    pairing = air.connect(VIEW, Wish(compare=False))
    assert pairing.done(Keep)
    air.from_camera(air.camera.gone(pairing.number))
    air.wait(60_000)
    old = record(air)
    early = air.connect(VIEW, Wish(old))
    assert ends(early) == ([Why.BUSY], [Why.BUSY])
    air.from_camera(air.camera.kept(pairing.number))
    assert air.camera.record is not None
    assert air.camera.record.h == pairing.said(Keep)[0].record.h
    assert air.camera.kept(pairing.number) == []


def test_nothing_is_said_in_clear_after_the_hellos(air: Air) -> None:
    call = opened(air)
    ask(air, call, LinkVerb.STATE)
    answer(air, call, STATE, Code.DONE)
    (_, app_hello), (_, camera_hello), *rest = call.passed
    assert app_hello[0] == 0
    assert camera_hello[0] == 1
    for number, (_, message) in enumerate(rest):
        assert STATE.encode()[:8] not in message
        if number >= 2:
            assert message[0] in {FrameType.REQUEST, FrameType.ANSWER}


def test_a_camera_without_a_pairing_answers_a_session_as_if_it_did_not_hold() -> None:
    air = Air(CAMERA)
    known = records(paired(Air(CAMERA)))[0]
    call = air.connect(VIEW, Wish(known))
    assert ends(call) == ([Why.CRYPTO], [Why.CRYPTO])


def test_deadlines_are_told(air: Air) -> None:
    assert air.camera.next_deadline() is None
    call = opened(air)
    due = air.now.mono_ms + HALF_OPEN_MS
    assert air.camera.next_deadline() == due
    ask(air, call, LinkVerb.STATE)
    later = air.now.mono_ms + SESSION_MS
    assert air.camera.next_deadline() == later
    assert call.app.next_deadline() == later
    air.from_camera(air.camera.gone(call.number))
    assert air.camera.next_deadline() is None
