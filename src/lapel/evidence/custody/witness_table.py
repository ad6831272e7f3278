"""SQL of witnesses."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

_ADD = text(
    "INSERT INTO witnesses (tenant, name, url, vkey, added_ms, size, line, time_ms,"
    " fault, grave) VALUES (:tenant, :name, :url, :vkey, :added_ms, 0, '', 0, '', 0)"
)
_REMOVE = text("DELETE FROM witnesses WHERE tenant = :tenant AND name = :name")
_ALL = text(
    "SELECT name, url, vkey, added_ms, size, line, time_ms, fault, grave FROM witnesses"
    " WHERE tenant = :tenant ORDER BY name"
)
_TOLD = text(
    "UPDATE witnesses SET size = :size, line = :line, time_ms = :time_ms, fault = '',"
    " grave = 0 WHERE tenant = :tenant AND name = :name"
)
_FAULT = text(
    "UPDATE witnesses SET fault = :fault, grave = :grave WHERE tenant = :tenant"
    " AND name = :name"
)


def add(connection: Connection, values: dict[str, object]) -> None:
    """Add a witness that has cosigned nothing yet."""
    connection.execute(_ADD, values)


def remove(connection: Connection, tenant: str, name: str) -> bool:
    """Remove a witness; False when there is none of this name."""
    values = {"tenant": tenant, "name": name}
    return connection.execute(_REMOVE, values).rowcount == 1


def everybody(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """Every witness of a tenant, by name."""
    return connection.execute(_ALL, {"tenant": tenant}).mappings().all()


def told(connection: Connection, values: dict[str, object]) -> None:
    """Keep what a witness cosigned."""
    connection.execute(_TOLD, values)


def fault(connection: Connection, values: dict[str, object]) -> None:
    """Keep why a witness did not cosign."""
    connection.execute(_FAULT, values)
