"""What the NFC tag in a camera's body says: model and serial, in clear (formats 11).

A tag is copied in a second and proves nothing.
"""

import json
from enum import Enum
from typing import Final

from lapel.base.errors import MalformedError

_TYPE: Final = b"lapel:device"
_WELL_KNOWN, _EXTERNAL = 1, 4
_FIRST, _LAST, _SHORT = 0x80, 0x40, 0x10
_USER_START: Final = 16
_NDEF, _END = b"\x03", b"\xfe"


class Chip(Enum):
    """Tag chips: pages of four bytes, and the size byte of the capability container."""

    NTAG213 = (45, 0x12)
    NTAG215 = (135, 0x3E)
    NTAG216 = (231, 0x6D)


def _record(flags: int, name: int, kind: bytes, payload: bytes) -> bytes:
    head = bytes((flags | _SHORT | name, len(kind), len(payload)))
    return head + kind + payload


def message(model: str, serial: str) -> bytes:
    """NDEF message: a line of text, and the same for programs."""
    text = b"\x02en" + f"{model} {serial}".encode("ascii")
    named = {"model": model, "serial": serial}
    content = json.dumps(named, separators=(",", ":")).encode("ascii")
    return _record(_FIRST, _WELL_KNOWN, b"T", text) + _record(
        _LAST, _EXTERNAL, _TYPE, content
    )


def image(ndef: bytes, chip: Chip = Chip.NTAG213) -> bytes:
    """All pages of a chip that holds `ndef` and can be written no more.

    The first nine bytes belong to the chip's own number and stay zero.
    """
    pages, size = chip.value
    user = _NDEF + bytes((len(ndef),)) + ndef + _END
    room = size * 8
    if len(ndef) > 0xFE or len(user) > room:
        raise MalformedError(f"{len(ndef)} bytes do not fit into this tag")
    locks = b"\xff\xff"
    container = bytes((0xE1, 0x10, size, 0x0F))
    dynamic = b"\xff\xff\xff\xbd" + b"\x04\x00\x00\xff" + bytes(12)
    head = bytes(10) + locks + container
    rest = pages * 4 - _USER_START - room - len(dynamic)
    return head + user.ljust(room, b"\0") + dynamic + bytes(rest)
