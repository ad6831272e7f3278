"""Pairing: both ends together, grants, comparison, demands."""

from dataclasses import replace

import pytest

from lapel.base.clock import ClockQuality
from lapel.protocol.app_link import AppState, Wish
from lapel.protocol.link import Ended, Judged, Keep, Show, Why
from lapel.protocol.pairing import Demands, Identity, Policy
from lapel.sim.linking import SERIAL, START_MS, Air, LinkAgency, Way
from lapel.wire.grant import GrantRole
from lapel.wire.pairing import How
from tests.protocol.linked import (
    AGENCY,
    BARE_CAMERA,
    BARE_VIEW,
    CAMERA,
    QUICK,
    VIEW,
    demanding,
    ends,
    paired,
    records,
)


@pytest.mark.parametrize("mtu", [23, 185, 247, 517])
def test_two_with_grants_pair_and_both_know_whom(mtu: int) -> None:
    air = Air(CAMERA, mtu=mtu)
    call = paired(air)
    assert ends(call) == ([Why.PAIRED], [Why.PAIRED])
    app, camera = records(call)
    assert (app.how, app.role, app.holder) == (How.GRANT, GrantRole.CAMERA, SERIAL)
    assert (camera.how, camera.role) == (How.GRANT, GrantRole.VIEW)
    assert camera.holder == "view-1"
    assert (app.psk, app.wifi, app.disc, app.h) == (
        camera.psk,
        camera.wifi,
        camera.disc,
        camera.h,
    )
    assert app.peer == CAMERA.static.point
    assert camera.peer == VIEW.static.point
    assert camera.utc_ms == START_MS
    assert air.camera.record == camera
    assert not air.camera.pairing


def test_an_app_in_a_car_has_the_role_of_its_grant() -> None:
    car = AGENCY.device(GrantRole.VIEW_XL, "car-1")
    record = records(paired(Air(CAMERA), car))[1]
    assert (record.role, record.holder) == (GrantRole.VIEW_XL, "car-1")


def test_messages_of_a_pairing_have_the_sizes_of_the_format() -> None:
    air = Air(BARE_CAMERA)
    call = paired(air, BARE_VIEW)
    up = [len(message) for way, message in call.passed if way is Way.UP]
    down = [len(message) for way, message in call.passed if way is Way.DOWN]
    assert up == [7, 65, 97, 25]
    assert down == [16, 162, 56, 32]


def test_a_pairing_without_grants_is_recorded_as_by_the_button() -> None:
    app, camera = records(paired(Air(BARE_CAMERA), BARE_VIEW))
    assert (app.how, app.holder) == (How.BUTTON, None)
    assert (camera.how, camera.role) == (How.BUTTON, GrantRole.VIEW)


def test_both_show_the_same_code_and_record_that_it_was_compared() -> None:
    air = Air(BARE_CAMERA)
    air.chord()
    call = air.connect(BARE_VIEW, Wish())
    assert call.app.state is AppState.SHOWN
    assert call.said(Show) == call.done(Show)
    air.press()
    air.from_app(call, call.app.same(air.now))
    air.run()
    app, camera = records(call)
    assert (app.how, camera.how) == (How.COMPARED, How.COMPARED)


def test_without_the_event_button_the_camera_does_not_record_a_comparison() -> None:
    call = paired(Air(BARE_CAMERA), BARE_VIEW, Wish())
    app, camera = records(call)
    assert (app.how, camera.how) == (How.COMPARED, How.BUTTON)


def test_a_press_later_than_a_minute_after_the_code_does_not_count() -> None:
    air = Air(BARE_CAMERA, policy=demanding(compared=True))
    call = paired(air, BARE_VIEW, Wish())
    assert not call.done(Keep)
    air.wait(59_999)
    assert not call.done(Ended)
    air.wait(1)
    air.press()
    assert ends(call)[1] == [Why.LATE]
    assert air.camera.record is None


@pytest.mark.parametrize("first", ["press", "confirm"])
def test_where_comparison_is_demanded_the_camera_waits_for_event(first: str) -> None:
    air = Air(BARE_CAMERA, policy=demanding(compared=True))
    air.chord()
    call = air.connect(BARE_VIEW, Wish())
    if first == "press":
        air.press()
    air.from_app(call, call.app.same(air.now))
    air.run()
    if first == "confirm":
        assert call.app.state is AppState.DONE
        assert not call.done(Keep)
        air.press()
    assert ends(call) == ([Why.PAIRED], [Why.PAIRED])
    assert records(call)[1].how is How.COMPARED


