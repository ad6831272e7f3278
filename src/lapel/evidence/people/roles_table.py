"""SQL of roles and groups, and who has them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, RowMapping, text

_HELD = text(
    "SELECT h.role AS id, coalesce(r.name, h.role) AS name,"
    " coalesce(r.permissions, '') AS permissions"
    " FROM person_roles h LEFT JOIN roles r ON r.id = h.role WHERE h.person = :person"
)
_OWN = text("SELECT id, name, permissions FROM roles WHERE tenant = :tenant")
_KEEP = text(
    "INSERT INTO roles (id, tenant, name, permissions)"
    " VALUES (:id, :tenant, :name, :permissions) ON CONFLICT (id) DO UPDATE"
    " SET name = :name, permissions = :permissions"
)
_REMOVE = text("DELETE FROM roles WHERE id = :id AND tenant = :tenant")
_COUNT = text(
    "SELECT h.role, count(*) FROM person_roles h JOIN people p ON p.id = h.person"
    " WHERE p.tenant = :tenant AND p.disabled_ms IS NULL GROUP BY h.role"
)
_HOLDERS = text("SELECT count(*) FROM person_roles WHERE role = :role")
_CLEAR = text("DELETE FROM person_roles WHERE person = :person")
_GIVE = text("INSERT INTO person_roles (person, role) VALUES (:person, :thing)")
_GROUPS = text(
    "SELECT id, name FROM people_groups WHERE tenant = :tenant ORDER BY name"
)
_KEEP_GROUP = text(
    "INSERT INTO people_groups (id, tenant, name) VALUES (:id, :tenant, :name)"
    " ON CONFLICT (id) DO UPDATE SET name = :name"
)
_REMOVE_GROUP = text("DELETE FROM people_groups WHERE id = :id AND tenant = :tenant")
_MEMBERS = text(
    "SELECT m.team, m.person FROM people_members m JOIN people_groups g"
    " ON g.id = m.team WHERE g.tenant = :tenant"
)
_TEAMMATES = text(
    "SELECT DISTINCT others.person FROM people_members mine"
    " JOIN people_members others ON others.team = mine.team WHERE mine.person = :person"
)
_GIVEN = text(
    "SELECT h.role, h.person FROM person_roles h JOIN people p ON p.id = h.person"
    " WHERE p.tenant = :tenant"
)
_EMPTY = text("DELETE FROM people_members WHERE team = :id")
_LEAVE = text("DELETE FROM people_members WHERE person = :person")
_JOIN = text("INSERT INTO people_members (person, team) VALUES (:person, :thing)")


def held(connection: Connection, person: str) -> Sequence[RowMapping]:
    """List the roles of somebody."""
    return connection.execute(_HELD, {"person": person}).mappings().all()


def own(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """List the roles that an agency made."""
    return connection.execute(_OWN, {"tenant": tenant}).mappings().all()


def keep(connection: Connection, values: dict[str, object]) -> None:
    """Write a role, new or changed."""
    connection.execute(_KEEP, values)


def remove(connection: Connection, tenant: str, role: str) -> None:
    """Remove a role."""
    connection.execute(_REMOVE, {"tenant": tenant, "id": role})


def counts(connection: Connection, tenant: str) -> dict[str, int]:
    """Count the open accounts that have each role."""
    rows = connection.execute(_COUNT, {"tenant": tenant})
    return {str(role): int(count) for role, count in rows}


def holders(connection: Connection, role: str) -> int:
    """Count the accounts, open and closed, that have a role."""
    return int(connection.execute(_HOLDERS, {"role": role}).scalar_one())


def give(connection: Connection, person: str, roles: Iterable[str]) -> None:
    """Let somebody have these roles and no other."""
    connection.execute(_CLEAR, {"person": person})
    for role in sorted(roles):
        connection.execute(_GIVE, {"person": person, "thing": role})


def teammates(connection: Connection, person: str) -> list[str]:
    """List those who are in a group with somebody."""
    found = connection.execute(_TEAMMATES, {"person": person}).scalars()
    return [str(one) for one in found]


def given(connection: Connection, tenant: str) -> list[tuple[str, str]]:
    """List roles and who has them."""
    rows = connection.execute(_GIVEN, {"tenant": tenant})
    return [(str(role), str(person)) for role, person in rows]


def groups(connection: Connection, tenant: str) -> dict[str, str]:
    """Give the names of groups by id."""
    rows = connection.execute(_GROUPS, {"tenant": tenant})
    return {str(group): str(name) for group, name in rows}


def members(connection: Connection, tenant: str) -> list[tuple[str, str]]:
    """List groups and their members."""
    rows = connection.execute(_MEMBERS, {"tenant": tenant})
    return [(str(group), str(person)) for group, person in rows]


def keep_group(connection: Connection, values: dict[str, object]) -> None:
    """Write a group, new or changed."""
    connection.execute(_KEEP_GROUP, values)


def remove_group(connection: Connection, tenant: str, group: str) -> None:
    """Remove a group that nobody is in."""
    connection.execute(_REMOVE_GROUP, {"tenant": tenant, "id": group})


def fill(connection: Connection, group: str, people: Iterable[str]) -> None:
    """Let these people be in a group and no other."""
    connection.execute(_EMPTY, {"id": group})
    for person in sorted(people):
        connection.execute(_JOIN, {"person": person, "thing": group})


def join(connection: Connection, person: str, groups: Iterable[str]) -> None:
    """Let somebody be in these groups and no other."""
    connection.execute(_LEAVE, {"person": person})
    for group in sorted(groups):
        connection.execute(_JOIN, {"person": person, "thing": group})
