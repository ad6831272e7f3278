"""The camera's shell of the link: pairing, sessions, what is shown, whose it is."""

from lapel.protocol.app_link import Wish
from lapel.protocol.link import Show, Why
from lapel.protocol.modes import Happening
from lapel.sim.phone import LinkedCamera
from lapel.wire.control import CameraMode, LinkVerb, Nothing, State


def sounds(worn: LinkedCamera) -> list[str]:
    return [played.sound.value[0] for played in worn.camera.speaker.played]


def test_a_phone_pairs_and_opens_a_session() -> None:
    worn = LinkedCamera()
    phone = worn.phone()
    worn.chord()
    assert worn.camera.link.shown().pairing
    assert phone.pair().ended == [Why.PAIRED]
    call = phone.open()
    state = call.asked(LinkVerb.STATE, Nothing(), State)
    assert state.mode is CameraMode.BUFFERING
    assert worn.camera.link.shown().session == "view"
    assert sounds(worn)[-2:] == ["pairing mode", "paired"]
    worn.camera.happen(Happening.DOCK)
    assert call.dropped
    assert worn.radio.shown is None


def test_a_code_is_flashed_and_confirmed_by_one_press() -> None:
    worn = LinkedCamera()
    phone = worn.phone(granted=False)
    worn.chord()
    call = phone.connect(Wish(compare=True))
    (shown,) = call.said(Show)
    flashes = worn.camera.link.shown().flashes
    assert len(flashes) == 8
    colours = ("red", "green", "blue", "yellow")
    assert flashes == tuple(colours[one] for one in shown.code.flashes)
    worn.press("event")
    worn.pass_ms(1100)
    call.do(call.app.same(call.now))
    assert call.ended == [Why.PAIRED]
    record = worn.linking.shown()
    assert record.paired == "view"
    assert worn.mode == "buffering"
