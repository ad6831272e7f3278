"""What the link derives: golden codes, tokens and access; frames and their order."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.crypto.link import (
    COLOURS,
    Receiving,
    Sending,
    access,
    code,
    commitment,
    opens,
    token,
)
from lapel.crypto.noise import Cipher, HandshakeError
from lapel.wire.link import FrameType
from tests.golden import Case, cases, each

KEY = b"k" * 32
FRAMES = cases("frames")[0]


@each("sas")
def test_golden_codes(case: Case) -> None:
    h, app, camera = case.raw("h"), case.raw("na"), case.raw("nb")
    committed = commitment(h, camera)
    assert committed == case.expected("cb")
    assert opens(h, committed, camera)
    assert not opens(h, committed, app)
    shown = code(h, app, camera)
    assert shown.digits == case.out["code"]
    assert list(shown.flashes) == case.out["flashes"]
    assert all(0 <= flash < len(COLOURS) for flash in shown.flashes)


@each("wifi")
def test_golden_access(case: Case) -> None:
    found = access(case.raw("wifi"), case.raw("n"))
    assert found.ssid == case.out["ssid"]
    assert found.passphrase == case.out["passphrase"]


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16))
def test_access_is_what_every_phone_can_type(wifi: bytes, nonce: bytes) -> None:
    found = access(wifi, nonce)
    assert re.fullmatch("[a-z2-7]{16}", found.ssid)
    assert re.fullmatch("[a-z2-7]{32}", found.passphrase)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 2))
def test_a_token_changes_with_its_slot(disc: bytes, slot: int) -> None:
    assert len(token(disc, slot)) == 8
    assert token(disc, slot) != token(disc, slot + 1)


def test_golden_frames_in_order() -> None:
    key = FRAMES.raw("key")
    sending, receiving = Sending(Cipher(key)), Receiving(Cipher(key))
    pairs = zip(FRAMES.given["messages"], FRAMES.out["frames"], strict=True)
    for (kind, plain), frame in pairs:
        made = sending.frame(FrameType(kind), bytes.fromhex(plain))
        assert made.hex() == frame
        assert receiving.open(made) == (FrameType(kind), bytes.fromhex(plain))


@each("frames", "replay", "skip", "tag", "type", "short", "starts")
def test_golden_frames_that_end_the_link(case: Case) -> None:
    receiving = Receiving(Cipher(case.raw("key")))
    found: list[int | str] = []
    for frame in case.given["frames"]:
        try:
            found.append(receiving.open(bytes.fromhex(frame))[0])
        except HandshakeError:
            found.append("drop")
    assert found == case.out["results"]


@each("frames", "last")
def test_the_last_golden_frame_is_the_last(case: Case) -> None:
    sending = Sending(Cipher(case.raw("key"), case.given["counter"]))
    kind, plain = FrameType(case.given["type"]), case.raw("plain")
    frame = sending.frame(kind, plain)
    assert frame == case.expected("frame")
    with pytest.raises(HandshakeError):
        sending.frame(kind, plain)
    receiving = Receiving(Cipher(case.raw("key"), case.given["counter"]))
    assert receiving.open(frame) == (kind, plain)
    with pytest.raises(HandshakeError):
        receiving.open(b"\x10" + (1 << 32).to_bytes(7, "big") + bytes(16))


@given(st.sampled_from(FrameType), st.binary(max_size=200), st.data())
def test_a_changed_frame_ends_the_link_and_erases_its_key(
    kind: FrameType, plain: bytes, data: st.DataObject
) -> None:
    frame = bytearray(Sending(Cipher(KEY)).frame(kind, plain))
    frame[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
    receiving = Receiving(Cipher(KEY))
    with pytest.raises(HandshakeError):
        receiving.open(bytes(frame))
    assert receiving.cipher.key == b""
    with pytest.raises(HandshakeError):
        receiving.open(Sending(Cipher(KEY)).frame(kind, plain))


@given(st.binary(max_size=80))
def test_any_bytes_end_the_link(data: bytes) -> None:
    with pytest.raises(HandshakeError):
        Receiving(Cipher(KEY)).open(data)


def test_a_type_that_does_not_exist_ends_the_link() -> None:
    head = b"\x30" + bytes(7)
    frame = head + Cipher(KEY).encrypt(b"", head)
    with pytest.raises(HandshakeError, match="type"):
        Receiving(Cipher(KEY)).open(frame)


def test_a_frame_opens_with_the_key_of_its_direction_only() -> None:
    frame = Sending(Cipher(KEY)).frame(FrameType.REQUEST, b"x")
    with pytest.raises(HandshakeError):
        Receiving(Cipher(b"o" * 32)).open(frame)
