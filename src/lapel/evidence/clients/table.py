"""SQL of programs."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

_CLIENT = (
    "SELECT id, name, permissions, networks, made_ms, made_by, until_ms, used_ms,"
    " ended_ms FROM clients WHERE tenant = :tenant"
)
_ONE = text(_CLIENT + " AND id = :id")
_BY_SECRET = text(_CLIENT + " AND digest = :digest")
_ALL = text(_CLIENT + " ORDER BY ended_ms IS NOT NULL, made_ms DESC, id")
_ADD = text(
    "INSERT INTO clients (id, tenant, digest, name, permissions, networks, made_ms,"
    " made_by, until_ms) VALUES (:id, :tenant, :digest, :name, :permissions, :networks,"
    " :now, :by, :until)"
)
_RENEW = text(
    "UPDATE clients SET digest = :digest, until_ms = :until"
    " WHERE tenant = :tenant AND id = :id AND ended_ms IS NULL"
)
_END = text(
    "UPDATE clients SET ended_ms = :now"
    " WHERE tenant = :tenant AND id = :id AND ended_ms IS NULL"
)
_USED = text("UPDATE clients SET used_ms = :now WHERE tenant = :tenant AND id = :id")


def one(connection: Connection, tenant: str, client: str) -> RowMapping | None:
    """Give a program."""
    values = {"tenant": tenant, "id": client}
    return connection.execute(_ONE, values).mappings().one_or_none()


def by_secret(connection: Connection, tenant: str, digest: bytes) -> RowMapping | None:
    """Give the program whose secret has this hash."""
    values: dict[str, object] = {"tenant": tenant, "digest": digest}
    return connection.execute(_BY_SECRET, values).mappings().one_or_none()


def everything(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """List the programs, those that serve first."""
    return connection.execute(_ALL, {"tenant": tenant}).mappings().all()


def add(connection: Connection, values: dict[str, object]) -> None:
    """Write a new program."""
    connection.execute(_ADD, values)


def renew(connection: Connection, values: dict[str, object]) -> bool:
    """Write a new secret's hash and its end; False for one that ended."""
    return connection.execute(_RENEW, values).rowcount == 1


def end(connection: Connection, tenant: str, client: str, now: int) -> bool:
    """Let a program in no more; False when that was so."""
    values: dict[str, object] = {"tenant": tenant, "id": client, "now": now}
    return connection.execute(_END, values).rowcount == 1


def used(connection: Connection, tenant: str, client: str, now: int) -> None:
    """Note that a program was here."""
    values: dict[str, object] = {"tenant": tenant, "id": client, "now": now}
    connection.execute(_USED, values)
