"""A capture of the air that Wireshark opens: pcap, with nanoseconds.

Link type 256, `LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR`: ten bytes about the radio, then
access address, packet and checksum as they are on the air.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

from lapel.sim.air.medium import Packet
from lapel.sim.air.pdus import crc24

LINK_TYPE: Final = 256
_MAGIC: Final = 0xA1B23C4D
_LONGEST: Final = 65_535
_FILE: Final = struct.Struct("<IHHiIII")
_RECORD: Final = struct.Struct("<IIII")
_RADIO: Final = struct.Struct("<BbbBIH")
_FLAGS: Final = 0x0001 | 0x0010 | 0x0400 | 0x0800
"""Dewhitened; the access address below is right; checksum checked, and right."""

_DIRECTIONS: Final = {None: 0, True: 2 << 7, False: 3 << 7}
"""Unknown, as on advertising channels; from the central; to the central."""


@dataclass
class Capture:
    """Writes each packet at once, so that what was seen is there after any end."""

    file: BinaryIO

    def __post_init__(self) -> None:
        """Begin the file."""
        self.file.write(_FILE.pack(_MAGIC, 2, 4, 0, 0, _LONGEST, LINK_TYPE))
        self.file.flush()

    def __call__(self, packet: Packet) -> None:
        """Write one packet."""
        flags = _FLAGS | _DIRECTIONS[packet.by_central]
        channel = rf_channel(packet.channel)
        radio = _RADIO.pack(channel, 0, 0, 0, packet.access, flags)
        access = struct.pack("<I", packet.access)
        content = radio + access + packet.pdu + crc24(packet.pdu, packet.crc)
        seconds, rest = divmod(packet.at_ns, 1_000_000_000)
        self.file.write(_RECORD.pack(seconds, rest, len(content), len(content)))
        self.file.write(content)
        self.file.flush()


def rf_channel(channel: int) -> int:
    """Give the place of a channel in the band: 0 is 2402 MHz, and 2 MHz each."""
    advertising = {37: 0, 38: 12, 39: 39}
    if channel in advertising:
        return advertising[channel]
    return channel + (1 if channel < 11 else 2)
