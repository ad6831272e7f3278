"""SQL of groups of devices."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

_GROUPS = text(
    "SELECT id, name FROM device_groups WHERE tenant = :tenant ORDER BY name"
)
_MEMBERS = text(
    "SELECT m.team, m.serial FROM device_members m JOIN device_groups g"
    " ON g.id = m.team WHERE g.tenant = :tenant ORDER BY m.serial"
)
_KEEP = text(
    "INSERT INTO device_groups (id, tenant, name) VALUES (:id, :tenant, :name)"
    " ON CONFLICT (id) DO UPDATE SET name = :name"
)
_REMOVE = text("DELETE FROM device_groups WHERE id = :id AND tenant = :tenant")
_EMPTY = text("DELETE FROM device_members WHERE team = :id")
_JOIN = text("INSERT INTO device_members (team, serial) VALUES (:id, :serial)")


def names(connection: Connection, tenant: str) -> dict[str, str]:
    """Give the names of groups by id."""
    rows = connection.execute(_GROUPS, {"tenant": tenant})
    return {str(group): str(name) for group, name in rows}


def members(connection: Connection, tenant: str) -> list[tuple[str, str]]:
    """List groups and the devices in them."""
    rows = connection.execute(_MEMBERS, {"tenant": tenant})
    return [(str(group), str(serial)) for group, serial in rows]


def keep(connection: Connection, values: dict[str, object]) -> None:
    """Write a group, new or changed."""
    connection.execute(_KEEP, values)


def fill(connection: Connection, group: str, serials: Iterable[str]) -> None:
    """Let these devices be in a group and no other."""
    connection.execute(_EMPTY, {"id": group})
    for serial in sorted(serials):
        connection.execute(_JOIN, {"id": group, "serial": serial})


def remove(connection: Connection, tenant: str, group: str) -> None:
    """Remove a group that is empty."""
    connection.execute(_REMOVE, {"tenant": tenant, "id": group})
