"""The listening half of a controller: scanning, and beginning connections."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lapel.sim.air import pdus
from lapel.sim.air.hci import Code, Command, Commands, HciError, meta
from lapel.sim.air.medium import Advert, End, Link
from lapel.sim.air.pdus import Address, Kind, Terms
from lapel.sim.air.radio import Radio

ACCEPT_MOST: Final = 8
_LEGACY_TYPES: Final = {
    Kind.ADV_IND: 0,
    Kind.ADV_SCAN_IND: 2,
    Kind.ADV_NONCONN_IND: 3,
}
_RESPONSE: Final = 4
_EXTENDED_TYPES: Final = {
    Kind.ADV_IND: 0x13,
    Kind.ADV_SCAN_IND: 0x12,
    Kind.ADV_NONCONN_IND: 0x10,
}
_EXTENDED_RESPONSE: Final = 0x08
_CREATE: Final = struct.Struct("<HHBB6sBHHHHHH")
_PHY: Final = struct.Struct("<HHHHHHHH")


@dataclass(frozen=True, slots=True)
class _Wish:
    """A connection that the host wants; without a peer, to any of the accept list."""

    own: int
    peer: Address | None
    terms: Terms


@dataclass
class Scanner:
    """What one controller listens for."""

    radio: Radio
    end: End
    opened: Callable[[Link], int]
    """Tell the host of a connection; gives its handle."""
    _scanning: bool = False
    _active: bool = False
    _accepted_only: bool = False
    _own: int = 0
    _extended: bool = False
    _seen: set[tuple[bytes, int, bytes]] | None = None
    """Reports that are not repeated; None: repeat all."""
    _accepted: set[Address] = field(default_factory=set[Address])
    _wish: _Wish | None = None

    def reset(self) -> None:
        """Stop listening and forget everything."""
        self._scanning, self._wish = False, None
        self._accepted.clear()

    def commands(self) -> Commands:
        """Give the commands of this shape."""
        one = {
            0x200B: Command(7, (26, 2), self._parameters),
            0x200C: Command(2, (26, 3), self._enable),
            0x200D: Command(25, (26, 4), self._create),
            0x200E: Command(0, (26, 5), self._cancel),
            0x200F: Command(0, (26, 6), lambda _: bytes((ACCEPT_MOST,))),
            0x2010: Command(0, (26, 7), self._clear),
            0x2011: Command(7, (27, 0), self._add),
            0x2012: Command(7, (27, 1), self._take_off),
        }
        if not self.radio.shape.sets:
            return one
        return one | {
            0x2041: Command(None, (37, 5), self._extended_parameters),
            0x2042: Command(6, (37, 6), self._extended_enable),
            0x2043: Command(None, (37, 7), self._extended_create),
        }

    def hear(self, advert: Advert) -> None:
        """Take one advertising event."""
        if not self._scanning and self._wish is None:
            return
        rssi = self.radio.medium.heard(advert.sender, self.radio.name)
        if rssi is None:
            return
        if self._scanning and self._wanted(advert.address):
            self._report(advert, rssi)
        wish = self._wish
        if wish is None or not advert.kind.connectable:
            return
        peers = self._accepted if wish.peer is None else {wish.peer}
        if advert.address in peers:
            self._wish = None
            self._connect(advert, wish)

    def _wanted(self, address: Address) -> bool:
        return not self._accepted_only or address in self._accepted

    def _parameters(self, raw: bytes) -> bytes:
        self._idle()
        self._active, self._extended = raw[0] == 1, False
        self._own, self._accepted_only = raw[5], raw[6] & 1 == 1
        return b""

    def _enable(self, raw: bytes) -> bytes:
        self._switch(on=raw[0] == 1, once=raw[1] == 1)
        return b""

    def _extended_parameters(self, raw: bytes) -> bytes:
        if len(raw) < 8 or len(raw) != 3 + 5 * raw[2].bit_count():
            raise HciError(Code.PARAMETERS)
        self._idle()
        self._active, self._extended = raw[3] == 1, True
        self._own, self._accepted_only = raw[0], raw[1] & 1 == 1
        return b""

    def _extended_enable(self, raw: bytes) -> bytes:
        self._switch(on=raw[0] == 1, once=raw[1] != 0)
        return b""

    def _idle(self) -> None:
        if self._scanning:
            raise HciError(Code.DISALLOWED)

    def _switch(self, *, on: bool, once: bool) -> None:
        if on and self._active:
            self.radio.own(self._own)
        self._seen = set() if once else None
        self._scanning = on

    def _report(self, advert: Advert, rssi: int) -> None:
        plain, extended = _LEGACY_TYPES[advert.kind], _EXTENDED_TYPES[advert.kind]
        self._tell(advert, (plain, extended, rssi), advert.data)
        if not self._active or not advert.kind.scannable:
            return
        medium, me = self.radio.medium, self.radio.own(self._own)
        if medium.sniffers:
            asked = pdus.scan_request(me, advert.address)
            medium.on_channel_37(self.radio.name, me, Kind.SCAN_REQ, asked)
            told = pdus.advert(Kind.SCAN_RSP, advert.address, advert.response)
            address = advert.address
            medium.on_channel_37(advert.sender, address, Kind.SCAN_RSP, told)
        how = _RESPONSE, extended | _EXTENDED_RESPONSE, rssi
        self._tell(advert, how, advert.response)

    def _tell(self, advert: Advert, how: tuple[int, int, int], data: bytes) -> None:
        plain, extended, rssi = how
        address = advert.address
        if self._seen is not None:
            key = address.value, plain, data
            if key in self._seen:
                return
            self._seen.add(key)
        loud = struct.pack("<b", rssi)
        who = bytes((address.random,)) + address.value
        if not self._extended:
            head = bytes((1, plain)) + who + bytes((len(data),))
            self.radio.emit(meta(0x02, head + data + loud))
            return
        head = struct.pack("<BH", 1, extended) + who + b"\x01\x00\xff\x7f" + loud
        rest = bytes(2 + 1 + 6) + bytes((len(data),)) + data
        self.radio.emit(meta(0x0D, head + rest))

    def _create(self, raw: bytes) -> None:
        _, _, policy, kind, peer, own, least, _, latency, timeout, _, _ = (
            _CREATE.unpack(raw)
        )
        whom = None if policy else Address(peer, random=kind & 1 == 1)
        self._want(_Wish(own, whom, Terms(least, latency, timeout)))

    def _extended_create(self, raw: bytes) -> None:
        if len(raw) < 10 or len(raw) != 10 + 16 * raw[9].bit_count() or not raw[9] & 1:
            raise HciError(Code.PARAMETERS)
        _, _, least, _, latency, timeout, _, _ = _PHY.unpack_from(raw, 10)
        whom = None if raw[0] else Address(raw[3:9], random=raw[2] & 1 == 1)
        self._want(_Wish(raw[1], whom, Terms(least, latency, timeout)))

    def _want(self, wish: _Wish) -> None:
        if self._wish is not None:
            raise HciError(Code.DISALLOWED)
        terms = wish.terms
        silent_s = (1 + terms.latency) * terms.interval_s * 2
        if not 6 <= terms.interval <= 3200 or terms.timeout_s <= silent_s:
            raise HciError(Code.PARAMETERS)
        self.radio.own(wish.own)
        self._wish = wish

    def _cancel(self, _: bytes) -> bytes:
        if self._wish is None:
            raise HciError(Code.DISALLOWED)
        self._wish = None
        # The host is told twice: that the command is done, and that nothing came of it.
        nobody = 0, Address(bytes(6), random=False)
        told = Code.UNKNOWN_CONNECTION, 0, nobody, Terms(0, 0, 0)
        self.radio.medium.loop.call_soon(self.radio.connected, *told)
        return b""

    def _clear(self, _: bytes) -> bytes:
        self._accepted.clear()
        return b""

    def _add(self, raw: bytes) -> bytes:
        if len(self._accepted) >= ACCEPT_MOST:
            raise HciError(Code.LIMIT)
        self._accepted.add(Address(raw[1:], random=raw[0] & 1 == 1))
        return b""

    def _take_off(self, raw: bytes) -> bytes:
        self._accepted.discard(Address(raw[1:], random=raw[0] & 1 == 1))
        return b""

    def _connect(self, advert: Advert, wish: _Wish) -> None:
        medium, me = self.radio.medium, self.radio.own(wish.own)
        access, crc = medium.random_bits(32), medium.random_bits(24)
        both = me, advert.address
        link = Link(medium, wish.terms, self.end, advert.end, both, access, crc)
        if medium.sniffers:
            pdu = pdus.connect(me, advert.address, access, crc, wish.terms)
            medium.on_channel_37(self.radio.name, me, Kind.CONNECT_IND, pdu)
        medium.links.append(link)
        advert.taken(link)
        self.opened(link)
