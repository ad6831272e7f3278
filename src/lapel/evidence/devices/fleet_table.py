"""SQL of what vehicles and accessories have beside being devices."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

_LABEL = text(
    "UPDATE devices SET label = :label WHERE tenant = :tenant AND serial = :serial"
)
_VEHICLE = text(
    "SELECT ssid, sealed, set_ms FROM vehicles"
    " WHERE tenant = :tenant AND serial = :serial"
)
_KEEP_VEHICLE = text(
    "INSERT INTO vehicles (tenant, serial, ssid, sealed, set_ms)"
    " VALUES (:tenant, :serial, :ssid, :sealed, :now) ON CONFLICT (tenant, serial)"
    " DO UPDATE SET ssid = :ssid, sealed = :sealed, set_ms = :now"
)
_ACCESSORY = text(
    "SELECT kind, vehicle FROM accessories WHERE tenant = :tenant AND serial = :serial"
)
_KEEP_ACCESSORY = text(
    "INSERT INTO accessories (tenant, serial, kind, vehicle, sealed)"
    " VALUES (:tenant, :serial, :kind, :vehicle, :sealed)"
)
_PLACE = text(
    "UPDATE accessories SET vehicle = :vehicle"
    " WHERE tenant = :tenant AND serial = :serial"
)
_ABOARD = text(
    "SELECT a.serial FROM accessories a JOIN devices d ON d.tenant = a.tenant"
    " AND d.serial = a.serial WHERE a.tenant = :tenant AND a.vehicle = :serial"
    " AND d.state = 'owned' ORDER BY a.serial"
)
_FORGET = (
    text("DELETE FROM vehicles WHERE tenant = :tenant AND serial = :serial"),
    text("DELETE FROM accessories WHERE tenant = :tenant AND serial = :serial"),
    text(
        "UPDATE accessories SET vehicle = '' WHERE tenant = :tenant"
        " AND vehicle = :serial"
    ),
)


def set_label(connection: Connection, tenant: str, serial: str, label: str) -> None:
    """Write the name that people call a device by."""
    values = {"tenant": tenant, "serial": serial, "label": label}
    connection.execute(_LABEL, values)


def vehicle(connection: Connection, tenant: str, serial: str) -> RowMapping | None:
    """Give a vehicle's network, its passphrase sealed."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_VEHICLE, values).mappings().one_or_none()


def keep_vehicle(connection: Connection, values: dict[str, object]) -> None:
    """Write a vehicle's network, new or changed."""
    connection.execute(_KEEP_VEHICLE, values)


def accessory(connection: Connection, tenant: str, serial: str) -> RowMapping | None:
    """Give the kind of an accessory, and the vehicle that it is in."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_ACCESSORY, values).mappings().one_or_none()


def keep_accessory(connection: Connection, values: dict[str, object]) -> None:
    """Write an accessory."""
    connection.execute(_KEEP_ACCESSORY, values)


def place(connection: Connection, values: dict[str, object]) -> None:
    """Write which vehicle an accessory is in; empty for none."""
    connection.execute(_PLACE, values)


def aboard(connection: Connection, tenant: str, serial: str) -> Sequence[str]:
    """List the accessories in service in a vehicle."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_ABOARD, values).scalars().all()


def forget(connection: Connection, tenant: str, serial: str) -> None:
    """Erase the secrets of a vehicle or accessory, and take out what is in it."""
    for statement in _FORGET:
        connection.execute(statement, {"tenant": tenant, "serial": serial})
