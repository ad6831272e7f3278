"""The one medium that all radios of a virtual air share.

Adverts are heard by all who are near enough; a connection is lost when its two ends
have not heard each other for its supervision timeout. What is not modelled stands in
`docs/explanation/air.md`.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from lapel.sim.air import pdus
from lapel.sim.air.hci import Code
from lapel.sim.air.pdus import Address, Kind, Llid, Terms
from lapel.sim.air.space import Space

_TERMINATE: Final = 0x02


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet on the air."""

    at_ns: int
    """UTC, nanoseconds since 1970."""
    sender: str
    """Name of the host that sent it."""
    address: Address | None
    """Address that its sender shows in it; a packet of a connection has none."""
    kind: str
    """Name of `Kind`, or of `Llid` in a connection."""
    channel: int
    access: int
    crc: int
    """What the checksum starts from."""
    pdu: bytes
    """Header and payload, without access address and checksum."""
    by_central: bool | None = None
    """Whether the connection's central sent it; None where there is no connection."""


Sniffer: TypeAlias = Callable[[Packet], None]


@dataclass(frozen=True, slots=True, eq=False)
class Advert:
    """One advertising event, and what its sender does when somebody connects."""

    sender: str
    kind: Kind
    address: Address
    data: bytes
    response: bytes
    end: "End"
    taken: Callable[["Link"], None]


class End(Protocol):
    """One end of connections: a controller."""

    name: str
    octets: int
    """Bytes that it takes in one packet."""

    def received(self, link: "Link", llid: Llid, payload: bytes) -> None:
        """Take what the other end sent."""
        ...

    def sent(self, link: "Link") -> None:
        """Hear that the other end has what was sent, once for each `send`."""
        ...

    def ended(self, link: "Link", reason: Code) -> None:
        """Hear that the connection is over."""
        ...

    def updated(self, link: "Link") -> None:
        """Hear that its timing has changed."""
        ...


Listener: TypeAlias = Callable[[Advert], None]
"""Takes each advertising event; asks `heard` whether it hears it, if it listens."""


@dataclass(eq=False)
class Medium:
    """Who is there, who hears whom, and who listens to all of it."""

    loop: asyncio.AbstractEventLoop
    chance: Callable[[], float]
    """Random numbers from 0 to 1, for loss and for the delays of adverts."""
    now_ns: Callable[[], int]
    space: Space = field(default_factory=Space)
    loss: float = 0.0
    """Share of packets that a receiver misses though it is near enough."""
    sniffers: list[Sniffer] = field(default_factory=list[Sniffer])
    listeners: dict[str, Listener] = field(default_factory=dict[str, Listener])
    links: list["Link"] = field(default_factory=list["Link"])

    def advertise(self, advert: Advert) -> None:
        """Send one advertising event; all three channels carry the same."""
        pdu = pdus.advert(advert.kind, advert.address, advert.data)
        self.on_channel_37(advert.sender, advert.address, advert.kind, pdu)
        for name, listen in list(self.listeners.items()):
            if name != advert.sender:
                listen(advert)

    def heard(self, sender: str, receiver: str) -> int | None:
        """Give how loud this packet is heard, in dBm; None when it is not."""
        rssi = self.space.rssi(sender, receiver)
        return None if rssi is None or self.missed() else rssi

    def missed(self) -> bool:
        """Whether a receiver misses this packet."""
        return self.loss > 0 and self.chance() < self.loss

    def on_channel_37(
        self, sender: str, address: Address, kind: Kind, pdu: bytes
    ) -> None:
        """Show a packet of an advertising channel to those who sniff."""
        if self.sniffers:
            at = (self.now_ns(), sender, address, kind.name, pdus.FIRST_CHANNEL)
            access, crc = pdus.ADVERTISING_ACCESS, pdus.ADVERTISING_CRC
            self.show(Packet(*at, access, crc, pdu))

    def show(self, packet: Packet) -> None:
        """Show a packet to those who sniff."""
        for sniffer in self.sniffers:
            sniffer(packet)

    def random_bits(self, bits: int) -> int:
        """Draw a number; nothing secret depends on it."""
        return int(self.chance() * (1 << bits))

    def put(self, name: str, x: float, y: float) -> None:
        """Move a host."""
        self.space.put(name, x, y)
        for link in list(self.links):
            link.look()

    def cut(self) -> None:
        """Lose every connection now."""
        for link in list(self.links):
            link.lose()


