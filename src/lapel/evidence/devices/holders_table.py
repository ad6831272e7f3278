"""SQL of who had which camera, and when."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

_COLUMNS = (
    "SELECT serial, person, name, from_ms, until_ms, given_by, given_why, ended_by,"
    " ended_why FROM assignments WHERE tenant = :tenant"
)
_NOW = text(_COLUMNS + " AND serial = :serial AND until_ms IS NULL")
_AT = text(
    _COLUMNS + " AND serial = :serial AND from_ms <= :at"
    " AND (until_ms IS NULL OR until_ms > :at) ORDER BY number DESC LIMIT 1"
)
_OF_DEVICE = text(_COLUMNS + " AND serial = :serial ORDER BY number DESC LIMIT :most")
_OF_PERSON = text(_COLUMNS + " AND person = :person ORDER BY number DESC LIMIT :most")
_BEGIN = text(
    "INSERT INTO assignments (tenant, serial, person, name, from_ms, given_by,"
    " given_why, ended_by, ended_why) VALUES (:tenant, :serial, :person, :name, :now,"
    " :by, :why, '', '')"
)
_END = text(
    "UPDATE assignments SET until_ms = :now, ended_by = :by, ended_why = :why"
    " WHERE tenant = :tenant AND serial = :serial AND until_ms IS NULL"
)


def at(
    connection: Connection, tenant: str, serial: str, at_ms: int
) -> RowMapping | None:
    """Give the assignment of a camera at a moment."""
    values: dict[str, object] = {"tenant": tenant, "serial": serial, "at": at_ms}
    return connection.execute(_AT, values).mappings().one_or_none()


def now(connection: Connection, tenant: str, serial: str) -> RowMapping | None:
    """Give the assignment of a camera that has not ended."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_NOW, values).mappings().one_or_none()


def of_device(
    connection: Connection, tenant: str, serial: str, most: int
) -> Sequence[RowMapping]:
    """List who had a camera, the latest first."""
    values: dict[str, object] = {"tenant": tenant, "serial": serial, "most": most}
    return connection.execute(_OF_DEVICE, values).mappings().all()


def of_person(
    connection: Connection, tenant: str, person: str, most: int
) -> Sequence[RowMapping]:
    """List what somebody had, the latest first."""
    values: dict[str, object] = {"tenant": tenant, "person": person, "most": most}
    return connection.execute(_OF_PERSON, values).mappings().all()


def begin(connection: Connection, values: dict[str, object]) -> None:
    """Begin an assignment."""
    connection.execute(_BEGIN, values)


def end(connection: Connection, values: dict[str, object]) -> None:
    """End the assignment of a camera, if there is one."""
    connection.execute(_END, values)
