"""SQL of signing in at a provider: who it is, whose accounts it opens, attempts."""

from sqlalchemy import Connection, RowMapping, text

_GIVEN = text(
    "SELECT issuer, client, sealed, name FROM providers WHERE tenant = :tenant"
)
_KEEP = text(
    "INSERT INTO providers (tenant, issuer, client, sealed, name)"
    " VALUES (:tenant, :issuer, :client, :sealed, :name) ON CONFLICT (tenant)"
    " DO UPDATE SET issuer = :issuer, client = :client, sealed = :sealed, name = :name"
)
_REMOVE = text("DELETE FROM providers WHERE tenant = :tenant")
_WHOSE = text(
    "SELECT person FROM provider_subjects"
    " WHERE tenant = :tenant AND issuer = :issuer AND subject = :subject"
)
_BOUND = text(
    "SELECT subject, bound_ms FROM provider_subjects"
    " WHERE tenant = :tenant AND issuer = :issuer AND person = :person"
)
_BIND = text(
    "INSERT INTO provider_subjects (tenant, issuer, subject, person, bound_ms)"
    " VALUES (:tenant, :issuer, :subject, :person, :now)"
)
_UNBIND = text(
    "DELETE FROM provider_subjects"
    " WHERE tenant = :tenant AND issuer = :issuer AND person = :person"
)
_BEGIN = text(
    "INSERT INTO provider_attempts (digest, tenant, browser, nonce, verifier, purpose,"
    " person, target, began_ms) VALUES (:digest, :tenant, :browser, :nonce, :verifier,"
    " :purpose, :person, :target, :now)"
)
_TAKE = text(
    "DELETE FROM provider_attempts WHERE digest = :digest AND tenant = :tenant"
    " RETURNING browser, nonce, verifier, purpose, person, target, began_ms"
)
_SWEEP = text("DELETE FROM provider_attempts WHERE began_ms <= :before")
_COUNT = text("SELECT count(*) FROM provider_attempts WHERE tenant = :tenant")


def given(connection: Connection, tenant: str) -> RowMapping | None:
    """Give the provider of a tenant."""
    return connection.execute(_GIVEN, {"tenant": tenant}).mappings().one_or_none()


def keep(connection: Connection, values: dict[str, object]) -> None:
    """Write the provider of a tenant."""
    connection.execute(_KEEP, values)


def remove(connection: Connection, tenant: str) -> None:
    """Forget the provider of a tenant."""
    connection.execute(_REMOVE, {"tenant": tenant})


def whose(connection: Connection, values: dict[str, object]) -> str | None:
    """Give the account that a subject opens."""
    found = connection.execute(_WHOSE, values).scalar_one_or_none()
    return None if found is None else str(found)


def bound(connection: Connection, values: dict[str, object]) -> RowMapping | None:
    """Give the subject that opens an account."""
    return connection.execute(_BOUND, values).mappings().one_or_none()


def bind(connection: Connection, values: dict[str, object]) -> None:
    """Let a subject open an account."""
    connection.execute(_BIND, values)


def unbind(connection: Connection, values: dict[str, object]) -> bool:
    """Let no subject open an account; False when none did."""
    return connection.execute(_UNBIND, values).rowcount > 0


def begin(connection: Connection, values: dict[str, object]) -> None:
    """Write an attempt."""
    connection.execute(_BEGIN, values)


def take(connection: Connection, tenant: str, digest: bytes) -> RowMapping | None:
    """Use an attempt up; None when there is none."""
    values: dict[str, object] = {"tenant": tenant, "digest": digest}
    return connection.execute(_TAKE, values).mappings().one_or_none()


def sweep(connection: Connection, before: int) -> None:
    """Remove attempts that began before a time."""
    connection.execute(_SWEEP, {"before": before})


def count(connection: Connection, tenant: str) -> int:
    """Count the attempts under way."""
    return int(connection.execute(_COUNT, {"tenant": tenant}).scalar_one())
