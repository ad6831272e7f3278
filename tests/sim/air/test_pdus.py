"""Packets of the link layer."""

from lapel.sim.air.pdus import Address, Kind, Llid, Terms, advert, connect, crc24, data

CAMERA = Address(bytes.fromhex("0100000000c0"), random=True)
PHONE = Address(bytes.fromhex("665544332211"), random=False)


def test_the_checksum_is_that_of_the_air() -> None:
    """Wireshark, asked to check, took this packet, and not one with a bit changed."""
    pdu = advert(Kind.ADV_IND, CAMERA, bytes.fromhex("020106"))

    assert pdu.hex() == "40090100000000c0020106"
    assert crc24(pdu).hex() == "b7f2b5"


def test_an_advert_says_whether_its_address_is_random() -> None:
    assert advert(Kind.ADV_IND, PHONE, b"")[0] == 0x00
    assert advert(Kind.SCAN_RSP, CAMERA, b"ab").hex() == "44080100000000c06162"


def test_a_connection_begins_with_both_addresses_and_its_timing() -> None:
    pdu = connect(PHONE, CAMERA, 0x8AF3_1234, 0xABCDEF, Terms(24, 0, 400))

    assert pdu[:2] == bytes((0x85, 34))
    assert pdu[2:14] == PHONE.value + CAMERA.value
    assert pdu[14:21].hex() == "3412f38a" + "efcdab"
    assert pdu[24:30].hex() == "1800" + "0000" + "9001"


def test_a_data_packet_carries_the_two_numbers() -> None:
    assert data(Llid.START, (0, 0), b"x").hex() == "020178"
    assert data(Llid.MORE, (1, 0), b"x").hex() == "090178"
    assert data(Llid.CONTROL, (1, 1), b"").hex() == "0f00"


def test_terms_are_given_in_seconds() -> None:
    terms = Terms(24, 0, 400)

    assert (terms.interval_s, terms.timeout_s) == (0.03, 4.0)
