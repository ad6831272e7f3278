"""From rows to people, roles and groups."""

from sqlalchemy import Connection, RowMapping

from lapel.base.permissions import Permission
from lapel.evidence.people import roles_table, table
from lapel.evidence.people.model import BUILT_IN, EntryRules, Need, Person, Role

_BUILT_IN = {role.id: role for role in BUILT_IN}


def person(connection: Connection, row: RowMapping) -> Person:
    """Give a person with the roles that they have now."""
    held = roles_table.held(connection, str(row["id"]))
    return Person(
        id=str(row["id"]),
        tenant=str(row["tenant"]),
        name=str(row["name"]),
        shown=str(row["shown"]),
        roles=in_order([_held(one) for one in held]),
        theme=str(row["theme"]),
        has_password=bool(row["password"]),
        closed=row["disabled_ms"] is not None,
    )


def in_order(roles: list[Role]) -> tuple[Role, ...]:
    """Sort roles: those of every agency first, then by name."""
    places = {role.id: number for number, role in enumerate(BUILT_IN)}
    return tuple(sorted(roles, key=lambda one: (places.get(one.id, 99), one.name)))


def role(row: RowMapping) -> Role:
    """Give a role of the agency's own; what this version does not know is left out."""
    known = {str(permission) for permission in Permission}
    names = [name for name in str(row["permissions"]).split() if name in known]
    permissions = frozenset(Permission(name) for name in names)
    return Role(str(row["id"]), str(row["name"]), permissions)


def named(connection: Connection, tenant: str) -> dict[str, Role]:
    """Give every role that can be given, by id."""
    own = [role(row) for row in roles_table.own(connection, tenant)]
    return {one.id: one for one in in_order([*BUILT_IN, *own])}


def person_in(connection: Connection, row: RowMapping | None) -> Person | None:
    """Give a person, if there is one and the account is open."""
    if row is None or row["disabled_ms"] is not None:
        return None
    return person(connection, row)


def by_id(connection: Connection, who: str) -> Person | None:
    """Give somebody by id, if the account is open."""
    return person_in(connection, table.by_id(connection, who))


def scopes(connection: Connection, tenant: str) -> dict[str, str]:
    """Name whatever settings can be chosen for: the agency, its roles and groups."""
    roles = {f"role/{one.id}": one.name for one in named(connection, tenant).values()}
    groups = roles_table.groups(connection, tenant)
    teams = {f"group/{one}": name for one, name in groups.items()}
    return {"agency": "", **roles, **teams}


def entry(connection: Connection, tenant: str) -> EntryRules:
    """Give what holds for signing in at an agency."""
    row = table.entry(connection, tenant)
    if row is None:
        return EntryRules()
    asked = (line.partition(" ") for line in str(row["roles"]).splitlines())
    return EntryRules(
        str(row["banner"]),
        tuple(str(row["networks"]).split()),
        {role: Need(need or Need.ANY) for role, _, need in asked},
    )


def teammates(connection: Connection, who: str) -> frozenset[str]:
    """Give the accounts that are in a group with somebody, themselves too."""
    return frozenset(roles_table.teammates(connection, who)) | {who}


def memberships(connection: Connection, tenant: str) -> dict[str, frozenset[str]]:
    """Give the scopes of everybody, by account."""
    found: dict[str, set[str]] = {}
    for role, who in roles_table.given(connection, tenant):
        found.setdefault(who, set()).add(f"role/{role}")
    for team, who in roles_table.members(connection, tenant):
        found.setdefault(who, set()).add(f"group/{team}")
    return {who: frozenset(some) for who, some in found.items()}


def _held(row: RowMapping) -> Role:
    found = _BUILT_IN.get(str(row["id"]))
    return role(row) if found is None else found
