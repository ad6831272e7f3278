"""What the parts of one controller share."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from lapel.sim.air.hci import Code, HciError, meta
from lapel.sim.air.medium import Medium
from lapel.sim.air.pdus import Address, Terms


@dataclass(frozen=True, slots=True)
class Shape:
    """What kind of hardware a controller is."""

    name: str
    version: int
    """Of HCI and of the link layer: 6 is Bluetooth 4.0, 9 is 5.0."""
    sets: int
    """Advertising sets; 0: one advertiser, with the commands of 4.0."""
    octets: int
    """Bytes in one packet of a connection."""
    features: int
    """Features of LE (vol 6, part B, 4.6)."""


SETS = Shape("sets", 9, 8, 251, 1 << 5 | 1 << 12)
ONE = Shape("one", 6, 0, 27, 0)
SHAPES = {shape.name: shape for shape in (SETS, ONE)}


PLAIN_MASK: Final = 0x1F
_ENHANCED: Final = 1 << 9

Peer: TypeAlias = tuple[int, Address]
"""Role of this end (0 central, 1 peripheral), and the address of the other."""


@dataclass(eq=False)
class Radio:
    """A controller's addresses, its place on the medium, and its way to the host."""

    medium: Medium
    name: str
    shape: Shape
    public: bytes
    emit: Callable[[bytes], None]
    random: bytes | None = None
    mask: int = PLAIN_MASK
    """Events of LE that the host wants."""

    def connected(self, code: Code, handle: int, peer: Peer, terms: Terms) -> None:
        """Tell the host how an attempt to connect has ended.

        Linux asks for the longer event, and waits for that one alone.
        """
        timing = struct.pack("<HHHB", terms.interval, terms.latency, terms.timeout, 0)
        role, address = peer
        head = struct.pack("<BHBB", code, handle, role, address.random) + address.value
        if self.shape.sets and self.mask & _ENHANCED:
            self.emit(meta(0x0A, head + bytes(12) + timing))
        else:
            self.emit(meta(0x01, head + timing))

    def own(self, kind: int, random: bytes | None = None) -> Address:
        """Give the address that a host has chosen; 2 and 3 are like 0 and 1."""
        if kind not in range(4):
            raise HciError(Code.PARAMETERS)
        if not kind & 1:
            return Address(self.public, random=False)
        chosen = random or self.random
        if chosen is None:
            raise HciError(Code.PARAMETERS)
        return Address(chosen, random=True)
