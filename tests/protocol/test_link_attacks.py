"""Attacks on the link: whoever stands between, replays, floods, or cuts the power."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import pytest
from typing_extensions import override

from lapel.base.clock import ClockQuality
from lapel.crypto.noise import P256Pair
from lapel.protocol.app_link import AppLink, AppState, Wish
from lapel.protocol.camera_link import Around, CameraLink
from lapel.protocol.link import (
    Asked,
    Ended,
    Keep,
    Now,
    Opened,
    Output,
    Send,
    Show,
    Why,
)
from lapel.protocol.pairing import Demands, Identity, Policy
from lapel.sim.linking import (
    RULES,
    START_MS,
    Air,
    Call,
    LinkAgency,
    Meddler,
    Way,
    entropy_of,
    honest,
)
from lapel.wire.control import LinkVerb, Nothing
from lapel.wire.link import AppHello, CameraHello, FrameType, Mode, Reject, reject
from tests.protocol.linked import (
    AGENCY,
    BARE_CAMERA,
    BARE_VIEW,
    CAMERA,
    QUICK,
    VIEW,
    ends,
    paired,
    records,
)

START = Now(0, START_MS, ClockQuality.SERVER)
MALLORY = replace(
    AGENCY.camera(granted=False), static=P256Pair.fresh(entropy_of("mallory"))
)


def fresh(*, granted: bool = True) -> tuple[Identity, Identity]:
    """Camera and app whose randomness begins anew, so that a run can be repeated."""
    agency = AGENCY
    return agency.camera(granted=granted), agency.view(granted=granted)


def pair_with(meddler: Meddler) -> tuple[Air, Call]:
    camera, view = fresh()
    air = Air(camera, mtu=517)
    air.chord()
    return air, air.connect(view, QUICK, meddler)


def session_with(meddler: Meddler) -> tuple[Air, Call]:
    camera, view = fresh()
    air = Air(camera, mtu=517)
    paired(air, view)
    assert air.pairings is not None
    call = air.connect(view, Wish(air.pairings.records[0]), meddler)
    if call.app.state is AppState.OPEN:
        air.from_app(call, call.app.ask(LinkVerb.STATE, Nothing()))
        air.run()
    return air, call


def at(way: Way, number: int, change: Sequence[bytes]) -> Meddler:
    def meddle(seen: Way, count: int, message: bytes) -> Sequence[bytes]:
        return change if (seen, count) == (way, number) else (message,)

    return meddle


PAIRING = list(enumerate(pair_with(honest)[1].passed))
SESSION = list(enumerate(session_with(honest)[1].passed))


def place(passed: Sequence[tuple[int, tuple[Way, bytes]]], index: int) -> int:
    way = passed[index][1][0]
    return sum(1 for _, (seen, _) in passed[:index] if seen is way)


def nothing_came_of(call: Call) -> None:
    assert not call.done(Keep)
    assert not call.done(Opened)
    assert not call.done(Asked)


LAST_OF_PAIRING = len(PAIRING) - 1
BEFORE_CONFIRM = [i for i in range(len(PAIRING)) if i < LAST_OF_PAIRING]
BEFORE_REQUEST = range(len(SESSION))


@pytest.mark.parametrize("index", BEFORE_CONFIRM)
def test_every_flipped_byte_of_a_pairing_leaves_no_record(index: int) -> None:
    way, message = PAIRING[index][1]
    for byte in range(len(message)):
        changed = bytearray(message)
        changed[byte] ^= 1 << byte % 8
        _, call = pair_with(at(way, place(PAIRING, index), [bytes(changed)]))
        nothing_came_of(call)
        assert call.done(Ended) or call.said(Ended)


def test_a_flipped_last_word_leaves_both_with_the_new_record() -> None:
    way, message = PAIRING[LAST_OF_PAIRING][1]
    for byte in range(len(message)):
        changed = bytearray(message)
        changed[byte] ^= 1
        number = place(PAIRING, LAST_OF_PAIRING)
        air, call = pair_with(at(way, number, [bytes(changed)]))
        app, camera = records(call)
        assert app.psk == camera.psk
        assert air.camera.record == camera


@pytest.mark.parametrize("index", BEFORE_REQUEST)
def test_every_flipped_byte_of_a_session_opens_nothing(index: int) -> None:
    way, message = SESSION[index][1]
    for byte in range(len(message)):
        changed = bytearray(message)
        changed[byte] ^= 1 << byte % 8
        _, call = session_with(at(way, place(SESSION, index), [bytes(changed)]))
        nothing_came_of(call)


Passed: TypeAlias = list[tuple[int, tuple[Way, bytes]]]
BOTH = [
    pytest.param(play, passed, index, id=f"{name} {index}")
    for name, play, passed in (
        ("pairing", pair_with, PAIRING),
        ("session", session_with, SESSION),
    )
    for index in range(len(passed))
]


@pytest.mark.parametrize(("run", "passed", "index"), BOTH)
def test_truncated_reflected_doubled_and_reordered(
    run: Callable[[Meddler], tuple[Air, Call]], passed: Passed, index: int
) -> None:
    way, message = passed[index][1]
    number = place(passed, index)
    others = [m for _, (_, m) in passed if m != message]
    changes = [[message[:-1]], [message[: len(message) // 2]], [message + b"\0"]]
    changes += [[other] for other in others]
    changes += [[other, message] for other in others]
    for change in changes:
        _, call = run(at(way, number, [one for one in change if one]))
        if index < len(passed) - 1:
            nothing_came_of(call)
    _, doubled = run(at(way, number, [message, message]))
    assert len(doubled.done(Asked)) <= 1
    assert len(doubled.done(Keep)) <= 1


def test_a_recorded_session_cannot_be_played_again() -> None:
    air, first = session_with(honest)
    assert first.done(Asked)
    up = [message for way, message in first.passed if way is Way.UP]
    air.from_camera(air.camera.gone(first.number))

    def replay(way: Way, number: int, _message: bytes) -> Sequence[bytes]:
        return up if (way, number) == (Way.UP, 0) else ()

    assert air.pairings is not None
    call = air.connect(VIEW, Wish(air.pairings.records[0]), replay)
    nothing_came_of(call)
    assert ends(call)[1] == [Why.CRYPTO]


@pytest.mark.parametrize(
    "changed",
    [
        AppHello(Mode.PAIR, most=2).encode(),
        AppHello(Mode.PAIR, least=0).encode(),
        AppHello(Mode.PAIR, suites=3).encode(),
        AppHello(Mode.PAIR, caps=b"x").encode(),
    ],
)
def test_a_changed_hello_of_the_app_fails_the_first_tag(changed: bytes) -> None:
    _, call = pair_with(at(Way.UP, 0, [changed]))
    assert ends(call)[0] == [Why.CRYPTO]
    assert len([way for way, _ in call.passed if way is Way.UP]) == 2
    nothing_came_of(call)


def test_a_changed_hello_of_the_camera_fails_the_first_tag() -> None:
    hello = CameraHello.decode(PAIRING[1][1][1])
    for changed in (
        replace(hello, mtu=516),
        replace(hello, token=bytes(8)),
        replace(hello, caps=b"x"),
    ):
        _, call = pair_with(at(Way.DOWN, 0, [changed.encode()]))
        assert ends(call)[0] == [Why.CRYPTO]
        nothing_came_of(call)


def test_versions_and_suites_that_are_not_spoken_are_refused() -> None:
    for hello in (AppHello(Mode.PAIR, 2, 9), AppHello(Mode.PAIR, suites=2)):
        _, call = pair_with(at(Way.UP, 0, [hello.encode()]))
        assert ends(call) == ([Why.VERSION], [Why.VERSION])


@pytest.mark.parametrize("code", list(Reject))
def test_whatever_is_said_in_clear_an_app_deletes_no_pairing(code: Reject) -> None:
    for number in range(2):
        air, call = session_with(at(Way.DOWN, number, [reject(code)]))
        assert [type(output) for output in call.heard] == [Ended]
        assert air.pairings is not None
        assert air.camera.record is not None


def test_a_man_in_the_middle_with_two_handshakes_shows_two_codes() -> None:
    front, back = Air(MALLORY), Air(BARE_CAMERA)
    for air in (front, back):
        air.chord()
    victim = front.connect(BARE_VIEW, Wish())
    mallory = back.connect(replace(MALLORY, trust=BARE_VIEW.trust), Wish())
    (seen,), (shown,) = victim.said(Show), mallory.done(Show)
    assert seen.code.digits != shown.code.digits
    assert seen.code.flashes != shown.code.flashes


def test_a_copied_grant_is_refused_before_the_third_message() -> None:
    thief = replace(MALLORY, grant=CAMERA.grant)
    air = Air(thief)
    air.chord()
    call = air.connect(VIEW, QUICK)
    assert ends(call)[0] == [Why.CRYPTO]
    assert len([way for way, _ in call.passed if way is Way.UP]) == 2
    assert VIEW.static.point not in b"".join(m for _, m in call.passed)


def test_a_copied_grant_of_an_app_is_refused() -> None:
    thief = replace(MALLORY, grant=VIEW.grant, trust=VIEW.trust)
    air = Air(CAMERA)
    air.chord()
    assert ends(air.connect(thief, QUICK))[1] == [Why.CRYPTO]
    assert air.camera.record is None


def test_a_grant_of_the_wrong_role_is_refused() -> None:
    air = Air(replace(VIEW, trust=CAMERA.trust))
    air.chord()
    assert ends(air.connect(AGENCY.view("view-2"), QUICK))[0] == [Why.CRYPTO]


def test_a_grant_of_another_agency_is_refused() -> None:
    other = LinkAgency(tenant="south")
    for camera, view in ((other.camera(), VIEW), (CAMERA, other.view())):
        air = Air(camera)
        air.chord()
        call = air.connect(view, QUICK)
        assert Why.CRYPTO in ends(call)[0] + ends(call)[1]
        nothing_came_of(call)


def test_a_replayed_second_message_does_not_fit_another_pairing() -> None:
    recorded = PAIRING[3][1][1]
    air = Air(BARE_CAMERA, mtu=517)
    air.chord()
    call = air.connect(VIEW, QUICK, at(Way.DOWN, 1, [recorded]))
    assert ends(call)[0] == [Why.CRYPTO]
    nothing_came_of(call)


def test_where_a_grant_is_demanded_a_stripped_one_stops_the_app() -> None:
    air = Air(MALLORY)
    air.chord()
    call = air.connect(VIEW, Wish(demands=Demands(grant=True)))
    assert ends(call)[0] == [Why.UNVERIFIED]
    assert len([way for way, _ in call.passed if way is Way.UP]) == 2


class Grinder(CameraLink):
    """A camera with good keys that picks its nonce after it has seen the app's."""

    @override
    def _frame(self, message: bytes, now: Now, around: Around) -> list[Output]:
        self._channel.open(message)
        return [self._channel.frame(FrameType.SAS_NB, bytes(16))]


def test_a_nonce_that_was_not_committed_to_is_refused() -> None:
    camera = Grinder(BARE_CAMERA, 185, START)
    app = AppLink(BARE_VIEW, Wish())
    around = Around(True, bytes(8), None, Policy(), RULES, False)
    up, said = app.start(START), list[Output]()
    while up:
        values = [value for one in up if isinstance(one, Send) for value in one.values]
        down = [one for v in values for one in camera.value(v, START, around)]
        back = [value for one in down if isinstance(one, Send) for value in one.values]
        up = [one for value in back for one in app.value(value, START)]
        said += up
    assert said[-1] == Ended(Why.CRYPTO)
    assert not any(isinstance(one, Show) for one in said)