@pytest.mark.parametrize(
    ("policy", "app", "wish"),
    [
        (demanding(grant=True), BARE_VIEW, Wish()),
        (demanding(button=False), BARE_VIEW, QUICK),
        (demanding(compared=True), VIEW, QUICK),
        (demanding(grant=True, compared=True), BARE_VIEW, Wish()),
    ],
)
def test_what_does_not_meet_the_policy_leaves_nothing(
    policy: Policy, app: Identity, wish: Wish
) -> None:
    air = Air(CAMERA, policy=policy)
    call = paired(air, app, wish)
    assert ends(call) == ([Why.CRYPTO], [Why.UNVERIFIED])
    assert not call.done(Keep)
    assert air.camera.record is None


def test_where_a_grant_is_demanded_nobody_without_one_gets_to_a_code() -> None:
    air = Air(CAMERA, policy=demanding(grant=True))
    call = paired(air, BARE_VIEW, Wish())
    down = [len(message) for way, message in call.passed if way is Way.DOWN]
    assert len(down) == 3
    assert down[-1] == 2


def test_an_app_that_knows_the_camera_by_the_button_is_refused_where_forbidden() -> (
    None
):
    air = Air(BARE_CAMERA, policy=demanding(button=False))
    call = paired(air, VIEW)
    assert ends(call) == ([Why.CRYPTO], [Why.UNVERIFIED])


def test_where_the_button_is_forbidden_a_comparison_is_waited_for() -> None:
    air = Air(BARE_CAMERA, policy=demanding(button=False))
    call = paired(air, BARE_VIEW, Wish())
    assert not call.done(Keep)
    air.press()
    assert records(call)[1].how is How.COMPARED


@pytest.mark.parametrize(
    ("demands", "state"),
    [
        (Demands(grant=True), AppState.OVER),
        (Demands(compared=True), AppState.SHOWN),
        (Demands(button=False), AppState.SHOWN),
    ],
)
def test_an_app_has_demands_too(demands: Demands, state: AppState) -> None:
    air = Air(BARE_CAMERA)
    air.chord()
    call = air.connect(VIEW, Wish(demands=demands, compare=False))
    assert call.app.state is state
    if state is AppState.OVER:
        assert ends(call)[0] == [Why.UNVERIFIED]
        assert len([1 for way, _ in call.passed if way is Way.UP]) == 2


def test_a_camera_that_is_not_the_users_is_not_known_by_its_grant() -> None:
    for holders, how in ((frozenset({SERIAL}), How.GRANT), (frozenset[str](), None)):
        trust = replace(VIEW.trust, holders=holders)
        air = Air(CAMERA)
        wish = Wish(demands=Demands(grant=True), compare=False)
        call = paired(air, replace(VIEW, trust=trust), wish)
        found = [keep.record.how for keep in call.said(Keep)]
        assert found == ([how] if how else [])


def test_an_expired_grant_counts_for_nothing_unless_the_clock_is_unset() -> None:
    old = LinkAgency(AGENCY.key, until_ms=START_MS - 1)
    for clock, how in ((ClockQuality.RTC, How.BUTTON), (ClockQuality.UNSET, How.GRANT)):
        air = Air(CAMERA)
        air.now = replace(air.now, clock=clock)
        record = records(paired(air, old.view()))[1]
        assert (record.how, record.clock) == (how, clock)


def test_both_say_whom_they_meet_before_anything_is_kept() -> None:
    air = Air(CAMERA)
    air.chord()
    call = air.connect(VIEW, Wish())
    assert call.said(Judged) == [Judged(GrantRole.CAMERA, SERIAL)]
    assert call.done(Judged) == [Judged(GrantRole.VIEW, "view-1")]
    bare = Air(BARE_CAMERA)
    bare.chord()
    unverified = bare.connect(BARE_VIEW, Wish())
    assert unverified.said(Judged) == [Judged(GrantRole.CAMERA, reason="grant-none")]
    assert unverified.done(Judged) == [Judged(GrantRole.VIEW, reason="grant-none")]
    assert not unverified.said(Keep)


def test_without_an_agency_no_grant_counts() -> None:
    unowned = replace(CAMERA, trust=replace(CAMERA.trust, grant_key=None))
    assert records(paired(Air(unowned)))[1].how is How.BUTTON


def test_an_app_that_must_know_the_camera_by_grant_is_not_believed_otherwise() -> None:
    air = Air(BARE_CAMERA, policy=demanding(grant=True))
    assert ends(paired(air, VIEW, Wish())) == ([Why.CRYPTO], [Why.UNVERIFIED])


def test_saying_same_twice_counts_once() -> None:
    air = Air(CAMERA)
    air.chord()
    call = air.connect(VIEW, Wish())
    air.from_app(call, call.app.same(air.now))
    assert call.app.same(air.now) == []
    air.run()
    assert call.app.same(air.now) == []
    assert ends(call) == ([Why.PAIRED], [Why.PAIRED])
