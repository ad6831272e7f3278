"""The air as a server: each host that connects by TCP gets a controller of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from typing_extensions import override

from lapel.base.errors import BusyError, MalformedError
from lapel.sim.air.controller import HARDWARE_ERROR, Controller
from lapel.sim.air.hci import Splitter
from lapel.sim.air.medium import Medium
from lapel.sim.air.radio import Shape

LOOPBACK: Final = "127.0.0.1"
_UNREAD_MOST: Final = 1 << 20
"""Bytes of events that a host may leave unread before it is cut off."""


@dataclass
class Hub:
    """Accepts hosts; all share one medium."""

    medium: Medium
    shape: Shape
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _server: asyncio.Server | None = None
    _hosts: set["_Host"] = field(default_factory=set["_Host"])

    async def open(self, port: int) -> int:
        """Listen; gives the port. 0 picks a free one."""
        self._server = await listening(lambda: _Host(self), port)
        return port_of(self._server)

    async def close(self) -> None:
        """Cut off all hosts, and stop."""
        for host in list(self._hosts):
            host.cut_off()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def join(self, host: "_Host", emit: Callable[[bytes], None]) -> Controller:
        """Make a controller for a host."""
        self._hosts.add(host)
        taken = self.medium.listeners
        number = next(n for n in self._numbers if f"host-{n}" not in taken)
        public = number.to_bytes(4, "little") + b"\x00\x02"
        return Controller(self.medium, self.shape, f"host-{number}", public, emit)

    def leave(self, host: "_Host") -> None:
        """Forget a host."""
        self._hosts.discard(host)


async def listening(
    protocol: Callable[[], asyncio.Protocol], port: int
) -> asyncio.Server:
    """Listen on this machine only; raises `BusyError` for a port that is taken."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(protocol, LOOPBACK, port)
    except OSError as error:
        raise BusyError(
            f"port {port} is taken; choose another, or 0 for a free one"
        ) from error


def port_of(server: asyncio.Server) -> int:
    """Give the port that a server listens on."""
    port: int = server.sockets[0].getsockname()[1]
    return port


class _Host(asyncio.Protocol):
    """One host, and its controller."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._splitter = Splitter()
        self._transport: asyncio.WriteTransport | None = None
        self._controller: Controller | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport
            self._controller = self._hub.join(self, self._emit)

    @override
    def data_received(self, data: bytes) -> None:
        if self._controller is None:
            return
        try:
            for kind, packet in self._splitter.feed(data):
                self._controller.take(kind, packet)
        except MalformedError:
            self._emit(HARDWARE_ERROR)
            self.cut_off()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._hub.leave(self)
        if self._controller is not None:
            self._controller.leave()

    def cut_off(self) -> None:
        """End the connection with this host."""
        if self._transport is not None:
            self._transport.close()

    def _emit(self, packet: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > _UNREAD_MOST:
            transport.abort()
            return
        transport.write(packet)