@dataclass(eq=False)
class Link:
    """One connection: two queues, and a timer while its ends do not hear each other."""

    medium: Medium
    terms: Terms
    central: End
    peripheral: End
    addresses: tuple[Address, Address]
    """Of the central and of the peripheral, as they were when it began."""
    access: int
    crc: int
    open: bool = True
    _waiting: deque[tuple[End, Llid, bytes, bool]] = field(
        default_factory=deque[tuple["End", Llid, bytes, bool]]
    )
    _pumping: bool = False
    _away: set[str] = field(default_factory=set[str])
    _timer: asyncio.TimerHandle | None = None
    _number: dict[str, int] = field(default_factory=dict[str, int])
    _event: int = 0

    @property
    def octets(self) -> int:
        """Bytes in one packet: what both ends take."""
        return min(self.central.octets, self.peripheral.octets)

    def other(self, end: End) -> End:
        """Give the other end."""
        return self.peripheral if end is self.central else self.central

    def send(self, end: End, llid: Llid, payload: bytes) -> None:
        """Send in order, in as many packets as it takes."""
        parts = [
            payload[at : at + self.octets]
            for at in range(0, max(1, len(payload)), self.octets)
        ]
        for number, part in enumerate(parts):
            first, last = number == 0, number == len(parts) - 1
            kind = llid if first else Llid.MORE
            self._waiting.append((end, kind, part, last))
        self._pump_soon(0)

    def finish(self, end: End, reason: Code) -> None:
        """Say goodbye. What `end` had not sent is gone, as controllers may do."""
        kept = [one for one in self._waiting if one[0] is not end]
        self._waiting = deque(kept)
        self._waiting.append((end, Llid.CONTROL, bytes((_TERMINATE, reason)), True))
        self._pump_soon(0)

    def leave(self, end: End) -> None:
        """Fall silent without a goodbye, as when power goes."""
        self._away.add(end.name)
        self.look()

    def update(self, terms: Terms) -> None:
        """Change the timing."""
        self.terms = terms
        for end in (self.central, self.peripheral):
            end.updated(self)

    @property
    def near(self) -> bool:
        """Whether both ends are there and hear each other."""
        names = self.central.name, self.peripheral.name
        return not self._away and self.medium.space.rssi(*names) is not None

    def look(self) -> None:
        """See whether the ends still hear each other."""
        if self.near:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._pump_soon(0)
        elif self._timer is None and self.open:
            wait = self.terms.timeout_s
            self._timer = self.medium.loop.call_later(wait, self.lose)

    def lose(self) -> None:
        """End it for want of an answer."""
        self._end(Code.TIMEOUT, Code.TIMEOUT, self.central)

    def _end(self, here: Code, there: Code, end: End) -> None:
        if not self.open:
            return
        self.open = False
        self.medium.links.remove(self)
        if self._timer is not None:
            self._timer.cancel()
        self._waiting.clear()
        for one, reason in ((end, here), (self.other(end), there)):
            if one.name not in self._away:
                one.ended(self, reason)

    def _pump_soon(self, wait_s: float) -> None:
        if not self._pumping and self.open:
            self._pumping = True
            self.medium.loop.call_later(wait_s, self._pump)

    def _pump(self) -> None:
        """Carry one packet; a missed one is sent again in the next event."""
        self._pumping = False
        if not self.open or not self._waiting or not self.near:
            return
        end, llid, payload, last = self._waiting[0]
        self._show(end, llid, payload)
        if self.medium.missed():
            self._pump_soon(self.terms.interval_s)
            return
        self._waiting.popleft()
        self._number[end.name] = self._number.get(end.name, 0) ^ 1
        if llid is Llid.CONTROL:
            self._end(Code.LOCAL_ENDED, Code.REMOTE_ENDED, end)
            return
        self.other(end).received(self, llid, payload)
        if last:
            end.sent(self)
        self._pump_soon(0)

    def _show(self, end: End, llid: Llid, payload: bytes) -> None:
        if not self.medium.sniffers:
            return
        self._event += 1
        own = self._number.get(end.name, 0)
        numbers = own, self._number.get(self.other(end).name, 0)
        self.medium.show(
            Packet(
                self.medium.now_ns(),
                end.name,
                None,
                llid.name,
                self._event * 5 % 37,
                self.access,
                self.crc,
                pdus.data(llid, numbers, payload),
                end is self.central,
            )
        )
