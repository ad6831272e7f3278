"""SQL of layers of settings: every version that was saved is kept."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

_COLUMNS = (
    "SELECT scope, version, rank, choices, removed, saved_by, why, saved_ms"
    " FROM settings_layers WHERE tenant = :tenant"
)
_NEWEST = text(
    "SELECT l.scope, l.version, l.rank, l.choices, l.removed, l.saved_by, l.why,"
    " l.saved_ms FROM settings_layers l JOIN (SELECT scope, max(version) AS version"
    " FROM settings_layers WHERE tenant = :tenant GROUP BY scope) n"
    " ON n.scope = l.scope AND n.version = l.version WHERE l.tenant = :tenant"
)
_HISTORY = text(_COLUMNS + " AND scope = :scope ORDER BY version DESC LIMIT :most")
_ADD = text(
    "INSERT INTO settings_layers (tenant, scope, version, rank, choices, removed,"
    " saved_by, why, saved_ms) VALUES (:tenant, :scope, :version, :rank, :choices,"
    " :removed, :by, :why, :now) ON CONFLICT DO NOTHING"
)


def newest(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """Give the newest version of each scope, removed ones too."""
    return connection.execute(_NEWEST, {"tenant": tenant}).mappings().all()


def history(
    connection: Connection, tenant: str, scope: str, most: int
) -> Sequence[RowMapping]:
    """Give the versions of one scope, the newest first."""
    values: dict[str, object] = {"tenant": tenant, "scope": scope, "most": most}
    return connection.execute(_HISTORY, values).mappings().all()


def add(connection: Connection, values: dict[str, object]) -> bool:
    """Keep a version; False when somebody was faster."""
    return connection.execute(_ADD, values).rowcount == 1
