"""Sealing: golden files, wrong keys, moved frames."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import LapelError, MalformedError
from lapel.crypto.keys import PrivateKey
from lapel.crypto.seal import (
    FrameError,
    NoKeyError,
    Opener,
    Sealer,
    key_check,
    open_small,
    seal_small,
    unwrap,
    wrap,
)
from lapel.proof.sealed import read_header, whole_frames
from lapel.wire.sealed import FRAME, Envelope
from tests.golden import Case, each

PRIVATE = PrivateKey.generate()
RECORDING = bytes(16)


@each("sealed", "closed", "power loss")
def test_golden_files_open_and_are_made_again(case: Case) -> None:
    data = memoryview(case.expected("file"))
    key, recording = case.raw("K"), case.raw("recording")
    private = PrivateKey.from_secret(case.raw("evidence_key"))
    envelope = Envelope.decode(case.expected("envelope"))
    assert unwrap(envelope, [private]) == key
    assert key_check(key, recording) == case.expected("key_check")
    header, _ = read_header(data)
    assert header == case.expected("header")
    opener, sealer = Opener.start(header, key), Sealer.start(recording, key)
    made = sealer.header
    places = list(whole_frames(data, len(header)))
    assert len(places) == case.given["parts"]
    for place in places:
        last = case.given["closed"] and place is places[-1]
        plain = opener.frame(
            place.index, bytes(data[place.start : place.end]), last=last
        )
        made += sealer.frame(place.index, plain, last=last)
    assert made == bytes(data)


@each("sealed", "envelope:")
def test_malformed_envelopes_are_refused(case: Case) -> None:
    with pytest.raises(MalformedError):
        Envelope.decode(case.raw("envelope"))


def test_only_a_key_that_it_was_wrapped_to_opens_an_envelope() -> None:
    key = os.urandom(32)
    other = PrivateKey.generate()
    envelope = wrap(key, RECORDING, [PRIVATE.public, other.public])
    assert unwrap(envelope, [PrivateKey.generate(), other]) == key
    assert unwrap(Envelope.decode(envelope.encode()), [PRIVATE]) == key
    with pytest.raises(NoKeyError):
        unwrap(envelope, [PrivateKey.generate()])
    with pytest.raises(NoKeyError):
        unwrap(Envelope(bytes(15) + b"\1", envelope.wraps), [PRIVATE])


def test_a_wrong_key_is_found_before_it_is_used() -> None:
    sealer = Sealer.start(RECORDING, bytes(32))
    with pytest.raises(NoKeyError):
        Opener.start(sealer.header, b"\1" * 32)


def test_frames_hold_their_number_their_recording_and_whether_they_are_last() -> None:
    sealer = Sealer.start(RECORDING, bytes(32))
    body = sealer.frame(3, b"plain")[FRAME.size :]
    opener = Opener.start(sealer.header, bytes(32))
    assert opener.frame(3, body, last=False) == b"plain"
    for index, last in ((2, False), (4, False), (3, True)):
        with pytest.raises(FrameError):
            opener.frame(index, body, last=last)
    other = Sealer.start(bytes(15) + b"\1", bytes(32))
    with pytest.raises(FrameError):
        Opener.start(other.header, bytes(32)).frame(3, body, last=False)


@given(st.binary(max_size=100), st.integers(0, 8 * 40))
def test_small_files_open_only_as_they_were(plain: bytes, bit: int) -> None:
    sealed = seal_small(bytes(32), plain, b"name", os.urandom)
    assert open_small(bytes(32), sealed, b"name") == plain
    changed = bytearray(sealed)
    changed[bit // 8 % len(sealed)] ^= 1 << bit % 8
    for key, data, name in (
        (bytes(32), bytes(changed), b"name"),
        (b"\1" * 32, sealed, b"name"),
        (bytes(32), sealed, b"other"),
    ):
        with pytest.raises(LapelError):
            open_small(key, data, name)
