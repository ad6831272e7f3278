"""A bumble host stack on a transport: opened, named, powered on.

A transport is bumble's (`hci-socket:0`, `tcp-client:127.0.0.1:9700`, `serial:...`), or
`air:HOST:PORT/NAME`: a virtual air, where the host says its name first.
"""

import asyncio
import logging
import socket
from dataclasses import dataclass
from typing import Final

from bumble import hci
from bumble.core import BaseBumbleError, CommandTimeoutError
from bumble.core import UnreachableError as NoAnswer
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.hci import Address
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport import open_transport
from bumble.transport.common import Transport, TransportLostError
from typing_extensions import override

from lapel.base.errors import SetupError, UnreachableError

_OPEN_S: Final = 15.0
_SILENT: Final = (
    OSError,
    TimeoutError,
    NoAnswer,
    CommandTimeoutError,
    TransportLostError,
    hci.HCI_Error,
)
_NAME: Final = 0xFE
"""The virtual air's own packet: length and name. No hardware is ever sent it."""


class _NoPairing(PairingDelegate):
    """Bluetooth's own pairing is not relied on, so nobody is let into it."""

    @override
    async def accept(self) -> bool:
        return False


def _no_pairing(_: Connection) -> PairingConfig:
    return PairingConfig(delegate=_NoPairing())


@dataclass(frozen=True, slots=True)
class Host:
    """A powered host and its transport."""

    device: Device
    transport: Transport

    async def gone(self) -> None:
        """Wait until the controller is lost."""
        await self.transport.source.terminated

    async def close(self) -> None:
        """Give the transport back."""
        await self.transport.close()
        await asyncio.sleep(0)  # asyncio closes a socket one round later


async def open_host(transport: str, address: Address) -> Host:
    """Open and power on; raises `SetupError` or `UnreachableError`.

    `address` is the random address that is used until another one is set.
    """
    _quiet()
    if transport.startswith("hci-socket") and not hasattr(socket, "AF_BLUETOOTH"):
        raise SetupError("this Python has no Bluetooth sockets; use Debian's python3")
    try:
        async with asyncio.timeout(_OPEN_S):
            return await _opened(transport, address)
    except _SILENT as error:
        raise UnreachableError(
            f"no Bluetooth controller answers at {transport}: {error}"
        ) from error
    except (BaseBumbleError, ValueError, ImportError) as error:
        raise SetupError(
            f"{transport} is no transport that can be opened: {error}; say for example"
            " hci-socket:0 or tcp-client:127.0.0.1:PORT"
        ) from error


def _quiet() -> None:
    """Keep bumble's warnings off the terminal: strangers could fill it.

    Who sets up logging still gets them.
    """
    logger = logging.getLogger("bumble")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


async def _opened(transport: str, address: Address) -> Host:
    where, name = split_name(transport)
    opened = await open_transport(where)
    try:
        if name:
            raw = name.encode()
            opened.sink.on_packet(bytes((_NAME, len(raw))) + raw)
        config = DeviceConfiguration(
            name="", address=address, gap_service_enabled=False
        )
        device = Device.from_config_with_hci(config, opened.source, opened.sink)
        device.pairing_config_factory = _no_pairing
        await device.power_on()
    except BaseException:
        await opened.close()
        raise
    return Host(device, opened)


def split_name(transport: str) -> tuple[str, str]:
    """Give the transport that bumble opens, and the host's name on a virtual air."""
    scheme, _, rest = transport.partition(":")
    if scheme != "air":
        return transport, ""
    where, _, name = rest.partition("/")
    return f"tcp-client:{where}", name
