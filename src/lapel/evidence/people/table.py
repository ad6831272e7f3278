"""SQL of people, links, sessions and failed tries."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

from lapel.evidence.people.model import Attempts

_ADD = text(
    "INSERT INTO people (id, tenant, name, shown, theme, created_ms) VALUES"
    " (:id, :tenant, :name, :shown, 'system', :now)"
)
_PERSON = (
    "SELECT id, tenant, name, shown, theme, password, disabled_ms, seen_ms FROM people"
)
_UNUSED = text(
    _PERSON + " WHERE tenant = :tenant AND disabled_ms IS NULL"
    " AND coalesce(seen_ms, created_ms) < :before ORDER BY seen_ms, name"
)
_ENTRY = text("SELECT banner, networks, roles FROM entry_rules WHERE tenant = :tenant")
_SET_ENTRY = text(
    "INSERT INTO entry_rules (tenant, banner, networks, roles)"
    " VALUES (:tenant, :banner, :networks, :roles) ON CONFLICT (tenant) DO UPDATE"
    " SET banner = :banner, networks = :networks, roles = :roles"
)
_BY_NAME = text(_PERSON + " WHERE tenant = :tenant AND name = :name")
_BY_ID = text(_PERSON + " WHERE id = :id")
_EVERYBODY = text(
    _PERSON + " WHERE tenant = :tenant"
    " ORDER BY disabled_ms IS NOT NULL, shown COLLATE NOCASE, name"
)
_RENAME = text("UPDATE people SET shown = :shown WHERE id = :id")
_ENABLE = text("UPDATE people SET disabled_ms = NULL, seen_ms = :now WHERE id = :id")
_HERE = text("UPDATE people SET seen_ms = :now WHERE id = :person")
_PASSWORD = text("UPDATE people SET password = :password WHERE id = :id")
_DISABLE = text("UPDATE people SET disabled_ms = :now WHERE id = :id")
_OTHERS = text(
    "SELECT count(*) FROM people p JOIN person_roles h ON h.person = p.id"
    " WHERE p.tenant = :tenant AND h.role = :role AND p.id <> :id"
    " AND p.password IS NOT NULL AND p.disabled_ms IS NULL"
)
_ADD_LINK = text(
    "INSERT INTO links (digest, person, purpose, expires_ms)"
    " VALUES (:digest, :person, :purpose, :expires)"
)
_LINK = text(
    "SELECT person, purpose FROM links WHERE digest = :digest AND used_ms IS NULL"
    " AND expires_ms > :now"
)
_USE_LINK = text(
    "UPDATE links SET used_ms = :now WHERE digest = :digest AND used_ms IS NULL"
    " AND expires_ms > :now"
)
_END_LINKS = text(
    "UPDATE links SET used_ms = :now WHERE person = :person AND used_ms IS NULL"
)
_SWEEP_ATTEMPTS = text(
    "DELETE FROM attempts WHERE first_ms < :window AND rests_until_ms <= :now"
)
_SWEEP_LINKS = text("DELETE FROM links WHERE expires_ms <= :now")
_ADD_SESSION = text(
    "INSERT INTO sessions (digest, person, csrf, created_ms, seen_ms, expires_ms,"
    " address, proved_ms)"
    " VALUES (:digest, :person, :csrf, :now, :now, :expires, :address, :now)"
)
_SESSION = text(
    "SELECT s.csrf, s.seen_ms, s.proved_ms, p.id, p.tenant, p.name, p.shown, p.theme,"
    " p.password, p.disabled_ms FROM sessions s JOIN people p ON p.id = s.person"
    " WHERE s.digest = :digest AND s.expires_ms > :now AND s.seen_ms > :idle"
    " AND p.disabled_ms IS NULL"
)
_SESSIONS = text(
    "SELECT digest, address, created_ms, seen_ms FROM sessions"
    " WHERE person = :person AND expires_ms > :now AND seen_ms > :idle"
    " ORDER BY seen_ms DESC, created_ms DESC, digest"
)
_PROVE = text("UPDATE sessions SET proved_ms = :now WHERE digest = :digest")
_SEEN = text("UPDATE sessions SET seen_ms = :now WHERE digest = :digest")
_END = text("DELETE FROM sessions WHERE digest = :digest")
_SET_THEME = text("UPDATE people SET theme = :theme WHERE id = :id")
_END_OTHERS = text("DELETE FROM sessions WHERE person = :person AND digest <> :digest")
_END_ALL = text("DELETE FROM sessions WHERE person = :person")
_SWEEP = text("DELETE FROM sessions WHERE expires_ms <= :now OR seen_ms <= :idle")
_ATTEMPTS = text(
    "SELECT failures, first_ms, rests_until_ms FROM attempts WHERE subject = :subject"
)
_SET_ATTEMPTS = text(
    "INSERT INTO attempts (subject, failures, first_ms, rests_until_ms)"
    " VALUES (:subject, :failures, :first, :rests) ON CONFLICT (subject) DO UPDATE"
    " SET failures = :failures, first_ms = :first, rests_until_ms = :rests"
)
_CLEAR_ATTEMPTS = text("DELETE FROM attempts WHERE subject = :subject")


def add(connection: Connection, values: dict[str, object]) -> None:
    """Write a person."""
    connection.execute(_ADD, values)


def by_name(connection: Connection, tenant: str, name: str) -> RowMapping | None:
    """Give an account, open or closed, by its name."""
    values = {"tenant": tenant, "name": name}
    return connection.execute(_BY_NAME, values).mappings().one_or_none()


def by_id(connection: Connection, person: str) -> RowMapping | None:
    """Give an account, open or closed, by its id."""
    return connection.execute(_BY_ID, {"id": person}).mappings().one_or_none()


def everybody(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """List all accounts, open ones first, by name."""
    return connection.execute(_EVERYBODY, {"tenant": tenant}).mappings().all()


def unused(connection: Connection, tenant: str, before: int) -> Sequence[RowMapping]:
    """List open accounts that nobody used since then, the longest unused first."""
    values = {"tenant": tenant, "before": before}
    return connection.execute(_UNUSED, values).mappings().all()


def entry(connection: Connection, tenant: str) -> RowMapping | None:
    """Give what holds for signing in, if it was ever set."""
    return connection.execute(_ENTRY, {"tenant": tenant}).mappings().one_or_none()


def set_entry(connection: Connection, values: dict[str, object]) -> None:
    """Keep what holds for signing in."""
    connection.execute(_SET_ENTRY, values)


def rename(connection: Connection, person: str, shown: str) -> None:
    """Change the name that others see."""
    connection.execute(_RENAME, {"id": person, "shown": shown})


def set_password(connection: Connection, person: str, password: str) -> None:
    """Keep a new password hash."""
    connection.execute(_PASSWORD, {"id": person, "password": password})


def disable(connection: Connection, person: str, now: int) -> None:
    """Close an account."""
    connection.execute(_DISABLE, {"id": person, "now": now})


def enable(connection: Connection, person: str, now: int) -> None:
    """Open a closed account; from now on it counts as used."""
    connection.execute(_ENABLE, {"id": person, "now": now})


def others(connection: Connection, tenant: str, role: str, person: str) -> int:
    """Count the others with a role who can sign in."""
    values = {"tenant": tenant, "role": role, "id": person}
    return int(connection.execute(_OTHERS, values).scalar_one())


def add_link(connection: Connection, values: dict[str, object]) -> None:
    """Write a one-time link."""
    connection.execute(_ADD_LINK, values)


def link(connection: Connection, digest: bytes, now: int) -> tuple[str, str] | None:
    """Person and purpose of a link that can still be used."""
    row = connection.execute(_LINK, {"digest": digest, "now": now}).one_or_none()
    return None if row is None else (str(row[0]), str(row[1]))


def use_link(connection: Connection, digest: bytes, now: int) -> bool:
    """Use a link up; False when it was used or has expired."""
    return connection.execute(_USE_LINK, {"digest": digest, "now": now}).rowcount == 1


def end_links(connection: Connection, person: str, now: int) -> None:
    """Use up every link of a person that is still open."""
    connection.execute(_END_LINKS, {"person": person, "now": now})


def add_session(connection: Connection, values: dict[str, object]) -> None:
    """Write a session, and that its person was here."""
    connection.execute(_ADD_SESSION, values)
    connection.execute(_HERE, values)


def session(
    connection: Connection, digest: bytes, now: int, idle: int
) -> RowMapping | None:
    """Give a session that lives, with its person."""
    values = {"digest": digest, "now": now, "idle": idle}
    return connection.execute(_SESSION, values).mappings().one_or_none()


def sessions(
    connection: Connection, person: str, now: int, idle: int
) -> Sequence[RowMapping]:
    """List the sessions of a person that live, the latest used first."""
    values = {"person": person, "now": now, "idle": idle}
    return connection.execute(_SESSIONS, values).mappings().all()


def prove(connection: Connection, digest: bytes, now: int) -> None:
    """Note that the person of a session proved who they are."""
    connection.execute(_PROVE, {"digest": digest, "now": now})


def seen(connection: Connection, digest: bytes, now: int) -> None:
    """Note that a session was used."""
    connection.execute(_SEEN, {"digest": digest, "now": now})


def end(connection: Connection, digest: bytes) -> None:
    """End one session at once."""
    connection.execute(_END, {"digest": digest})


def set_theme(connection: Connection, person: str, theme: str) -> None:
    """Keep how pages look for somebody."""
    connection.execute(_SET_THEME, {"id": person, "theme": theme})


def end_others(connection: Connection, person: str, digest: bytes) -> None:
    """End every session of a person but one at once."""
    connection.execute(_END_OTHERS, {"person": person, "digest": digest})


def end_all(connection: Connection, person: str) -> None:
    """End every session of a person at once."""
    connection.execute(_END_ALL, {"person": person})


def sweep(connection: Connection, now: int, idle: int, window: int) -> None:
    """Remove sessions and links that ended by themselves, and tries long ago."""
    connection.execute(_SWEEP, {"now": now, "idle": idle})
    connection.execute(_SWEEP_LINKS, {"now": now})
    connection.execute(_SWEEP_ATTEMPTS, {"now": now, "window": window})


def attempts(connection: Connection, subject: str) -> Attempts | None:
    """Failed tries so far."""
    row = connection.execute(_ATTEMPTS, {"subject": subject}).one_or_none()
    return None if row is None else Attempts(int(row[0]), int(row[1]), int(row[2]))


def set_attempts(connection: Connection, subject: str, value: Attempts | None) -> None:
    """Keep or forget failed tries."""
    if value is None:
        connection.execute(_CLEAR_ATTEMPTS, {"subject": subject})
        return
    connection.execute(
        _SET_ATTEMPTS,
        {
            "subject": subject,
            "failures": value.failures,
            "first": value.first_ms,
            "rests": value.rests_until_ms,
        },
    )
