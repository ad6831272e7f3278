"""Pairing mode, one peer, and the policies of the agency."""

from collections.abc import Sequence

import pytest

from lapel.crypto.link import token
from lapel.protocol.app_link import AppState, Wish
from lapel.protocol.control import Rules
from lapel.protocol.link import Asked, Ended, Forget, Keep, Opened, Proved, Why
from lapel.protocol.pairing import Policy
from lapel.sim.linking import RULES, Air, Way
from lapel.wire.control import LinkVerb, Nothing, SettingsChange
from lapel.wire.fragments import split
from lapel.wire.link import SLOT_S, CameraHello, Reject, read_reject
from lapel.wire.port import Code
from lapel.wire.settings import Permitted
from tests.protocol.linked import (
    AGENCY,
    BARE_CAMERA,
    BARE_VIEW,
    CAMERA,
    QUICK,
    VIEW,
    demanding,
    ends,
    in_pairing_mode,
    kept,
    paired,
    records,
    session,
)


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


def test_who_only_comes_and_goes_does_not_close_pairing_mode() -> None:
    air = Air(CAMERA)
    air.chord()
    for lost in (0, 1, 2, 2, 2):

        def lose(way: Way, number: int, message: bytes, at: int = lost) -> list[bytes]:
            return [] if (way, number) == (Way.UP, at) else [message]

        call = air.connect(VIEW, QUICK, lose)
        air.from_camera(air.camera.gone(call.number))
    assert air.camera.pairing


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


def test_a_session_from_before_a_pairing_does_not_cost_the_new_record() -> None:
    air = Air(CAMERA)
    old = records(paired(air))[0]
    call = air.connect(VIEW, Wish(old))
    air.from_app(call, call.app.ask(LinkVerb.STATE, Nothing()))
    air.run()
    (asked,) = call.done(Asked)
    air.keeping = False
    new = paired(air).said(Keep)[0].record
    air.from_camera(air.camera.answer(call.number, asked.number, Code.NOT_FOUND))
    air.run()
    assert call.said(Proved)
    assert kept(air) == [new, old]


def test_two_that_shake_hands_at_once_do_not_both_pair() -> None:
    air = Air(CAMERA)
    air.chord()
    late: list[bytes] = []

    def hold(way: Way, number: int, message: bytes) -> Sequence[bytes]:
        if (way, number) != (Way.UP, 2):
            return (message,)
        late.append(message)
        return ()

    slow = air.connect(AGENCY.view("view-2"), QUICK, hold)
    quick = air.connect(VIEW, Wish())
    for value in split(late[0], 185):
        air.write(slow, value)
    assert ends(slow) == ([Why.BUSY], [Why.BUSY])
    assert quick.app.state is AppState.SHOWN


def test_the_event_button_means_nothing_to_a_link_without_a_code() -> None:
    air = Air(CAMERA)
    call = session(air, VIEW, records(paired(air))[0])
    before = list(call.told)
    air.press()
    assert call.told == before


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
    air.chord()
    assert in_pairing_mode(air)
    air.from_camera(air.camera.obey(policy, RULES))
    assert ends(call)[1] == [Why.POLICY]
    assert not in_pairing_mode(air)
    air.chord()
    assert not in_pairing_mode(air)
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
    assert air.camera.pairing


def test_where_the_record_cannot_be_stored_the_old_one_holds() -> None:
    air = Air(CAMERA)
    old = records(paired(air))[0]
    air.keeping = False
    call = paired(air, AGENCY.view("view-2"))
    assert air.camera.not_kept(call.number + 1) == []
    air.from_camera(air.camera.not_kept(call.number))
    assert ends(call)[1] == [Why.STORAGE]
    assert air.camera.kept(call.number) == []
    air.wait(60_000)
    assert session(air, VIEW, old).done(Opened)


def test_new_rules_hold_at_once_and_end_nothing() -> None:
    air = Air(CAMERA)
    call = air.connect(VIEW, Wish(records(paired(air))[0]))
    change = SettingsChange(None, True, None, None)
    for rules, asked in ((RULES, 0), (Rules(frozenset(Permitted)), 1)):
        air.from_camera(air.camera.obey(Policy(), rules))
        air.from_app(call, call.app.ask(LinkVerb.SETTINGS_SET, change))
        air.run()
        assert len(call.done(Asked)) == asked
    air.chord()
    second = air.connect(AGENCY.view("view-2"), Wish())
    air.from_camera(air.camera.obey(Policy(), RULES))
    assert not second.done(Ended)


def test_tokens_change_with_the_slot_and_are_random_in_pairing_mode() -> None:
    air = Air(CAMERA)
    lone, name = air.camera.advert(air.now)
    assert name == b""
    air.wait(SLOT_S * 1000)
    next_slot = air.camera.advert(air.now)[0]
    assert air.camera.advert(air.now)[0] == next_slot
    air.chord()
    shown, name = air.camera.advert(air.now)
    assert name.startswith(b"\x0a\x09Camera ")
    assert shown.pairing
    call = air.connect(VIEW, QUICK)
    record = records(call)[1]
    assert CameraHello.decode(call.passed[1][1]).token[:6] == shown.token
    found = air.camera.advert(air.now)[0]
    assert found.token == token(record.disc, air.now.utc_ms // 1000 // SLOT_S)[:6]
    assert not found.pairing
    tokens = {lone.token, next_slot.token, shown.token, found.token}
    assert len(tokens) == 4
    hello = session(air, VIEW, records(call)[0]).passed[1][1]
    assert CameraHello.decode(hello).token[:6] == found.token


def test_in_pairing_mode_token_and_name_change_with_the_slot_too() -> None:
    air = Air(CAMERA)
    air.wait(SLOT_S * 1000 - air.now.utc_ms % (SLOT_S * 1000) - 10_000)
    air.chord()
    before = air.camera.advert(air.now)
    air.wait(9_999)
    assert air.camera.advert(air.now) == before
    air.wait(1)
    after = air.camera.advert(air.now)
    assert after[0].pairing
    assert after[0].token != before[0].token
    assert after[1] != before[1]
    air.connect(VIEW, QUICK)
    assert air.stored is not None


def at_work(air: Air) -> bool:
    return air.camera.busy


def test_when_the_radio_is_lost_every_link_ends_and_the_window_stays() -> None:
    air = Air(CAMERA)
    air.chord()
    call = air.connect(VIEW, Wish())
    assert at_work(air)
    air.from_camera(air.camera.lost())
    assert [ended.why for ended in call.done(Ended)] == [Why.GONE]
    assert not at_work(air)
    assert in_pairing_mode(air)
    assert air.camera.window.failures == 1
