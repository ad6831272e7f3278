"""SQL of passkeys."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

_ADD = text(
    "INSERT INTO passkeys (id, credential, person, name, data, counter, created_ms)"
    " VALUES (:id, :credential, :person, :name, :data, :counter, :now)"
)
_OF = text(
    "SELECT id, credential, name, created_ms, used_ms FROM passkeys"
    " WHERE person = :person ORDER BY created_ms, id"
)
_FIND = text(
    "SELECT id, person, name, data FROM passkeys WHERE credential = :credential"
)
_USE = text(
    "UPDATE passkeys SET counter = :counter, used_ms = :now WHERE id = :id"
    " AND (counter < :counter OR (counter = 0 AND :counter = 0))"
)
_REMOVE = text("DELETE FROM passkeys WHERE id = :id AND person = :person")


def add(connection: Connection, values: dict[str, object]) -> None:
    """Keep a passkey."""
    connection.execute(_ADD, values)


def of(connection: Connection, person: str) -> Sequence[RowMapping]:
    """List the passkeys of a person, the oldest first."""
    return connection.execute(_OF, {"person": person}).mappings().all()


def find(connection: Connection, credential: bytes) -> RowMapping | None:
    """Give a passkey by what the authenticator calls it."""
    found = connection.execute(_FIND, {"credential": credential})
    return found.mappings().one_or_none()


def use(connection: Connection, one: str, counter: int, now: int) -> bool:
    """Note that a passkey signed; False when its counter did not go on."""
    values = {"id": one, "counter": counter, "now": now}
    return connection.execute(_USE, values).rowcount == 1


def remove(connection: Connection, one: str, person: str) -> bool:
    """Forget a passkey; False when the person has none such."""
    values = {"id": one, "person": person}
    return connection.execute(_REMOVE, values).rowcount == 1
