"""The connections of one controller, by the handles that its host knows."""

import struct
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from typing_extensions import override

from lapel.sim.air.hci import Code, Command, Commands, HciError, event, meta
from lapel.sim.air.medium import End, Link
from lapel.sim.air.pdus import Llid, Terms
from lapel.sim.air.radio import Radio

BUFFERS: Final = 16
"""Packets that a host may hand over before it hears that some were sent."""

_PERIPHERAL_MOST: Final = 20
_UPDATE: Final = struct.Struct("<HHHHHHH")
_TIME: Final = 2120
"""Microseconds that 251 bytes take."""


@dataclass(eq=False)
class Links(End):
    """An end of any number of connections."""

    radio: Radio
    name: str = ""
    octets: int = 27
    _links: dict[int, Link] = field(default_factory=dict[int, Link])
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """Take name and size from the controller."""
        self.name, self.octets = self.radio.name, self.radio.shape.octets

    def commands(self) -> Commands:
        """Give the commands about connections."""
        one = {
            0x0406: Command(3, (0, 5), self._disconnect),
            0x041D: Command(2, (2, 7), self._remote_version),
            0x1405: Command(2, (15, 5), self._rssi),
            0x2013: Command(14, (27, 2), self._update),
            0x2016: Command(2, (27, 5), self._remote_features),
        }
        if not self.radio.shape.sets:
            return one
        return one | {
            0x2022: Command(6, (33, 6), self._data_length),
            0x2030: Command(2, (35, 4), lambda raw: self._known(raw) + b"\x01\x01"),
        }

    @property
    def roomy(self) -> bool:
        """Whether one more connection may come by an advert; 4.0 has one at a time."""
        held = [link for link in self._links.values() if link.peripheral is self]
        return len(held) < (_PERIPHERAL_MOST if self.radio.shape.sets else 1)

    def open(self, link: Link) -> int:
        """Tell the host of a new connection; gives its handle."""
        handle = next(
            number for number in self._numbers if number % 0xEFF not in self._links
        )
        handle %= 0xEFF
        self._links[handle] = link
        central = link.central is self
        peer = int(not central), link.addresses[int(central)]
        self.radio.connected(Code.OK, handle, peer, link.terms)
        return handle

    def reset(self) -> None:
        """Forget all; the other ends hear nothing any more."""
        for link in list(self._links.values()):
            link.leave(self)
        self._links.clear()

    def acl(self, packet: bytes) -> None:
        """Send what the host hands over; what fits no connection is dropped."""
        head = int.from_bytes(packet[:2], "little")
        link = self._links.get(head & 0xFFF)
        payload = packet[4:]
        if link is not None and len(payload) <= self.octets:
            more = head >> 12 & 3 == 1
            link.send(self, Llid.MORE if more else Llid.START, payload)

    @override
    def received(self, link: Link, llid: Llid, payload: bytes) -> None:
        head = self._handle(link) | (1 if llid is Llid.MORE else 2) << 12
        self.radio.emit(b"\x02" + struct.pack("<HH", head, len(payload)) + payload)

    @override
    def sent(self, link: Link) -> None:
        self.radio.emit(event(0x13, struct.pack("<BHH", 1, self._handle(link), 1)))

    @override
    def ended(self, link: Link, reason: Code) -> None:
        handle = self._handle(link)
        del self._links[handle]
        self.radio.emit(event(0x05, struct.pack("<BHB", Code.OK, handle, reason)))

    @override
    def updated(self, link: Link) -> None:
        terms = link.terms
        timing = terms.interval, terms.latency, terms.timeout
        content = struct.pack("<BHHHH", Code.OK, self._handle(link), *timing)
        self.radio.emit(meta(0x03, content))

    def _handle(self, link: Link) -> int:
        return next(number for number, one in self._links.items() if one is link)

    def _link(self, raw: bytes) -> Link:
        link = self._links.get(int.from_bytes(raw[:2], "little"))
        if link is None:
            raise HciError(Code.UNKNOWN_CONNECTION)
        return link

    def _known(self, raw: bytes) -> bytes:
        self._link(raw)
        return raw[:2]

    def _soon(self, packet: bytes) -> None:
        self.radio.medium.loop.call_soon(self.radio.emit, packet)

    def _disconnect(self, raw: bytes) -> None:
        self._link(raw).finish(self, Code.REMOTE_ENDED)

    def _remote_version(self, raw: bytes) -> None:
        version = self.radio.shape.version
        content = struct.pack("<BHH", version, 0xFFFF, 0)
        self._soon(event(0x0C, bytes((Code.OK,)) + self._known(raw) + content))

    def _remote_features(self, raw: bytes) -> None:
        features = self.radio.shape.features.to_bytes(8, "little")
        self._soon(meta(0x04, bytes((Code.OK,)) + self._known(raw) + features))

    def _rssi(self, raw: bytes) -> bytes:
        link = self._link(raw)
        space = self.radio.medium.space
        heard = space.rssi(link.other(self).name, self.name)
        return raw + struct.pack("<b", 127 if heard is None else heard)

    def _update(self, raw: bytes) -> None:
        _, least, _, latency, timeout, _, _ = _UPDATE.unpack(raw)
        link, terms = self._link(raw), Terms(least, latency, timeout)
        self.radio.medium.loop.call_soon(self._change, link, terms)

    def _change(self, link: Link, terms: Terms) -> None:
        if link.open:
            link.update(terms)

    def _data_length(self, raw: bytes) -> bytes:
        octets = self._link(raw).octets
        content = struct.pack("<HHHH", octets, _TIME, octets, _TIME)
        self._soon(meta(0x07, raw[:2] + content))
        return raw[:2]
