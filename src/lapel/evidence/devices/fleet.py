"""Use cases of vehicles and accessories, and of what people call a device.

A vehicle has a Wi-Fi network that cameras join for View XL; an accessory has a key
that its activations are made with. Both secrets lie sealed under a key of the server
that is a file and not in the database.
"""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from lapel.base.errors import ConflictError, MalformedError, NotFoundError, RefusedError
from lapel.base.ids import serial as checked_serial
from lapel.crypto.seal import open_small, seal_small
from lapel.evidence.custody.model import Action, Who
from lapel.evidence.devices import fleet_table, rules, standing, table
from lapel.evidence.devices.model import (
    Accessory,
    Device,
    Kind,
    Move,
    Network,
    Purpose,
    Standing,
)
from lapel.evidence.devices.reading import find
from lapel.evidence.people.office import Office, Told
from lapel.evidence.people.rules import line
from lapel.wire.custody import ObjectKind

LABEL_MOST: Final = 60
KEY_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class Fleet(Office):
    """Vehicles and accessories of one tenant; `secrets` seals what they hold."""

    secrets: bytes = field(repr=False)

    def add_vehicle(self, label: str, network: Network, who: Who) -> str:
        """Register a vehicle; gives its serial.

        Raises RefusedError `label`, `ssid`, `passphrase`.
        """
        name = _clean(label)
        rules.check_network(network)
        serial = f"CAR-{self.entropy(4).hex().upper()}"
        with self.database.write() as connection:
            self._register(connection, serial, Kind.VEHICLE, "vehicle", name)
            self._keep_network(connection, serial, network)
            told = Told(ObjectKind.DEVICE, serial, {3: name, 5: network.ssid})
            self.log(connection, who, Action.DEVICE_REGISTERED, told)
        return serial

    def set_network(self, serial: str, network: Network, who: Who) -> None:
        """Change a vehicle's network.

        Raises NotFoundError, RefusedError `ssid`, `passphrase`, `standing`.
        """
        rules.check_network(network)
        with self.database.write() as connection:
            self._device(connection, serial, Kind.VEHICLE, serving=True)
            row = fleet_table.vehicle(connection, self.tenant, serial)
            was = "" if row is None else str(row["ssid"])
            self._keep_network(connection, serial, network)
            told = _told(serial, network.ssid, was)
            self.log(connection, who, Action.NETWORK_SET, told)

    def network(self, serial: str, who: Who) -> Network:
        """Give a vehicle's network with its passphrase; that it was shown is logged."""
        with self.database.write() as connection:
            self._device(connection, serial, Kind.VEHICLE)
            row = fleet_table.vehicle(connection, self.tenant, serial)
            if row is None:
                raise NotFoundError("this vehicle has no network any more")
            plain = open_small(self.secrets, bytes(row["sealed"]), self._name(serial))
            told = Told(ObjectKind.DEVICE, serial, {3: str(row["ssid"])})
            self.log(connection, who, Action.NETWORK_SHOWN, told)
        return Network(str(row["ssid"]), plain.decode())

    def ssid(self, serial: str) -> str:
        """Give the name of a vehicle's network; empty when there is none."""
        with self.database.read() as connection:
            row = fleet_table.vehicle(connection, self.tenant, serial)
        return "" if row is None else str(row["ssid"])

    def add_accessory(
        self, serial: str, purpose: Purpose, label: str, key: bytes | None, who: Who
    ) -> bytes:
        """Register an accessory; gives its key, which is made when there is none.

        Raises RefusedError `serial`, `label`, `key`, ConflictError for a serial that
        is on record.
        """
        name = _clean(label, needed=False)
        made = self.entropy(KEY_SIZE) if key is None else key
        if len(made) != KEY_SIZE:
            raise RefusedError("key", f"an accessory's key has {KEY_SIZE} bytes")
        with self.database.write() as connection:
            self._register(connection, serial, Kind.ACCESSORY, str(purpose), name)
            values: dict[str, object] = {
                "tenant": self.tenant,
                "serial": serial,
                "kind": str(purpose),
                "vehicle": "",
                "sealed": self._seal(serial, made),
            }
            fleet_table.keep_accessory(connection, values)
            texts = {3: name or serial, 5: str(purpose)}
            told = Told(ObjectKind.DEVICE, serial, texts)
            self.log(connection, who, Action.DEVICE_REGISTERED, told)
        return made

    def accessory(self, serial: str) -> Accessory | None:
        """Give what an accessory is for, and the vehicle that it is in."""
        with self.database.read() as connection:
            row = fleet_table.accessory(connection, self.tenant, serial)
        if row is None:
            return None
        return Accessory(Purpose(row["kind"]), str(row["vehicle"]))

    def aboard(self, vehicle: str) -> list[str]:
        """List the accessories in service in a vehicle."""
        with self.database.read() as connection:
            return list(fleet_table.aboard(connection, self.tenant, vehicle))

    def place(self, serial: str, vehicle: str, who: Who) -> None:
        """Say which vehicle an accessory is in; empty for none.

        Raises NotFoundError for an unknown accessory or vehicle, RefusedError
        `standing`.
        """
        with self.database.write() as connection:
            self._device(connection, serial, Kind.ACCESSORY, serving=True)
            if vehicle:
                self._device(connection, vehicle, Kind.VEHICLE, serving=True)
            row = fleet_table.accessory(connection, self.tenant, serial)
            was = "" if row is None else str(row["vehicle"])
            if was == vehicle:
                return
            values: dict[str, object] = {
                "tenant": self.tenant,
                "serial": serial,
                "vehicle": vehicle,
            }
            fleet_table.place(connection, values)
            told = _told(serial, vehicle, was)
            self.log(connection, who, Action.ACCESSORY_PLACED, told)

    def name(self, serial: str, label: str, who: Who) -> None:
        """Say what people call a device; empty for its serial alone.

        Raises NotFoundError, RefusedError `label`.
        """
        name = _clean(label, needed=False)
        with self.database.write() as connection:
            device = find(connection, self.tenant, serial)
            if device is None:
                raise NotFoundError(f"there is no device {serial}")
            if device.label == name:
                return
            fleet_table.set_label(connection, self.tenant, serial, name)
            told = _told(serial, name, device.label)
            self.log(connection, who, Action.DEVICE_NAMED, told)

    def _register(
        self, connection: Connection, serial: str, kind: Kind, model: str, label: str
    ) -> None:
        try:
            checked_serial(serial)
        except MalformedError as error:
            raise RefusedError("serial", str(error)) from error
        known = find(connection, self.tenant, serial)
        if known is not None and (
            known.kind is not kind or known.standing is not Standing.RELEASED
        ):
            raise ConflictError(f"{serial} is on record already")
        if known is not None:
            standing.follow(known.standing, Move.ADOPT, kind)
        values: dict[str, object] = {
            "tenant": self.tenant,
            "serial": serial,
            "kind": str(kind),
            "model": model,
            "now": self.clock.utc_ms(),
            **dict.fromkeys(("auth", "sign", "id", "link", "open")),
        }
        table.add(connection, values)
        table.own(connection, values)
        fleet_table.set_label(connection, self.tenant, serial, label)

    def _device(
        self, connection: Connection, serial: str, kind: Kind, *, serving: bool = False
    ) -> Device:
        device = find(connection, self.tenant, serial)
        if device is None or device.kind is not kind:
            raise NotFoundError(f"there is no {kind} {serial}")
        if serving and not device.serves:
            raise RefusedError("standing", f"{serial} is not in service")
        return device

    def _keep_network(
        self, connection: Connection, serial: str, network: Network
    ) -> None:
        values: dict[str, object] = {
            "tenant": self.tenant,
            "serial": serial,
            "ssid": network.ssid,
            "sealed": self._seal(serial, network.passphrase.encode()),
            "now": self.clock.utc_ms(),
        }
        fleet_table.keep_vehicle(connection, values)

    def _name(self, serial: str) -> bytes:
        return f"device/{self.tenant}/{serial}".encode()

    def _seal(self, serial: str, plain: bytes) -> bytes:
        return seal_small(self.secrets, plain, self._name(serial), self.entropy)


def _told(serial: str, now: str, was: str) -> Told:
    texts = {key: text for key, text in ((3, now), (4, was)) if text}
    return Told(ObjectKind.DEVICE, serial, texts)


def _clean(label: str, *, needed: bool = True) -> str:
    if not label.strip() and not needed:
        return ""
    name = line(label, LABEL_MOST)
    if name is None:
        raise RefusedError(
            "label", f"a name is needed, of at most {LABEL_MOST} characters"
        )
    return name
