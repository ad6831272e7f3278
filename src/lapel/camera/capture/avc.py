"""H.264 as encoders give it (Annex B) and as MP4 stores it (ISO/IEC 14496-15)."""

import struct
from collections.abc import Iterator
from typing import Final

from lapel.base.errors import MalformedError

_IDR: Final = 5
_SPS: Final = 7
_PPS: Final = 8
_LEFT_OUT: Final = frozenset({_SPS, _PPS, 9, 12})
"""Parameter sets stand in the configuration; delimiters and filler are not stored."""

_HIGH: Final = frozenset({100, 110, 122, 144})
_CHROMA: Final = b"\xfd\xf8\xf8\x00"
"""What profiles from High on add: 4:2:0, 8 bits a sample, no extensions."""

_CODE: Final = b"\x00\x00\x01"


def split(data: bytes) -> Iterator[bytes]:
    """Give the NAL units of an Annex B stream."""
    start = data.find(_CODE)
    while start >= 0:
        start += len(_CODE)
        following = data.find(_CODE, start)
        end = len(data) if following < 0 else following
        unit = data[start:end].rstrip(b"\x00") if following >= 0 else data[start:]
        if unit:
            yield unit
        start = following


def is_configuration(data: bytes) -> bool:
    """Tell a configuration record from parameter sets in Annex B."""
    return data[:1] == b"\x01"


def configuration(data: bytes) -> bytes:
    """Build the configuration record from parameter sets in Annex B.

    Data that is a configuration record already comes back unchanged. Raises
    `MalformedError` where a parameter set is missing.
    """
    if is_configuration(data):
        return data
    units = list(split(data))
    sets = [[u for u in units if u[0] & 31 == kind] for kind in (_SPS, _PPS)]
    if not all(sets) or len(sets[0][0]) < 4:
        raise MalformedError("H.264 without its parameter sets")
    head = bytes((1, *sets[0][0][1:4], 0xFF, 0xE0 | len(sets[0])))
    first, second = (
        b"".join(struct.pack(">H", len(u)) + u for u in group) for group in sets
    )
    record = head + first + bytes((len(sets[1]),)) + second
    return record + (_CHROMA if sets[0][0][1] in _HIGH else b"")


def prefixed(data: bytes) -> bytes:
    """Store an Annex B access unit with four-byte lengths, without parameter sets."""
    return b"".join(
        struct.pack(">I", len(unit)) + unit
        for unit in split(data)
        if unit[0] & 31 not in _LEFT_OUT
    )


def has_idr(data: bytes) -> bool:
    """Whether a length-prefixed (4 bytes) access unit has an IDR picture."""
    position = 0
    while position + 5 <= len(data):
        (size,) = struct.unpack_from(">I", data, position)
        if data[position + 4] & 31 == _IDR:
            return True
        position += 4 + size
    return False
