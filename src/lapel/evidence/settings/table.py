"""SQL of categories and settings documents."""

from sqlalchemy import Connection, RowMapping, text

_LATEST = text(
    "SELECT version, content, document FROM settings_documents"
    " WHERE tenant = :tenant AND serial = :serial ORDER BY version DESC LIMIT 1"
)
_NEWEST = text(
    "SELECT d.serial, d.version, d.content, d.document FROM settings_documents d"
    " JOIN (SELECT serial, max(version) AS version FROM settings_documents"
    " WHERE tenant = :tenant GROUP BY serial) n ON n.serial = d.serial"
    " AND n.version = d.version WHERE d.tenant = :tenant"
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


def latest(connection: Connection, tenant: str, serial: str) -> RowMapping | None:
    """Give the newest settings document of a camera."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_LATEST, values).mappings().one_or_none()


def newest(connection: Connection, tenant: str) -> dict[str, tuple[int, bytes, bytes]]:
    """Give version, content and document signed last for each camera, by serial."""
    rows = connection.execute(_NEWEST, {"tenant": tenant}).mappings()
    return {
        str(row["serial"]): (
            int(row["version"]),
            bytes(row["content"]),
            bytes(row["document"]),
        )
        for row in rows
    }


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
