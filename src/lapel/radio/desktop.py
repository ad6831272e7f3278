"""An app's radio on this machine's own Bluetooth: Linux, Windows and macOS, by bleak.

A place is whatever the system calls a device: an address, or a number of its own.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Final

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakBluetoothNotAvailableError, BleakError
from typing_extensions import override

from lapel.base.errors import MalformedError, SetupError, UnreachableError
from lapel.ports.air import Central, Connection, Sighting
from lapel.radio.adverts import VALUE_MOST
from lapel.wire.link import NOTIFY, SERVICE, WRITE

PATIENCE_S: Final = 10.0
_TROUBLE: Final = (BleakError, OSError, EOFError, TimeoutError)


class BleakCentral(Central):
    """Hears and reaches cameras through the system's Bluetooth."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        """Keep how long to try to connect."""
        self._patience_s = patience_s
        self._found: dict[str, BLEDevice] = {}
        self._joined: list[_Joined] = []

    @override
    async def scan(self) -> AsyncGenerator[Sighting, None]:
        queue: asyncio.Queue[Sighting] = asyncio.Queue(maxsize=1000)

        def detected(device: BLEDevice, heard: AdvertisementData) -> None:
            sighting = _sighting(device, heard)
            if sighting is not None and not queue.full():
                self._found[sighting.place] = device
                queue.put_nowait(sighting)

        scanner = BleakScanner(detected, [str(SERVICE)])
        try:
            await scanner.start()
        except _TROUBLE as error:
            raise _no_bluetooth(error) from error
        try:
            while True:
                yield await queue.get()
        finally:
            with suppress(*_TROUBLE):
                await scanner.stop()

    @override
    async def connect(self, place: str) -> Connection:
        joined = _Joined(self._found.get(place, place), self._patience_s)
        try:
            async with asyncio.timeout(self._patience_s):
                await joined.begin()
        except BleakBluetoothNotAvailableError as error:
            raise _no_bluetooth(error) from error
        except _TROUBLE as error:
            await joined.close()
            raise UnreachableError(
                "the camera does not answer; go nearer, and search again"
            ) from error
        except BaseException:
            await joined.close()
            raise
        self._joined.append(joined)
        return joined

    @override
    async def close(self) -> None:
        while self._joined:
            await self._joined.pop().close()


class _Joined(Connection):
    """One connection."""

    def __init__(self, device: BLEDevice | str, patience_s: float) -> None:
        self._arrived: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._client = BleakClient(
            device, self._gone, [str(SERVICE)], timeout=patience_s
        )

    async def begin(self) -> None:
        """Connect, find the service and subscribe."""
        await self._client.connect()
        write = self._client.services.get_characteristic(WRITE)
        notify = self._client.services.get_characteristic(NOTIFY)
        if write is None or notify is None:
            raise UnreachableError("what answers here is no camera; search again")
        self._write = write
        await self._client.start_notify(notify, self._notified)

    def _notified(self, _: BleakGATTCharacteristic, value: bytearray) -> None:
        self._arrived.put_nowait(bytes(value))

    def _gone(self, _: BleakClient) -> None:
        self._arrived.put_nowait(None)

    @override
    async def write(self, value: bytes) -> None:
        # The size grows when systems agree on an MTU after the connection has begun.
        size = min(self._write.max_write_without_response_size, VALUE_MOST)
        if len(value) > size:
            raise MalformedError(f"{len(value)} bytes do not fit into this link")
        try:
            await self._client.write_gatt_char(self._write, value, response=False)
        except _TROUBLE as error:
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
        with suppress(*_TROUBLE):
            await self._client.disconnect()


def _sighting(device: BLEDevice, heard: AdvertisementData) -> Sighting | None:
    """Read what the system heard; None unless it is a camera's."""
    ours = str(SERVICE) in heard.service_uuids
    if not ours or not heard.manufacturer_data:
        return None
    company, data = next(iter(heard.manufacturer_data.items()))
    name = heard.local_name or None
    return Sighting(device.address, company, bytes(data), name, heard.rssi)


def _no_bluetooth(error: BaseException) -> SetupError:
    return SetupError(
        f"this machine's Bluetooth cannot be used: {error}; switch it on, and on Linux"
        " see that bluetoothd runs"
    )
