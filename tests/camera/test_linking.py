"""The camera's shell of the link: buttons, lights and sounds, radio, whose it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from lapel.base.errors import SetupError
from lapel.camera.adoption import take_release
from lapel.camera.linking import Linking
from lapel.camera.station import AGAIN_MS
from lapel.ports.air import Failed, Heard, Peripheral, Subscribed, Wrote
from lapel.protocol.app_link import Wish
from lapel.protocol.link import Show, Why
from lapel.protocol.modes import Happening
from lapel.sim.camera import SERIAL
from lapel.sim.live import LiveCamera
from lapel.sim.phone import VIEW_ON, HeldRadio, LinkedCamera
from lapel.wire.control import CameraMode, LinkVerb, Nothing, State
from lapel.wire.grant import GrantRole
from lapel.wire.journal import EntryKind
from lapel.wire.linked import Became, PairingData
from lapel.wire.pairing import How
from lapel.wire.settings import Bluetooth


def pairings(worn: LinkedCamera) -> list[PairingData]:
    entries = [one for one in worn.journal() if one.kind is EntryKind.PAIRING]
    return [PairingData.of(entry.data) for entry in entries]


def test_a_phone_pairs_and_opens_a_session() -> None:
    worn = LinkedCamera()
    phone = worn.phone()
    worn.chord()
    assert worn.pairing()
    assert phone.pair().ended == [Why.PAIRED]
    call = phone.open()
    state = call.asked(LinkVerb.STATE, Nothing(), State)
    assert state.mode is CameraMode.BUFFERING
    shown = worn.camera.link.shown()
    assert (shown.paired, shown.session, shown.pairing) == ("view", "view", False)
    assert worn.sounds[-2:] == ["pairing mode", "paired"]
    (paired,) = pairings(worn)
    assert paired.became is Became.PAIRED
    assert paired.by is not None
    assert (paired.by.how, paired.by.holder) == (How.GRANT, "view-1")


def test_a_code_is_flashed_and_one_press_confirms_it() -> None:
    worn = LinkedCamera()
    phone = worn.phone(granted=False)
    worn.chord()
    call = phone.connect(Wish(compare=True))
    (shown,) = call.said(Show)
    colours = ("red", "green", "blue", "yellow")
    flashes = tuple(colours[one] for one in shown.code.flashes)
    assert worn.camera.link.shown().flashes == flashes
    assert worn.camera.link.shown().light == "flash " + " ".join(flashes)
    assert worn.sounds[-1] == "compare the code"
    worn.press("event")
    worn.pass_ms(1100)
    call.do(call.app.same(call.now))
    assert call.ended == [Why.PAIRED]
    assert worn.mode == "buffering"
    (paired,) = pairings(worn)
    assert paired.by is not None
    assert paired.by.how is How.COMPARED
    assert worn.camera.link.shown().light == "green"
    worn.pass_ms(4000)
    assert worn.camera.link.shown().light == "off"


def test_event_twice_starts_and_does_not_confirm_a_code() -> None:
    worn = LinkedCamera()
    worn.see(3)
    phone = worn.phone(granted=False)
    worn.chord()
    call = phone.connect(Wish(compare=True))
    worn.press("event", "event")
    worn.pass_ms(2000)
    assert worn.mode == "event"
    call.do(call.app.same(call.now))
    assert call.ended == [Why.PAIRED]
    (paired,) = pairings(worn)
    assert paired.by is not None
    assert paired.by.how is How.BUTTON


def test_a_press_from_before_the_code_confirms_nothing() -> None:
    worn = LinkedCamera()
    phone = worn.phone(granted=False)
    worn.chord()
    worn.press("event")
    call = phone.connect(Wish(compare=True))
    assert call.said(Show)
    worn.pass_ms(1100)
    call.do(call.app.same(call.now))
    assert call.ended == [Why.PAIRED]
    (paired,) = pairings(worn)
    assert paired.by is not None
    assert paired.by.how is How.BUTTON


def test_a_comparison_that_is_demanded_waits_for_the_press() -> None:
    worn = LinkedCamera()
    worn.set(replace(VIEW_ON, compared=True))
    phone = worn.phone(granted=False)
    worn.chord()
    call = phone.connect(Wish(compare=True))
    call.do(call.app.same(call.now))
    assert call.ended == []
    assert worn.camera.link.shown().paired is None
    worn.press("event")
    worn.pass_ms(1100)
    call.carry()
    assert call.ended == [Why.PAIRED]


DEMANDS = {
    "a grant": (replace(VIEW_ON, grant=True), False, False),
    "a grant, and it is there": (replace(VIEW_ON, grant=True), True, True),
    "more than buttons": (replace(VIEW_ON, button=False), False, False),
    "more than buttons, by a grant": (replace(VIEW_ON, button=False), True, True),
    "nothing": (VIEW_ON, False, True),
}


@pytest.mark.parametrize("name", DEMANDS)
def test_the_agency_s_demands_hold(name: str) -> None:
    bluetooth, granted, pairs = DEMANDS[name]
    worn = LinkedCamera()
    worn.set(bluetooth)
    worn.chord()
    worn.phone(granted=granted).pair()
    assert (worn.camera.link.shown().paired is not None) == pairs


def test_pairing_mode_ends_after_a_minute_and_says_so() -> None:
    worn = LinkedCamera()
    worn.chord()
    shown = worn.camera.link.shown()
    assert (shown.light, shown.left_s, shown.name is None) == (
        "blink yellow",
        60,
        False,
    )
    worn.pass_ms(59_000)
    assert worn.camera.link.shown().left_s == 1
    worn.pass_ms(1_000)
    assert not worn.pairing()
    assert worn.sounds[-1] == "not paired"
    assert worn.camera.link.shown().light == "red"
    assert pairings(worn) == [PairingData(Became.FAILED, failures=0)]


def test_three_wrong_handshakes_close_it_and_are_counted() -> None:
    worn = LinkedCamera()
    stranger = LinkedCamera().agency
    worn.chord()
    phone = worn.phone()
    forged = replace(phone.identity, grant=stranger.settings(SERIAL, 1))
    phone.identity = forged
    for _ in range(3):
        phone.pair()
    worn.step()
    assert not worn.pairing()
    assert pairings(worn) == [PairingData(Became.FAILED, failures=3)]


def test_in_event_there_is_no_pairing_mode() -> None:
    worn = LinkedCamera()
    worn.see(3)
    worn.press("event", "event")
    worn.see(2)
    before = worn.sounds
    worn.chord()
    assert not worn.pairing()
    assert worn.mode == "event"
    assert worn.sounds == before


def test_stealth_shows_and_plays_nothing_of_a_pairing() -> None:
    worn = LinkedCamera()
    worn.press("battery", hold_ms=10_100)
    before = worn.sounds
    phone = worn.phone(granted=False)
    worn.chord()
    call = phone.connect(Wish(compare=True))
    assert call.said(Show)
    shown = worn.camera.link.shown()
    assert shown.flashes == ()
    assert shown.light == "blink yellow"
    call.do(call.app.same(call.now))
    worn.step()
    assert worn.camera.link.shown().paired == "view"
    assert worn.sounds == before


def test_a_second_phone_replaces_the_first_only_when_it_is_confirmed() -> None:
    worn = LinkedCamera()
    first, second = worn.phone("view-1"), worn.phone("view-2")
    worn.chord()
    first.pair()
    worn.chord()
    call = second.connect(Wish(compare=True))
    call.lose()
    worn.pass_ms(61_000)
    assert not first.open().dropped
    worn.chord()
    second.pair()
    assert not second.open().dropped
    with pytest.raises(TimeoutError):
        first.open()


def test_view_xl_is_known_by_its_grant() -> None:
    worn = LinkedCamera()
    worn.chord()
    car = worn.phone("car-1", role=GrantRole.VIEW_XL)
    car.pair()
    car.open()
    assert worn.camera.link.shown().session == "view_xl"


def test_a_pairing_outlives_a_restart() -> None:
    worn = LinkedCamera()
    phone = worn.phone()
    worn.chord()
    phone.pair()
    again = worn.again()
    phone.camera = again
    assert not phone.open().dropped


def test_after_an_unpairing_nothing_is_left_on_either_side() -> None:
    worn = LinkedCamera()
    phone = worn.phone()
    worn.chord()
    phone.pair()
    call = phone.open()
    call.ask(LinkVerb.UNPAIR, Nothing())
    assert call.dropped
    assert worn.files.size("pairing") is None
    assert [one.became for one in pairings(worn)] == [Became.PAIRED, Became.UNPAIRED]
    with pytest.raises(TimeoutError):
        phone.open()


def released(worn: LinkedCamera) -> None:
    nonce = worn.camera.papers.nonce
    take_release(worn.camera, worn.agency.release(SERIAL, nonce))


def test_a_camera_that_is_released_forgets_its_peer_and_is_silent() -> None:
    worn = LinkedCamera()
    phone = worn.phone()
    worn.chord()
    phone.pair()
    call = phone.open()
    released(worn)
    worn.step()
    assert call.dropped
    assert worn.silent()
    assert worn.files.size("pairing") is None
    assert not worn.pairing()


def test_a_camera_without_an_owner_lets_nobody_in() -> None:
    worn = LiveCamera()
    worn.camera.switch(on=True)
    made: list[HeldRadio] = []

    def make(hear: Callable[[Heard], None]) -> Peripheral:
        made.append(HeldRadio(hear, worn.camera.time.utc_ms))
        return made[-1]

    linking = Linking(worn.camera, make)
    linking.step()
    made[0].hear(Subscribed(1, 23))
    made[0].hear(Wrote(1, b"\xc0\0"))
    linking.step()
    assert made[0].history == []
    assert made[0].dropped == [1]
    worn.together("event", "function")
    assert not linking.shown().pairing


def radio_errors(worn: LinkedCamera) -> int:
    errors = [one for one in worn.journal() if one.kind is EntryKind.ERROR]
    return sum(str(one.data[1]).startswith("radio") for one in errors)


def test_a_radio_that_fails_is_made_anew_and_said_once() -> None:
    worn = LinkedCamera()
    phone = worn.phone()
    worn.chord()
    phone.pair()
    phone.open()
    first = worn.radio
    worn.failing = SetupError("no such adapter")
    first.hear(Failed("the cable was pulled"))
    worn.step()
    assert worn.camera.link.shown().session is None
    assert worn.sounds[-1] == "clock not set or error"
    worn.pass_ms(10 * AGAIN_MS)
    assert first.closed
    assert len(worn.radios) == 1
    assert radio_errors(worn) == 1
    worn.failing = None
    worn.pass_ms(AGAIN_MS)
    assert len(worn.radios) == 2
    assert not worn.silent()
    assert not phone.open().dropped
    first.hear(Subscribed(77, 23))
    first.hear(Failed("again"))
    worn.step()
    assert not worn.silent(), "what a dead radio says counts for nothing"
    worn.pass_ms(61_000)
    worn.radio.hear(Failed("once more"))
    worn.step()
    assert radio_errors(worn) == 2


def test_another_grant_key_counts_from_the_settings_that_bring_it() -> None:
    worn = LinkedCamera()
    other = LinkedCamera().agency
    worn.set(replace(VIEW_ON, grant=True), grant_key=other.grant_key.public.point)
    worn.chord()
    worn.phone().pair()
    assert worn.camera.link.shown().paired is None


def test_a_pairing_under_way_ends_with_the_mode() -> None:
    worn = LinkedCamera()
    worn.chord()
    call = worn.phone(granted=False).connect(Wish(compare=True))
    worn.camera.happen(Happening.SWITCH_OFF)
    assert call.dropped
    shown = worn.camera.link.shown()
    assert (shown.flashes, shown.pairing) == ((), False)
    worn.camera.happen(Happening.SWITCH_ON)
    worn.step()
    assert not worn.pairing()


def test_closing_leaves_the_radio_silent_and_the_camera_going() -> None:
    worn = LinkedCamera()
    worn.linking.start()
    worn.linking.close()
    assert worn.radio.closed
    worn.camera.happen(Happening.SWITCH_OFF)
    assert worn.mode == "off"


def test_bluetooth_is_off_where_no_settings_say_that_it_is_on() -> None:
    worn = LinkedCamera()
    worn.set(Bluetooth(enabled=False, view_pairing=False, signal=False))
    worn.step()
    assert worn.silent()
    assert worn.sounds[-1:] != ["not paired"]
    worn.chord()
    assert worn.sounds[-1] == "not paired"


def test_who_was_released_in_a_power_cut_keeps_no_peer_either() -> None:
    worn = LinkedCamera()
    worn.chord()
    worn.phone().pair()
    worn.press("battery", hold_ms=10_100)
    held = {name: bytes(data) for name, data in worn.files.held.items()}
    del held["owner"]
    again = worn.booted(held)
    for name in ("pairing", "wearer", "settings"):
        assert again.files.size(name) is None
    assert not again.camera.speaker.stealth
    assert again.camera.link.shown().paired is None
