"""SQL of apps and of their one-time codes."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

_APP = (
    "SELECT instance, person, point, role, first_ms, given_ms, not_after_ms, hour_ms,"
    " hour_given, revoked_ms FROM apps WHERE tenant = :tenant"
)
_ONE = text(_APP + " AND instance = :instance")
_ALL = text(_APP + " ORDER BY revoked_ms IS NOT NULL, given_ms DESC")
_REVOKED_KEY = text(
    "SELECT count(*) FROM apps WHERE tenant = :tenant AND point = :point"
    " AND (revoked_ms IS NOT NULL OR instance <> :instance)"
)
_LIVE = text(
    "SELECT count(*) FROM apps WHERE tenant = :tenant AND person = :person"
    " AND instance <> :instance AND revoked_ms IS NULL AND not_after_ms > :now"
)
_PUT = text(
    "INSERT INTO apps (tenant, instance, person, point, role, first_ms, given_ms,"
    " not_after_ms, hour_ms, hour_given) VALUES (:tenant, :instance, :person, :point,"
    " :role, :first_ms, :given_ms, :not_after_ms, :hour_ms, :hour_given)"
    " ON CONFLICT (tenant, instance) DO UPDATE SET point = :point,"
    " given_ms = :given_ms, not_after_ms = :not_after_ms, hour_ms = :hour_ms,"
    " hour_given = :hour_given"
)
_REVOKE = text(
    "UPDATE apps SET revoked_ms = :now WHERE tenant = :tenant"
    " AND instance = :instance AND revoked_ms IS NULL"
)
_ADD_CODE = text(
    "INSERT INTO app_codes (digest, tenant, person, expires_ms)"
    " VALUES (:digest, :tenant, :person, :expires)"
)
_USE_CODE = text(
    "UPDATE app_codes SET used_ms = :now WHERE digest = :digest AND tenant = :tenant"
    " AND used_ms IS NULL AND expires_ms > :now RETURNING person"
)
_SWEEP = text("DELETE FROM app_codes WHERE expires_ms <= :now")


def one(connection: Connection, tenant: str, instance: str) -> RowMapping | None:
    """Give an app."""
    values = {"tenant": tenant, "instance": instance}
    return connection.execute(_ONE, values).mappings().one_or_none()


def everything(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """Every app, those in use first."""
    return connection.execute(_ALL, {"tenant": tenant}).mappings().all()


def key_is_taken(
    connection: Connection, tenant: str, point: bytes, instance: str
) -> bool:
    """Tell whether another app has this key, or a revoked one had it."""
    values = {"tenant": tenant, "point": point, "instance": instance}
    return bool(connection.execute(_REVOKED_KEY, values).scalar_one())


def live(connection: Connection, values: dict[str, object]) -> int:
    """Count other apps of a person whose grants count."""
    return int(connection.execute(_LIVE, values).scalar_one())


def put(connection: Connection, values: dict[str, object]) -> None:
    """Keep an app as it is now."""
    connection.execute(_PUT, values)


def revoke(connection: Connection, tenant: str, instance: str, now: int) -> bool:
    """Take an app out of use; False when it was not in use."""
    values = {"tenant": tenant, "instance": instance, "now": now}
    return connection.execute(_REVOKE, values).rowcount == 1


def add_code(connection: Connection, values: dict[str, object]) -> None:
    """Write a one-time code, and remove those whose time is over."""
    connection.execute(_SWEEP, {"now": values["now"]})
    connection.execute(_ADD_CODE, values)


def use_code(
    connection: Connection, tenant: str, digest: bytes, now: int
) -> str | None:
    """Use a code up; give whose it was, None when it cannot be used."""
    values = {"tenant": tenant, "digest": digest, "now": now}
    return connection.execute(_USE_CODE, values).scalar_one_or_none()
