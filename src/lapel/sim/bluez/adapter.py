"""The adapter of our `org.bluez`: discovery, devices, and their GATT objects."""

# pyright: reportUnknownMemberType=false

import asyncio
from dataclasses import dataclass, field
from typing import Final

from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address
from dbus_fast import Variant

from lapel.base.errors import NotFoundError
from lapel.radio.adverts import fields
from lapel.sim.bluez.objects import Objects, Properties

ADAPTER_PATH: Final = "/org/bluez/hci0"
ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
SERVICE: Final = "org.bluez.GattService1"
CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"
DESCRIPTOR: Final = "org.bluez.GattDescriptor1"

_FLAGS: Final = {
    0x02: "read",
    0x04: "write-without-response",
    0x08: "write",
    0x10: "notify",
    0x20: "indicate",
}
_NOTIFIES: Final = 0x30
_CONNECT_S: Final = 10.0
_CCCD: Final = "00002902-0000-1000-8000-00805f9b34fb"


@dataclass
class Adapter:
    """What a host on the air looks like to programs that speak D-Bus."""

    device: Device
    objects: Objects
    mtu: int = 517
    """The MTU that it asks for."""
    _addresses: dict[str, Address] = field(default_factory=dict[str, Address])
    _connections: dict[str, Connection] = field(default_factory=dict[str, Connection])
    _characteristics: dict[str, CharacteristicProxy[bytes]] = field(
        default_factory=dict[str, CharacteristicProxy[bytes]]
    )
    _listeners: set[str] = field(default_factory=set[str])
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set["asyncio.Task[None]"])

    def begin(self) -> None:
        """Listen to the host."""
        self.device.on(Device.EVENT_ADVERTISEMENT, self._heard)
        self.objects.held |= {
            "/org/bluez": {
                "org.bluez.AgentManager1": {},
                "org.bluez.ProfileManager1": {},
            },
            ADAPTER_PATH: {
                ADAPTER: _adapter(),
                "org.bluez.GattManager1": {},
                "org.bluez.LEAdvertisingManager1": {
                    "ActiveInstances": Variant("y", 0),
                    "SupportedInstances": Variant("y", 5),
                    "SupportedIncludes": Variant("as", []),
                },
            },
        }

    async def start_discovery(self, who: str) -> None:
        """Scan for this program; starting again changes nothing."""
        self._listeners.add(who)
        if not self.device.is_scanning:
            await self.device.start_scanning()
        self._adapter_changed(discovering=True)

    async def stop_discovery(self, who: str) -> None:
        """Scan no longer for this program."""
        self._listeners.discard(who)
        if not self._listeners and self.device.is_scanning:
            await self.device.stop_scanning()
            self._adapter_changed(discovering=False)

    async def connect(self, path: str) -> None:
        """Connect, and find out what the device serves."""
        if path in self._connections:
            return
        address = self._addresses.get(path)
        if address is None:
            raise NotFoundError(path)
        connection = await self.device.connect(address, timeout=_CONNECT_S)
        self._connections[path] = connection

        def gone(_reason: int) -> None:
            self._lost(path)

        connection.on(Connection.EVENT_DISCONNECTION, gone)
        self.objects.change(path, DEVICE, {"Connected": Variant("b", value=True)})
        task = asyncio.create_task(self._resolve(path, connection), name="resolve")
        self._tasks.add(task)
        task.add_done_callback(self._resolved)

    def _resolved(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # A device that goes away while it is asked is told of as lost.
            task.exception()

    async def disconnect(self, path: str) -> None:
        """Disconnect; without a connection nothing happens."""
        if (connection := self._connections.get(path)) is not None:
            await connection.disconnect()

    async def read(self, path: str) -> bytes:
        """Read a characteristic."""
        return bytes(await self._characteristic(path).read_value())

    async def write(self, path: str, value: bytes, *, response: bool) -> None:
        """Write a characteristic."""
        found = self._characteristic(path)
        await found.write_value(value, with_response=response)

    async def notify(self, path: str, *, on: bool) -> None:
        """Subscribe to a characteristic, or no longer."""
        found = self._characteristic(path)

        def arrived(value: bytes) -> None:
            content = {"Value": Variant("ay", bytes(value))}
            self.objects.change(path, CHARACTERISTIC, content)

        if on:
            await found.subscribe(arrived)
        else:
            await found.unsubscribe()
        content = {"Notifying": Variant("b", on)}
        self.objects.change(path, CHARACTERISTIC, content)

    def forget(self, path: str) -> None:
        """Remove a device."""
        self.objects.remove(path)

    def _characteristic(self, path: str) -> CharacteristicProxy[bytes]:
        found = self._characteristics.get(path)
        if found is None:
            raise NotFoundError(path)
        return found

    def _adapter_changed(self, *, discovering: bool) -> None:
        content = {"Discovering": Variant("b", discovering)}
        self.objects.change(ADAPTER_PATH, ADAPTER, content)

    def _heard(self, advert: Advertisement) -> None:
        address = advert.address.to_string(with_type_qualifier=False)
        path = f"{ADAPTER_PATH}/dev_{address.replace(':', '_')}"
        self._addresses[path] = advert.address
        content = _advert(advert)
        if path in self.objects.held:
            self.objects.change(path, DEVICE, content)
        else:
            known = _device(address, public=advert.address.is_public)
            self.objects.add(path, {DEVICE: known | content})

    async def _resolve(self, path: str, connection: Connection) -> None:
        peer = Peer(connection)
        mtu = connection.att_mtu
        if self.mtu > mtu:
            mtu = await peer.request_mtu(self.mtu)
        await peer.discover_services()
        uuids: list[str] = []
        for service in peer.services:
            if len(service.uuid.uuid_bytes) != 16:
                continue
            uuids.append(_text(service.uuid))
            below = f"{path}/service{service.handle:04x}"
            self.objects.add(below, {SERVICE: _service(_text(service.uuid), path)})
            for found in await peer.discover_characteristics(service=service):
                self._found(below, found, mtu)
        content = {
            "UUIDs": Variant("as", uuids),
            "ServicesResolved": Variant("b", value=True),
        }
        self.objects.change(path, DEVICE, content)

    def _found(self, service: str, found: CharacteristicProxy[bytes], mtu: int) -> None:
        path = f"{service}/char{found.handle:04x}"
        self._characteristics[path] = found
        flags = [name for bit, name in _FLAGS.items() if found.properties & bit]
        content: Properties = {
            "UUID": Variant("s", _text(found.uuid)),
            "Service": Variant("o", service),
            "Value": Variant("ay", b""),
            "Notifying": Variant("b", value=False),
            "Flags": Variant("as", flags),
            "MTU": Variant("q", mtu),
        }
        self.objects.add(path, {CHARACTERISTIC: content})
        if found.properties & _NOTIFIES:
            # Chromium starts no notifications where it sees no such descriptor.
            descriptor: Properties = {
                "UUID": Variant("s", _CCCD),
                "Characteristic": Variant("o", path),
                "Value": Variant("ay", b""),
                "Flags": Variant("as", []),
            }
            self.objects.add(
                f"{path}/desc{found.handle + 1:04x}", {DESCRIPTOR: descriptor}
            )

    def _lost(self, path: str) -> None:
        self._connections.pop(path, None)
        content = {
            "Connected": Variant("b", value=False),
            "ServicesResolved": Variant("b", value=False),
        }
        self.objects.change(path, DEVICE, content)
        for below in [one for one in self.objects.held if one.startswith(path + "/")]:
            self._characteristics.pop(below, None)
            if below in self.objects.held:
                self.objects.remove(below)


def _text(uuid: UUID) -> str:
    return uuid.to_hex_str("-").lower()


def _adapter() -> Properties:
    return {
        "Address": Variant("s", "02:00:00:00:00:01"),
        "AddressType": Variant("s", "public"),
        "Name": Variant("s", "air"),
        "Alias": Variant("s", "air"),
        "Class": Variant("u", 0),
        "Powered": Variant("b", value=True),
        "Discoverable": Variant("b", value=False),
        "DiscoverableTimeout": Variant("u", 0),
        "Pairable": Variant("b", value=False),
        "PairableTimeout": Variant("u", 0),
        "Discovering": Variant("b", value=False),
        "UUIDs": Variant("as", []),
        "Modalias": Variant("s", "usb:v1D6Bp0246d0542"),
        "Roles": Variant("as", ["central"]),
    }


def _device(address: str, *, public: bool) -> Properties:
    no = Variant("b", value=False)
    return {
        "Address": Variant("s", address),
        "AddressType": Variant("s", "public" if public else "random"),
        "Alias": Variant("s", address.replace(":", "-")),
        "Adapter": Variant("o", ADAPTER_PATH),
        "UUIDs": Variant("as", []),
        "Paired": no,
        "Bonded": no,
        "Trusted": no,
        "Blocked": no,
        "LegacyPairing": no,
        "Connected": no,
        "ServicesResolved": no,
    }


def _service(uuid: str, device: str) -> Properties:
    return {
        "UUID": Variant("s", uuid),
        "Device": Variant("o", device),
        "Primary": Variant("b", value=True),
        "Includes": Variant("ao", []),
    }


def _advert(advert: Advertisement) -> Properties:
    """Read what BlueZ would show of an advert."""
    content: Properties = {"RSSI": Variant("n", advert.rssi)}
    for kind, data in fields(bytes(advert.data)):
        if kind == AdvertisingData.MANUFACTURER_SPECIFIC_DATA and len(data) >= 2:
            own = {int.from_bytes(data[:2], "little"): Variant("ay", data[2:])}
            content["ManufacturerData"] = Variant("a{qv}", own)
        elif kind == AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS:
            parts = [data[at : at + 16] for at in range(0, len(data) - 15, 16)]
            uuids = [_text(UUID.from_bytes(part)) for part in parts]
            content["UUIDs"] = Variant("as", uuids)
        elif kind == AdvertisingData.COMPLETE_LOCAL_NAME:
            name = Variant("s", data.decode("utf-8", "replace"))
            content |= {"Name": name, "Alias": name}
    return content
