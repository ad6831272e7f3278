"""What comes out of order, or is no message at all, drops the link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from lapel.crypto.noise import (
    PAIRING,
    SESSION,
    Handshake,
    HandshakeError,
    Known,
    P256Pair,
)
from lapel.protocol.app_link import AppLink, Wish
from lapel.protocol.camera_link import CameraState
from lapel.protocol.link import Asked, Ended, Forget, Keep, Opened, Output, Why
from lapel.sim.linking import Air, Call, Way, silent
from lapel.wire.control import LinkVerb, Nothing
from lapel.wire.link import FrameType, prologue
from lapel.wire.port import Request
from tests.protocol.linked import (
    BARE_CAMERA,
    BARE_VIEW,
    CAMERA,
    QUICK,
    VIEW,
    paired,
    records,
)


@given(st.lists(st.binary(max_size=40), max_size=8), st.sampled_from([0, 1]))
def test_any_values_end_the_link_and_change_nothing(
    values: list[bytes], chords: int
) -> None:
    air = Air(CAMERA)
    for _ in range(chords):
        air.chord()
    call = air.connect(VIEW, QUICK, silent)
    for value in values:
        air.write(call, value)
    for kind in (Keep, Opened, Asked):
        assert not call.done(kind)
    assert air.camera.record is None
    assert not call.done(Forget)


class Rude(AppLink):
    """An app with good keys that says what it likes."""

    def say(self, kind: FrameType, plain: bytes) -> list[Output]:
        return [self._channel.frame(kind, plain)]


def rude_at(state: CameraState) -> tuple[Air, Rude, Call]:
    """Bring a camera into a state by a rude app."""
    air = Air(BARE_CAMERA)
    record = records(paired(air, BARE_VIEW))[0]
    if state in {CameraState.PROVING, CameraState.OPEN}:
        app = Rude(BARE_VIEW, Wish(record))
        call = air.call(app)
        if state is CameraState.OPEN:
            air.from_app(call, app.ask(LinkVerb.PRIORITISE, Nothing()))
            air.run()
        return air, app, call
    air.chord()
    app = Rude(BARE_VIEW, Wish())
    lost = 2 if state is CameraState.CHOICE else 3
    call = air.call(app, lambda w, n, m: () if (w, n) == (Way.DOWN, lost) else (m,))
    return air, app, call


REQUEST = Request(9, LinkVerb.STATE, {}).encode()
TAKEN = {
    (CameraState.CHOICE, FrameType.SAS_NA): {bytes(16)},
    (CameraState.CHOICE, FrameType.PAIR_CONFIRM): {b"\1", b"\3"},
    (CameraState.SHOWN, FrameType.PAIR_CONFIRM): {b"\1", b"\2", b"\3"},
    (CameraState.PROVING, FrameType.REQUEST): {REQUEST},
    (CameraState.OPEN, FrameType.REQUEST): {REQUEST},
}
PLAINS = (b"", b"\0", b"\1", b"\2", b"\3", b"\4", bytes(15), bytes(16), bytes(17))


@pytest.mark.parametrize("kind", list(FrameType))
@pytest.mark.parametrize(
    "state",
    [CameraState.CHOICE, CameraState.SHOWN, CameraState.PROVING, CameraState.OPEN],
)
def test_any_frame_but_those_of_the_order_drops_the_link(
    state: CameraState, kind: FrameType
) -> None:
    for plain in (*PLAINS, REQUEST):
        air, app, call = rude_at(state)
        before = len(call.told)
        air.from_app(call, app.say(kind, plain))
        air.run()
        if plain in TAKEN.get((state, kind), set()):
            assert not call.done(Ended) or call.done(Ended)[-1].why is Why.PAIRED
        else:
            assert call.told[before:] == [Ended(Why.FORMAT)]


class Chatty(AppLink):
    """Puts a payload into its first message."""

    @override
    def _greeted(self, message: bytes) -> list[Output]:
        super()._greeted(message)
        record = self._wish.record
        handshake = Handshake.start(
            SESSION if record else PAIRING,
            Known(BARE_VIEW.static, record.peer, record.psk)
            if record
            else Known(BARE_VIEW.static),
            P256Pair.fresh(BARE_VIEW.entropy),
            prologue(self._hello, message),
            initiator=True,
        )
        return [self._channel.clear(handshake.write(b"x"))]


def test_a_payload_in_a_first_message_drops_the_link() -> None:
    air = Air(BARE_CAMERA)
    record = records(paired(air, BARE_VIEW))[0]
    session = air.call(Chatty(BARE_VIEW, Wish(record)))
    air.chord()
    pairing = air.call(Chatty(BARE_VIEW, Wish()))
    for call in (session, pairing):
        assert call.told == [Ended(Why.FORMAT)]


def test_at_its_end_a_link_has_no_keys_any_more() -> None:
    _, app, _ = rude_at(CameraState.OPEN)
    assert app.say(FrameType.REQUEST, REQUEST)
    app.end(Why.GONE)
    with pytest.raises(HandshakeError):
        app.say(FrameType.REQUEST, REQUEST)
