"""The tag, read by another program's decoder."""

# pyright: standard

import ndef  # type: ignore[import-untyped]
import pytest

from lapel.base.errors import MalformedError
from lapel.camera.tag import Chip, image, message


def test_a_tag_says_model_and_serial_and_cannot_be_written() -> None:
    data = message("body2", "X12345678")
    text, device = list(ndef.message_decoder(data))
    assert text.text == "body2 X12345678"
    assert device.type == "urn:nfc:ext:lapel:device"
    assert device.data == b'{"model":"body2","serial":"X12345678"}'
    for chip, size in zip(Chip, (180, 540, 924), strict=True):
        pages = image(data, chip)
        assert len(pages) == size
        assert pages[10:12] == b"\xff\xff"
        assert pages[12:14] == b"\xe1\x10"
        assert pages[15] == 0x0F
        assert pages[16:18] == bytes((3, len(data)))
    with pytest.raises(MalformedError):
        image(bytes(250))
