"""SQL of tenants and of the evidence keys on record."""

from sqlalchemy import Connection, RowMapping, text

_ADD = text(
    "INSERT INTO tenants (id, name, origin, zone, created_ms)"
    " VALUES (:id, :name, :origin, :zone, :now)"
)
_ONLY = text("SELECT id, name, origin, zone FROM tenants ORDER BY created_ms LIMIT 1")
_ADD_KEY = text(
    "INSERT OR IGNORE INTO evidence_keys (tenant, kid, point, file, created_ms)"
    " VALUES (:tenant, :kid, :point, :file, :now)"
)
_KEYS = text(
    "SELECT point FROM evidence_keys WHERE tenant = :tenant AND retired_ms IS NULL"
    " ORDER BY created_ms"
)
_RETIRE = text(
    "UPDATE evidence_keys SET retired_ms = :now WHERE tenant = :tenant AND kid = :kid"
    " AND retired_ms IS NULL"
)


def add(connection: Connection, values: dict[str, object]) -> None:
    """Write a tenant."""
    connection.execute(_ADD, values)


def only(connection: Connection) -> RowMapping | None:
    """Give the tenant of this store."""
    return connection.execute(_ONLY).mappings().one_or_none()


def add_key(connection: Connection, values: dict[str, object]) -> bool:
    """Put an evidence key on record; False when it was there."""
    return connection.execute(_ADD_KEY, values).rowcount == 1


def keys(connection: Connection, tenant: str) -> list[bytes]:
    """Points of the evidence keys that cameras shall wrap to."""
    return [
        bytes(point)
        for point in connection.execute(_KEYS, {"tenant": tenant}).scalars()
    ]


def retire(connection: Connection, tenant: str, kid: bytes, now: int) -> bool:
    """Take an evidence key out of use for new recordings."""
    values = {"tenant": tenant, "kid": kid, "now": now}
    return connection.execute(_RETIRE, values).rowcount == 1
