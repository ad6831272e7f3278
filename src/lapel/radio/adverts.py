"""What an app's radio reads in an advert, whoever sent it."""

from collections.abc import Iterator
from typing import Final

from lapel.ports.air import Sighting
from lapel.wire.link import SERVICE

_SERVICES: Final = (0x06, 0x07)
_NAMES: Final = (0x08, 0x09)
_OWN: Final = 0xFF

VALUE_MOST: Final = 512
"""Bytes that an attribute's value may have (Bluetooth Core 5.4, vol 3, part F)."""


def fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of each field; what follows a broken one is left out."""
    at = 0
    while at < len(data):
        size = data[at]
        end = at + 1 + size
        if size == 0 or end > len(data):
            return
        yield data[at + 1], data[at + 2 : end]
        at = end


def sighted(place: str, rssi: int, advert: bytes, response: bytes) -> Sighting | None:
    """Read advert and scan response; None unless it is a camera's."""
    ours, company, own, name = False, None, b"", None
    for kind, content in (*fields(advert), *fields(response)):
        if kind in _SERVICES:
            ours = ours or SERVICE.bytes[::-1] in _sixteens(content)
        elif kind == _OWN and len(content) >= 2 and company is None:
            company, own = int.from_bytes(content[:2], "little"), content[2:]
        elif kind in _NAMES and name is None:
            name = content.decode("utf-8", "replace")
    if not ours or company is None:
        return None
    return Sighting(place, company, own, name, rssi)


def place_of(address: bytes) -> str:
    """Write a Bluetooth address, most significant byte first, as people do."""
    return ":".join(f"{byte:02X}" for byte in address)


def too_long(value: bytes, mtu: int) -> bool:
    """Whether a value does not fit into one write or notification of a link."""
    return len(value) > min(mtu - 3, VALUE_MOST)


def _sixteens(content: bytes) -> list[bytes]:
    return [content[at : at + 16] for at in range(0, len(content) - 15, 16)]
