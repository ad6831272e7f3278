"""Adverts as an app's radio reads them."""

from hypothesis import given
from hypothesis import strategies as st

from lapel.ports.air import Sighting
from lapel.radio.adverts import fields, place_of, sighted, too_long
from lapel.wire.link import Advert, pairing_name

ADVERT = Advert(b"abcdef", company=0x1234).encode()


def test_an_advert_of_a_camera_is_seen_with_company_and_data() -> None:
    assert sighted("here", -50, ADVERT, b"") == Sighting(
        "here", 0x1234, b"abcdef", None, -50
    )


def test_the_name_comes_from_the_scan_response() -> None:
    seen = sighted("here", -50, ADVERT, pairing_name(7))

    assert seen is not None
    assert seen.name == "Camera 07"


def test_an_advert_of_something_else_is_no_sighting() -> None:
    other = ADVERT.replace(ADVERT[5:9], b"\0\0\0\0")

    assert sighted("here", -50, other, pairing_name(7)) is None


def test_a_name_that_is_no_text_is_still_a_name() -> None:
    seen = sighted("here", -50, ADVERT, b"\x03\x09\xff\xfe")

    assert seen is not None
    assert seen.name == "\ufffd\ufffd"


@given(st.binary(max_size=62), st.binary(max_size=31))
def test_any_bytes_are_read_or_left_out(advert: bytes, response: bytes) -> None:
    sighted("here", -50, advert, response)

    assert sum(len(content) + 2 for _, content in fields(advert)) <= len(advert)


def test_an_address_is_written_most_significant_byte_first() -> None:
    assert place_of(bytes.fromhex("c0a1b2c3d4e5")) == "C0:A1:B2:C3:D4:E5"


def test_a_value_fits_up_to_the_mtu_less_three_and_512_bytes() -> None:
    assert [too_long(bytes(n), 23) for n in (20, 21)] == [False, True]
    assert [too_long(bytes(n), 517) for n in (512, 513)] == [False, True]
