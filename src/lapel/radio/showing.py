"""What a bumble host shows, on controllers with advertising sets and on older ones."""

from typing import Final, Protocol, cast

from bumble.device import (
    AdvertisingEventProperties,
    AdvertisingParameters,
    AdvertisingSet,
    AdvertisingType,
    Device,
    LegacyAdvertiser,
)
from bumble.hci import (
    Address,
    HCI_LE_Set_Random_Address_Command,
    HCI_StatusReturnParameters,
    HCI_SyncCommand,
    OwnAddressType,
)
from typing_extensions import override

from lapel.ports.air import Shown

INTERVAL_MS: Final = 100


class Showing(Protocol):
    """One connectable advert, whose address and content change together.

    Raises bumble's `HCI_Error` where the controller refuses.
    """

    async def start(self, shown: Shown) -> None:
        """Show this; what was shown before must have been stopped."""
        ...

    async def stop(self) -> None:
        """Be silent."""
        ...


def showing(device: Device) -> Showing:
    """Give what this controller can do."""
    if device.supports_le_extended_advertising:
        return _Sets(device)
    return _One(device)


def address_of(raw: bytes) -> Address:
    """Give a random address, most significant byte first, as bumble has it."""
    return Address(raw[::-1], Address.RANDOM_DEVICE_ADDRESS)


class _Sets(Showing):
    """An advertising set with an address of its own."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._set: AdvertisingSet | None = None

    @override
    async def start(self, shown: Shown) -> None:
        address = address_of(shown.address)
        if self._set is None:
            self._set = await self._device.create_advertising_set(
                AdvertisingParameters(
                    AdvertisingEventProperties(
                        is_connectable=True, is_scannable=True, is_legacy=True
                    ),
                    INTERVAL_MS,
                    INTERVAL_MS,
                ),
                address,
                auto_start=False,
            )
        await self._set.set_random_address(address)
        await self._set.set_advertising_data(shown.advert)
        await self._set.set_scan_response_data(shown.response)
        await self._set.start()

    @override
    async def stop(self) -> None:
        if self._set is not None:
            await self._set.stop()


class _One(Showing):
    """The one advertiser of Bluetooth 4.0; its address is the controller's."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._on = False

    @override
    async def start(self, shown: Shown) -> None:
        device, address = self._device, address_of(shown.address)
        await device.send_sync_command(
            cast(
                HCI_SyncCommand[HCI_StatusReturnParameters],
                HCI_LE_Set_Random_Address_Command(random_address=address),
            )
        )
        device.random_address = address
        device.advertising_data = shown.advert
        device.scan_response_data = shown.response
        device.advertising_interval_min = INTERVAL_MS
        device.advertising_interval_max = INTERVAL_MS
        # Bumble looks here for the address of a connection that comes of it.
        device.legacy_advertiser = LegacyAdvertiser(
            device,
            AdvertisingType.UNDIRECTED_CONNECTABLE_SCANNABLE,
            OwnAddressType.RANDOM,
            Address.ANY,
            auto_restart=False,
        )
        await device.legacy_advertiser.start()
        self._on = True

    @override
    async def stop(self) -> None:
        advertiser = self._device.legacy_advertiser
        if self._on and advertiser is not None:
            await advertiser.stop()
        self._on, self._device.legacy_advertiser = False, None
