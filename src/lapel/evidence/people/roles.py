"""Use cases of roles and groups: make, change, remove."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.base.permissions import Permission, with_needs
from lapel.evidence.custody.model import Action
from lapel.evidence.people import reading, roles_table, rules, table
from lapel.evidence.people.model import BUILT_IN, Author, Group, Role
from lapel.evidence.people.office import Office, check_may_give, of


@dataclass(frozen=True, slots=True)
class Roles(Office):
    """The roles of one tenant: five that every agency has, and its own.

    Nobody makes, changes or removes a role with a permission that they lack.
    """

    def everything(self) -> tuple[tuple[Role, int], ...]:
        """List the roles, and how many open accounts have each."""
        with self.database.read() as connection:
            counts = roles_table.counts(connection, self.tenant)
            found = reading.named(connection, self.tenant).values()
        return tuple((role, counts.get(role.id, 0)) for role in found)

    def one(self, role: str) -> Role:
        """Give a role; raises NotFoundError."""
        with self.database.read() as connection:
            found = reading.named(connection, self.tenant).get(role)
        if found is None:
            raise NotFoundError("there is no such role")
        return found

    def keep(
        self,
        role: str | None,
        name: str,
        wanted: frozenset[Permission],
        author: Author,
    ) -> str:
        """Make a role, or change one; what its permissions need is added.

        It counts from the next request of everybody who has it. Raises RefusedError
        (`name`, `empty`, `more`, `built-in`), NotFoundError, ConflictError (the name).
        """
        clean = rules.line(name, rules.ROLE_MOST)
        if clean is None:
            raise RefusedError("name", "the role's name is missing, or too long")
        if not wanted:
            raise RefusedError("empty", "tick at least one permission")
        permissions = with_needs(wanted)
        check_may_give(author, permissions)
        with self.database.write() as connection:
            known = reading.named(connection, self.tenant)
            before = None if role is None else self._own(known, role)
            self._check_name(known, clean, before)
            if before is not None:
                check_may_give(author, before.permissions)
            made = Role(before.id if before else self.new_id(), clean, permissions)
            if made == before:
                return made.id
            self._write(connection, made)
            told = of(
                f"role/{made.id}",
                clean,
                " ".join(sorted(permissions)),
                " ".join(sorted(before.permissions)) if before else "",
            )
            action = Action.ROLE_CHANGED if before else Action.ROLE_MADE
            self.log(connection, author.who(), action, told)
        return made.id

    def remove(self, role: str, author: Author) -> None:
        """Remove a role that nobody has; raises RefusedError `used`."""
        with self.database.write() as connection:
            found = self._own(reading.named(connection, self.tenant), role)
            check_may_give(author, found.permissions)
            if roles_table.holders(connection, found.id):
                raise RefusedError(
                    "used", "somebody has this role, perhaps in a closed account"
                )
            roles_table.remove(connection, self.tenant, found.id)
            told = of(f"role/{found.id}", found.name)
            self.log(connection, author.who(), Action.ROLE_REMOVED, told)

    def _write(self, connection: Connection, role: Role) -> None:
        values: dict[str, object] = {
            "id": role.id,
            "tenant": self.tenant,
            "name": role.name,
            "permissions": " ".join(sorted(role.permissions)),
        }
        roles_table.keep(connection, values)

    def _own(self, known: Mapping[str, Role], role: str) -> Role:
        found = known.get(role)
        if found is None:
            raise NotFoundError("there is no such role")
        if found in BUILT_IN:
            raise RefusedError("built-in", "this role is the same for every agency")
        return found

    def _check_name(
        self, known: Mapping[str, Role], name: str, before: Role | None
    ) -> None:
        for one in known.values():
            same = one.name.casefold() == name.casefold()
            if same and (before is None or one.id != before.id):
                raise ConflictError(f"there is a role {one.name} already")


@dataclass(frozen=True, slots=True)
class Groups(Office):
    """The groups of one tenant."""

    def everything(self) -> tuple[Group, ...]:
        """List the groups by name, with their members."""
        with self.database.read() as connection:
            return self._groups(connection)

    def one(self, group: str) -> Group:
        """Give a group; raises NotFoundError."""
        with self.database.read() as connection:
            return self._one(connection, group)

    def keep(
        self, group: str | None, name: str, people: frozenset[str], author: Author
    ) -> str:
        """Make a group, or change its name and members.

        Raises RefusedError `name`, NotFoundError, ConflictError (the name is taken).
        """
        clean = rules.line(name, rules.ROLE_MOST)
        if clean is None:
            raise RefusedError("name", "the group's name is missing, or too long")
        with self.database.write() as connection:
            before = None if group is None else self._one(connection, group)
            for one in self._groups(connection):
                if one.name.casefold() == clean.casefold() and one.id != group:
                    raise ConflictError(f"there is a group {one.name} already")
            shown = {str(r["id"]): str(r["shown"]) for r in self._rows(connection)}
            if not people <= shown.keys():
                raise NotFoundError("there is no such person")
            made = Group(before.id if before else self.new_id(), clean, people)
            if made == before:
                return made.id
            values: dict[str, object] = {"id": made.id, "name": clean}
            roles_table.keep_group(connection, {**values, "tenant": self.tenant})
            roles_table.fill(connection, made.id, people)
            now, was = (
                ", ".join(sorted(shown[one] for one in chosen))
                for chosen in (people, before.members if before else ())
            )
            told = of(f"group/{made.id}", clean, now, was)
            action = Action.GROUP_CHANGED if before else Action.GROUP_MADE
            self.log(connection, author.who(), action, told)
        return made.id

    def remove(self, group: str, author: Author) -> None:
        """Remove a group; its members stay."""
        with self.database.write() as connection:
            found = self._one(connection, group)
            roles_table.fill(connection, found.id, ())
            roles_table.remove_group(connection, self.tenant, found.id)
            told = of(f"group/{found.id}", found.name)
            self.log(connection, author.who(), Action.GROUP_REMOVED, told)

    def _rows(self, connection: Connection) -> list[Mapping[str, object]]:
        return [dict(row) for row in table.everybody(connection, self.tenant)]

    def _groups(self, connection: Connection) -> tuple[Group, ...]:
        held: dict[str, set[str]] = {}
        for group, who in roles_table.members(connection, self.tenant):
            held.setdefault(group, set()).add(who)
        return tuple(
            Group(one, name, frozenset(held.get(one, ())))
            for one, name in roles_table.groups(connection, self.tenant).items()
        )

    def _one(self, connection: Connection, group: str) -> Group:
        for one in self._groups(connection):
            if one.id == group:
                return one
        raise NotFoundError("there is no such group")
