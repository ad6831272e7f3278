"""Packets of Bluetooth LE's link layer as they are on the air (Core 5.4, vol 6, B).

Only what a virtual air needs: legacy advertising, and data channels of the 1M PHY.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

ADVERTISING_ACCESS: Final = 0x8E89BED6
ADVERTISING_CRC: Final = 0x555555
ADVERT_MOST: Final = 31
FIRST_CHANNEL: Final = 37
ALL_CHANNELS: Final = (1 << 37) - 1

_CRC_MASK: Final = 0x5A6000
_CONNECT: Final = struct.Struct("<6s6sI3sBHHHH5sB")


class Kind(IntEnum):
    """Types of packets on advertising channels."""

    ADV_IND = 0
    ADV_NONCONN_IND = 2
    SCAN_REQ = 3
    SCAN_RSP = 4
    CONNECT_IND = 5
    ADV_SCAN_IND = 6

    @property
    def connectable(self) -> bool:
        """Whether one may connect to who sends it."""
        return self is Kind.ADV_IND

    @property
    def scannable(self) -> bool:
        """Whether who sends it answers a scan request."""
        return self in {Kind.ADV_IND, Kind.ADV_SCAN_IND}


class Llid(IntEnum):
    """What a data packet carries."""

    MORE = 1
    START = 2
    CONTROL = 3


@dataclass(frozen=True, slots=True)
class Address:
    """A device's address: six bytes, least significant first, as on the air."""

    value: bytes
    random: bool

    @property
    def text(self) -> str:
        """Write it as people do."""
        return ":".join(f"{byte:02X}" for byte in reversed(self.value))


def crc24(pdu: bytes, start: int = ADVERTISING_CRC) -> bytes:
    """Give the three bytes that follow a packet (vol 6, part B, 3.1.1)."""
    state = int(f"{start:024b}"[::-1], 2)
    for byte in pdu:
        for bit in range(8):
            flip = (state ^ (byte >> bit)) & 1
            state >>= 1
            if flip:
                state = (state | 1 << 23) ^ _CRC_MASK
    return state.to_bytes(3, "little")


def advert(kind: Kind, address: Address, data: bytes) -> bytes:
    """Write an advert or a scan response."""
    head = kind | address.random << 6
    return bytes((head, 6 + len(data))) + address.value + data


def scan_request(scanner: Address, advertiser: Address) -> bytes:
    """Ask for a scan response."""
    head = Kind.SCAN_REQ | scanner.random << 6 | advertiser.random << 7
    return bytes((head, 12)) + scanner.value + advertiser.value


@dataclass(frozen=True, slots=True)
class Terms:
    """Timing of a connection, in the units of the air: 1.25 ms, events, 10 ms."""

    interval: int
    latency: int
    timeout: int

    @property
    def interval_s(self) -> float:
        """Seconds between two events."""
        return self.interval * 0.00125

    @property
    def timeout_s(self) -> float:
        """Seconds of silence after which a connection is lost."""
        return self.timeout * 0.01


def connect(
    initiator: Address, advertiser: Address, access: int, crc: int, terms: Terms
) -> bytes:
    """Begin a connection."""
    head = Kind.CONNECT_IND | initiator.random << 6 | advertiser.random << 7
    return bytes((head, _CONNECT.size)) + _CONNECT.pack(
        initiator.value,
        advertiser.value,
        access,
        crc.to_bytes(3, "little"),
        1,
        0,
        terms.interval,
        terms.latency,
        terms.timeout,
        ALL_CHANNELS.to_bytes(5, "little"),
        5,
    )


def data(llid: Llid, numbers: tuple[int, int], payload: bytes) -> bytes:
    """Write a data packet; `numbers`: its own and the next expected, one bit each."""
    own, expected = numbers
    return bytes((llid | expected << 2 | own << 3, len(payload))) + payload
