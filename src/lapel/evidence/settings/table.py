"""SQL of policies, categories and settings documents."""

from sqlalchemy import Connection, RowMapping, text

_POLICY = text("SELECT document FROM policies WHERE tenant = :tenant")
_SET_POLICY = text(
    "INSERT INTO policies (tenant, document, changed_ms) VALUES (:tenant, :document,"
    " :now) ON CONFLICT (tenant) DO UPDATE SET document = :document, changed_ms = :now"
)
_LATEST = text(
    "SELECT version, content, document FROM settings_documents"
    " WHERE tenant = :tenant AND serial = :serial ORDER BY version DESC LIMIT 1"
)
_ADD = text(
    "INSERT INTO settings_documents (tenant, serial, version, content, document,"
    " made_ms) VALUES (:tenant, :serial, :version, :content, :document, :now)"
)
_CATEGORIES = text(
    "SELECT id, name, keep_days FROM categories WHERE tenant = :tenant ORDER BY place"
)
_ADD_CATEGORY = text(
    "INSERT INTO categories (id, tenant, name, keep_days, place)"
    " VALUES (:id, :tenant, :name, :keep_days, :place)"
)


def policy(connection: Connection, tenant: str) -> bytes | None:
    """Give the policy as it was kept."""
    found: object = connection.execute(_POLICY, {"tenant": tenant}).scalar_one_or_none()
    return found if isinstance(found, bytes) else None


def set_policy(connection: Connection, tenant: str, document: bytes, now: int) -> None:
    """Keep a policy."""
    connection.execute(
        _SET_POLICY, {"tenant": tenant, "document": document, "now": now}
    )


def latest(connection: Connection, tenant: str, serial: str) -> RowMapping | None:
    """Give the newest settings document of a camera."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_LATEST, values).mappings().one_or_none()


def add(connection: Connection, values: dict[str, object]) -> None:
    """Keep a settings document."""
    connection.execute(_ADD, values)


def categories(connection: Connection, tenant: str) -> list[RowMapping]:
    """Categories in their order."""
    rows = connection.execute(_CATEGORIES, {"tenant": tenant}).mappings()
    return list(rows.all())


def add_category(connection: Connection, values: dict[str, object]) -> None:
    """Write a category."""
    connection.execute(_ADD_CATEGORY, values)
