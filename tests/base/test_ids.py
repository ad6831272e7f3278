"""Identifiers have one printed form each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base import ids
from lapel.base.errors import MalformedError


@given(st.binary(min_size=16, max_size=16))
def test_a_printed_recording_id_reads_back(raw: bytes) -> None:
    assert ids.parse_recording_name(ids.recording_name(raw)) == raw


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "{00112233-4455-6677-8899-aabbccddeeff}",
        "00112233445566778899aabbccddeeff",
        "00112233-4455-6677-8899-AABBCCDDEEFF",
    ],
)
def test_another_spelling_of_a_recording_id_is_refused(name: str) -> None:
    with pytest.raises(MalformedError):
        ids.parse_recording_name(name)


@given(st.binary().filter(lambda raw: len(raw) != 16))
def test_a_recording_id_has_sixteen_bytes(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        ids.recording_id(raw)


@pytest.mark.parametrize("text", ["AB1", "A" * 17, "ab12", "AB 12", "AB12\n", "ÀB12"])
def test_a_serial_is_what_stands_on_the_body(text: str) -> None:
    with pytest.raises(MalformedError):
        ids.serial(text)
    assert ids.serial("CAM-0001") == "CAM-0001"
