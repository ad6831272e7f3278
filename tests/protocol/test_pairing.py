"""Pairing: both ends together, demands, comparison, pairing mode, one peer."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lapel.base.clock import ClockQuality
from lapel.crypto.link import token
from lapel.protocol.app_link import AppState, Wish
from lapel.protocol.link import Ended, Forget, Keep, Opened, Proved, Show, Why
from lapel.protocol.pairing import Demands, Identity, Policy
from lapel.sim.linking import RULES, SERIAL, START_MS, Air, Call, LinkAgency, Way
from lapel.wire.control import LinkVerb, Nothing
from lapel.wire.grant import GrantRole
from lapel.wire.link import SLOT_S, Reject, read_reject
from lapel.wire.pairing import How, Record

AGENCY = LinkAgency()
CAMERA = AGENCY.camera()
VIEW = AGENCY.view()
BARE_CAMERA = AGENCY.camera(granted=False)
BARE_VIEW = AGENCY.view(granted=False)
QUICK = Wish(compare=False)


def demanding(
    *, grant: bool = False, compared: bool = False, button: bool = True
) -> Policy:
    return Policy(demands=Demands(grant, compared, button))


def paired(air: Air, app: Identity = VIEW, wish: Wish = QUICK) -> Call:
    air.chord()
    call = air.connect(app, wish)
    if call.app.state is AppState.SHOWN:
        air.from_app(call, call.app.same(air.now))
        air.run()
    return call


def session(air: Air, app: Identity, record: Record) -> Call:
    call = air.connect(app, Wish(record))
    if call.app.state is AppState.OPEN:
        air.from_app(call, call.app.ask(LinkVerb.STATE, Nothing()))
        air.run()
    return call


def ends(call: Call) -> tuple[list[Why], list[Why]]:
    """Why the app's end and the camera's end ended."""
    return [e.why for e in call.said(Ended)], [e.why for e in call.done(Ended)]


def in_pairing_mode(air: Air) -> bool:
    return air.camera.pairing


def kept(air: Air) -> list[Record]:
    """What the app keeps."""
    return list(air.pairings.records) if air.pairings else []


def records(call: Call) -> tuple[Record, Record]:
    (app,), (camera,) = call.said(Keep), call.done(Keep)
    return app.record, camera.record


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


def test_without_an_agency_no_grant_counts() -> None:
    unowned = replace(CAMERA, trust=replace(CAMERA.trust, grant_key=None))
    assert records(paired(Air(unowned)))[1].how is How.BUTTON


def test_outside_pairing_mode_a_pairing_is_refused_and_nothing_changes() -> None:
    air = Air(CAMERA)
    call = air.connect(VIEW, QUICK)
    assert ends(call) == ([Why.NOT_PAIRING], [Why.NOT_PAIRING])
    assert read_reject(call.passed[-1][1]) is Reject.NOT_PAIRING


def test_in_pairing_mode_only_a_pairing_is_answered() -> None:
    air = Air(CAMERA)
    record = records(paired(air))[0]
    air.chord()
    assert ends(session(air, VIEW, record)) == ([Why.BUSY], [Why.BUSY])


def test_pairing_mode_ends_after_a_minute_and_with_it_what_has_hardly_begun() -> None:
    air = Air(CAMERA)
    air.chord()
    air.wait(59_000)
    call = air.connect(VIEW, QUICK, lambda _way, number, m: (m,) if not number else ())
    air.wait(999)
    assert in_pairing_mode(air)
    assert not call.done(Ended)
    air.wait(1)
    assert not in_pairing_mode(air)
    assert ends(call)[1] == [Why.LATE]


def spoilt(way: Way, number: int, message: bytes) -> Sequence[bytes]:
    """Spoil the third message of a pairing."""
    last = way is Way.UP and number == 2
    return (bytes(len(message)) if last else message,)


def test_three_failures_close_pairing_mode() -> None:
    air = Air(CAMERA)
    air.chord()
    for _ in range(3):
        assert air.camera.pairing
        call = air.connect(VIEW, QUICK, spoilt)
        assert ends(call)[1] == [Why.CRYPTO]
    assert not air.camera.pairing
    assert ends(air.connect(VIEW, QUICK)) == ([Why.NOT_PAIRING], [Why.NOT_PAIRING])
    air.chord()
    for _ in range(2):
        air.connect(VIEW, QUICK, spoilt)
    assert ends(air.connect(VIEW, QUICK)) == ([Why.PAIRED], [Why.PAIRED])


def test_a_code_that_was_called_different_counts_as_a_failure() -> None:
    air = Air(BARE_CAMERA)
    air.chord()
    for _ in range(3):
        call = air.connect(BARE_VIEW, Wish())
        air.from_app(call, call.app.end(Why.DIFFERENT))
        air.from_camera(air.camera.gone(call.number))
        assert ends(call) == ([Why.DIFFERENT], [Why.GONE])
    assert not air.camera.pairing


def test_a_second_phone_is_turned_away_while_one_is_being_paired() -> None:
    air = Air(CAMERA)
    air.chord()
    first = air.connect(VIEW, Wish())
    second = air.connect(AGENCY.view("view-2"), QUICK)
    assert ends(second) == ([Why.BUSY], [Why.BUSY])
    air.from_app(first, first.app.same(air.now))
    air.run()
    assert ends(first) == ([Why.PAIRED], [Why.PAIRED])


def test_another_phone_replaces_the_first_only_when_it_is_confirmed() -> None:
    air = Air(CAMERA)
    first = records(paired(air))[0]
    before = air.pairings
    air.pairings = None
    second_view = AGENCY.view("view-2")
    air.chord()
    call = air.connect(second_view, Wish())
    assert air.camera.record is not None
    assert air.camera.record.peer == VIEW.static.point
    air.from_app(call, call.app.same(air.now))
    air.run()
    assert air.camera.record.peer == second_view.static.point
    air.pairings = before
    assert ends(session(air, VIEW, first)) == ([Why.CRYPTO], [Why.CRYPTO])
    assert air.pairings == before


def test_an_open_session_ends_when_another_phone_is_paired() -> None:
    air = Air(CAMERA)
    call = session(air, VIEW, records(paired(air))[0])
    assert call.done(Opened)
    paired(air, AGENCY.view("view-2"))
    assert ends(call)[1] == [Why.REPLACED]


def test_an_app_keeps_its_old_record_until_a_session_with_the_new_one() -> None:
    air = Air(CAMERA)
    old = records(paired(air))[0]
    new = records(paired(air))[0]
    assert kept(air) == [new, old]
    call = air.connect(VIEW, Wish(new))
    assert kept(air) == [new, old]
    air.from_app(call, call.app.ask(LinkVerb.UNPAIR, Nothing()))
    air.run()
    assert call.said(Proved)
    assert kept(air) == [new]


def test_unpairing_erases_before_it_is_answered() -> None:
    air = Air(CAMERA)
    record = records(paired(air))[0]
    call = air.connect(VIEW, Wish(record))
    air.from_app(call, call.app.ask(LinkVerb.UNPAIR, Nothing()))
    assert [type(output) for output in call.told] == []
    air.run()
    assert [type(output) for output in call.told] == [Opened, Forget, Ended]
    assert air.camera.record is None
    assert ends(session(air, VIEW, record)) == ([Why.CRYPTO], [Why.CRYPTO])


@pytest.mark.parametrize(
    "policy", [Policy(bluetooth=False), Policy(view_pairing=False)]
)
def test_where_view_is_off_nobody_pairs_and_sessions_end_but_the_record_stays(
    policy: Policy,
) -> None:
    air = Air(CAMERA)
    record = records(paired(air))[0]
    call = session(air, VIEW, record)
    air.from_camera(air.camera.obey(policy, RULES))
    assert ends(call)[1] == [Why.POLICY]
    air.chord()
    assert not air.camera.pairing
    for wish in (QUICK, Wish(record)):
        assert ends(air.connect(VIEW, wish))[1] == [Why.POLICY]
    assert air.camera.record is not None
    air.from_camera(air.camera.obey(Policy(), RULES))
    assert session(air, VIEW, record).done(Opened)


def test_a_change_of_policy_ends_a_pairing_under_way() -> None:
    air = Air(CAMERA)
    air.chord()
    call = air.connect(VIEW, Wish())
    air.from_camera(air.camera.obey(demanding(grant=True), RULES))
    assert ends(call)[1] == [Why.POLICY]
    assert air.camera.record is None


def test_tokens_change_with_the_slot_and_are_random_in_pairing_mode() -> None:
    air = Air(CAMERA)
    lone, name = air.camera.advert(air.now)
    assert name == b""
    air.wait(SLOT_S * 1000)
    assert air.camera.advert(air.now)[0].token != lone.token
    air.chord()
    shown, name = air.camera.advert(air.now)
    assert name.startswith(b"\x0a\x09Camera ")
    assert shown.pairing
    record = records(paired(air))[1]
    found = air.camera.advert(air.now)[0]
    assert found.token == token(record.disc, air.now.utc_ms // 1000 // SLOT_S)[:6]
    assert not found.pairing
    assert len({lone.token, shown.token, found.token}) == 3
