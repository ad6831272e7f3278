"""An app's radio on a bumble host stack."""

# pyright: reportUnknownMemberType=false

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Final, cast

from bumble.att import ATT_Error
from bumble.core import BaseBumbleError
from bumble.device import (
    Advertisement,
    ConnectionParametersPreferences,
    Device,
    Peer,
)
from bumble.device import (
    Connection as BumbleConnection,
)
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import (
    Address,
    HCI_Error,
    HCI_LE_Create_Connection_Cancel_Command,
    HCI_StatusReturnParameters,
    HCI_SyncCommand,
    Phy,
)
from typing_extensions import override

from lapel.base.errors import MalformedError, UnreachableError
from lapel.ports.air import Central, Connection, Sighting
from lapel.radio.adverts import sighted, too_long
from lapel.radio.gatt import NOTIFY_UUID, SERVICE_UUID, WRITE_UUID
from lapel.radio.host import Host, open_host

PATIENCE_S: Final = 10.0
_GIVE_UP_S: Final = 1.0
_TROUBLE: Final = (HCI_Error, BaseBumbleError, ATT_Error, TimeoutError)
_TIMING: Final = ConnectionParametersPreferences(
    connection_interval_min=15,
    connection_interval_max=30,
    max_latency=0,
    supervision_timeout=4000,
)


class BumbleCentral(Central):
    """Hears and reaches cameras; the transport is opened when it is first used."""

    def __init__(
        self, transport: str, mtu: int = 517, patience_s: float = PATIENCE_S
    ) -> None:
        """Keep where the controller is, and the largest MTU that is asked for."""
        self._transport = transport
        self._mtu = mtu
        self._patience_s = patience_s
        self._host: Host | None = None
        self._lock = asyncio.Lock()
        self._scans: list[asyncio.Queue[Sighting]] = []
        self._places: dict[str, Address] = {}
        self._joined: list[_Joined] = []

    @override
    async def scan(self) -> AsyncGenerator[Sighting, None]:
        device = await self._device()
        queue: asyncio.Queue[Sighting] = asyncio.Queue(maxsize=1000)
        self._scans.append(queue)
        try:
            if len(self._scans) == 1:
                await device.start_scanning()
            while True:
                yield await queue.get()
        finally:
            self._scans.remove(queue)
            if not self._scans:
                with suppress(*_TROUBLE):
                    await device.stop_scanning()

    @override
    async def connect(self, place: str) -> Connection:
        device = await self._device()
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._join(device, place)
        except (*_TROUBLE, asyncio.CancelledError) as error:
            _unless_cancelled(error)
            raise UnreachableError(
                "the camera does not answer; go nearer, and search again"
            ) from error

    @override
    async def close(self) -> None:
        while self._joined:
            await self._joined.pop().close()
        if self._host is not None:
            host, self._host = self._host, None
            await host.close()

    async def _device(self) -> Device:
        async with self._lock:
            if self._host is None:
                # A random address without meaning, drawn anew for each use.
                raw = secrets.token_bytes(5) + bytes((0xC0 | secrets.randbelow(0x3F),))
                address = Address(raw, Address.RANDOM_DEVICE_ADDRESS)
                self._host = await open_host(self._transport, address)
                self._host.device.on(Device.EVENT_ADVERTISEMENT, self._advertised)
            return self._host.device

    def _advertised(self, heard: Advertisement) -> None:
        place = heard.address.to_string(with_type_qualifier=False)
        sighting = sighted(place, heard.rssi, bytes(heard.data), b"")
        if sighting is None or not heard.is_connectable:
            return
        self._places[place] = heard.address
        for queue in self._scans:
            if not queue.full():
                queue.put_nowait(sighting)

    async def _join(self, device: Device, place: str) -> "_Joined":
        address = self._places.get(place) or Address(place)
        try:
            connection = await device.connect(
                address,
                connection_parameters_preferences={Phy.LE_1M: _TIMING},
                timeout=None,
            )
        except asyncio.CancelledError:
            with suppress(*_TROUBLE):
                await _give_up(device)
            raise
        joined = _Joined(connection)
        try:
            await joined.begin(self._mtu)
        except BaseException:
            await joined.close()
            raise
        self._joined.append(joined)
        return joined


class _Joined(Connection):
    """One connection."""

    def __init__(self, connection: BumbleConnection) -> None:
        self._connection = connection
        self._arrived: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._write: CharacteristicProxy[bytes] | None = None
        self._open = True
        connection.on(BumbleConnection.EVENT_DISCONNECTION, self._gone)

    async def begin(self, mtu: int) -> None:
        """Agree on the MTU, find the service and subscribe."""
        peer = Peer(self._connection)
        if mtu > self._connection.att_mtu:
            await peer.request_mtu(mtu)
        await peer.discover_service(SERVICE_UUID)
        for service in peer.get_services_by_uuid(SERVICE_UUID):
            await peer.discover_characteristics(service=service)
        write = peer.get_characteristics_by_uuid(WRITE_UUID)
        notify = peer.get_characteristics_by_uuid(NOTIFY_UUID)
        if not write or not notify:
            raise UnreachableError("what answers here is no camera; search again")
        self._write = write[0]
        await notify[0].subscribe(self._notified)

    def _notified(self, value: bytes) -> None:
        self._arrived.put_nowait(bytes(value))

    def _gone(self, _reason: int) -> None:
        self._open = False
        self._arrived.put_nowait(None)

    @override
    async def write(self, value: bytes) -> None:
        if too_long(value, self._connection.att_mtu):
            raise MalformedError(f"{len(value)} bytes do not fit into this link")
        try:
            if not self._open or self._write is None:
                raise TimeoutError
            await self._write.write_value(value, with_response=True)
        except (*_TROUBLE, asyncio.CancelledError) as error:
            _unless_cancelled(error)
            raise UnreachableError(
                "the camera is out of reach; connect again"
            ) from error

    @override
    async def values(self) -> AsyncIterator[bytes]:
        while (value := await self._arrived.get()) is not None:
            yield value
        self._arrived.put_nowait(None)

    @override
    async def close(self) -> None:
        if self._open:
            with suppress(*_TROUBLE):
                await self._connection.disconnect()


async def _give_up(device: Device) -> None:
    """Have the controller stop to connect; bumble would leave it trying.

    It tells that nothing came of it; the next attempt would take that for its own end.
    """
    told = asyncio.Event()

    def failed(_error: BaseException) -> None:
        told.set()

    device.on(Device.EVENT_CONNECTION_FAILURE, failed)
    try:
        await device.send_sync_command(
            cast(
                HCI_SyncCommand[HCI_StatusReturnParameters],
                HCI_LE_Create_Connection_Cancel_Command(),
            )
        )
        async with asyncio.timeout(_GIVE_UP_S):
            await told.wait()
    finally:
        device.remove_listener(Device.EVENT_CONNECTION_FAILURE, failed)


def _unless_cancelled(error: BaseException) -> None:
    """Raise where our task is cancelled; bumble cancels requests of its own."""
    task = asyncio.current_task()
    if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
        raise error
