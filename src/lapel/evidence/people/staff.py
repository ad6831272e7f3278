"""Use cases of those who look after accounts: invite, change, close."""

from dataclasses import dataclass

from sqlalchemy import Connection

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Action, Logged, Target
from lapel.evidence.people import factors, links, reading, roles_table, rules, table
from lapel.evidence.people.model import (
    Author,
    Invitation,
    Listed,
    Person,
    Purpose,
    Role,
)
from lapel.evidence.people.office import Office, check_may_give, on
from lapel.wire.custody import ObjectKind


@dataclass(frozen=True, slots=True)
class Staff(Office):
    """The accounts of one tenant, for those who look after them.

    Nobody gives a permission they lack, and nobody changes an account that may do more
    than they may; the last who can administer is not closed and keeps that role.
    """

    def everybody(self) -> tuple[Listed, ...]:
        """List every account, open ones first, by name."""
        with self.database.read() as connection:
            rows = table.everybody(connection, self.tenant)
            names = roles_table.groups(connection, self.tenant)
            members = roles_table.members(connection, self.tenant)
            having = factors.having(connection)
            needs = reading.entry(connection, self.tenant).needs
            found: list[Listed] = []
            for row in rows:
                person = reading.person(connection, row)
                has = having.get(person.id, frozenset())
                need = rules.needed(needs, person.roles)
                teams = tuple(names[team] for team, who in members if who == person.id)
                lacks = rules.lacking(need, has)
                found.append(Listed(person, teams, row["seen_ms"], has, lacks))
        return tuple(found)

    def one(self, person: str) -> tuple[Person, frozenset[str]]:
        """Give an account and the ids of its groups; raises NotFoundError."""
        with self.database.read() as connection:
            found = self.account(connection, person)
            return found, self._groups(connection, found)

    def acts(self, person: str, most: int) -> tuple[list[Logged], list[Logged]]:
        """Give the latest acts by somebody, and those on their account."""
        with self.database.read() as connection:
            found = self.account(connection, person)
            mine = custody.acts_by(connection, self.tenant, found.id, most)
            target = Target(ObjectKind.USER, found.id)
            return mine, custody.acts_on(connection, self.tenant, target)[-most:]

    def invite(self, new: Invitation, author: Author) -> tuple[Person, str]:
        """Make an account; give it and the secret of its one-time link."""
        account = rules.account(new.name)
        shown = rules.line(new.shown, rules.NAME_MOST)
        if account is None or shown is None:
            raise RefusedError("name", "a name is missing, or too long")
        with self.database.write() as connection:
            roles = self._chosen(connection, new.roles)
            groups = self._known(connection, new.groups)
            check_may_give(author, rules.together(roles))
            if table.by_name(connection, self.tenant, account) is not None:
                raise ConflictError(f"there is an account {account} already")
            values: dict[str, object] = {
                "id": self.new_id(),
                "tenant": self.tenant,
                "name": account,
                "shown": shown,
                "now": self.clock.utc_ms(),
            }
            table.add(connection, values)
            roles_table.give(connection, str(values["id"]), (one.id for one in roles))
            roles_table.join(connection, str(values["id"]), groups)
            person = self.account(connection, str(values["id"]))
            told = on(person, person.role)
            self.log(connection, author.who(), Action.INVITED, told)
            secret = links.make(connection, self, person, (Purpose.ENROL, author.who()))
        return person, secret

    def link_for(self, person: str, author: Author) -> tuple[Person, str]:
        """Make a new one-time link: to set a first password, or to sign in."""
        with self.database.write() as connection:
            found = self._open_one(connection, person, author)
            purpose = Purpose.SIGN_IN if found.has_password else Purpose.ENROL
            made = links.make(connection, self, found, (purpose, author.who()))
        return found, made

    def rename(self, person: str, shown: str, author: Author) -> None:
        """Change the name that others see; what was logged before keeps the old one."""
        clean = rules.line(shown, rules.NAME_MOST)
        if clean is None:
            raise RefusedError("name", "the name is missing, or too long")
        with self.database.write() as connection:
            found = self._open_one(connection, person, author)
            if found.shown == clean:
                return
            table.rename(connection, found.id, clean)
            told = on(found, clean, found.shown)
            self.log(connection, author.who(), Action.RENAMED, told)

    def set_roles(self, person: str, wanted: frozenset[str], author: Author) -> None:
        """Give somebody these roles and no other; their sessions end at once."""
        with self.database.write() as connection:
            found = self._open_one(connection, person, author)
            roles = self._chosen(connection, wanted)
            if roles == found.roles:
                return
            check_may_give(author, rules.together(roles))
            if Role.ADMINISTRATOR not in roles:
                self.check_last(connection, found)
            roles_table.give(connection, found.id, (one.id for one in roles))
            table.end_all(connection, found.id)
            names = ", ".join(one.name for one in roles)
            told = on(found, names, found.role)
            self.log(connection, author.who(), Action.ROLES_SET, told)

    def set_groups(self, person: str, wanted: frozenset[str], author: Author) -> None:
        """Let somebody be in these groups and no other."""
        with self.database.write() as connection:
            found = self._open_one(connection, person, author)
            before = self._groups(connection, found)
            groups = self._known(connection, wanted)
            if groups == before:
                return
            roles_table.join(connection, found.id, groups)
            names = roles_table.groups(connection, self.tenant)
            now, was = (
                ", ".join(names[one] for one in names if one in chosen)
                for chosen in (groups, before)
            )
            told = on(found, now, was)
            self.log(connection, author.who(), Action.GROUPS_SET, told)

    def close(self, person: str, author: Author) -> None:
        """Close an account; its sessions and links end at once."""
        with self.database.write() as connection:
            found = self._open_one(connection, person, author)
            self.check_last(connection, found)
            links.shut(connection, self, found)
            self.log(connection, author.who(), Action.ACCOUNT_CLOSED, on(found))

    def reopen(self, person: str, author: Author) -> None:
        """Open a closed account again; it needs a new link or its old password."""
        with self.database.write() as connection:
            found = self.account(connection, person)
            check_may_give(author, found.permissions)
            if not found.closed:
                return
            table.enable(connection, found.id, self.clock.utc_ms())
            self.log(connection, author.who(), Action.ACCOUNT_OPENED, on(found))

    def _open_one(self, connection: Connection, person: str, author: Author) -> Person:
        found = self.account(connection, person)
        check_may_give(author, found.permissions)
        if found.closed:
            raise RefusedError("closed", "this account is closed; open it first")
        return found

    def _groups(self, connection: Connection, person: Person) -> frozenset[str]:
        pairs = roles_table.members(connection, self.tenant)
        return frozenset(group for group, who in pairs if who == person.id)

    def _chosen(
        self, connection: Connection, wanted: frozenset[str]
    ) -> tuple[Role, ...]:
        known = reading.named(connection, self.tenant)
        if not wanted <= known.keys():
            raise NotFoundError("there is no such role")
        if not wanted:
            raise RefusedError("role", "give at least one role")
        return tuple(role for role in known.values() if role.id in wanted)

    def _known(self, connection: Connection, wanted: frozenset[str]) -> frozenset[str]:
        if not wanted <= roles_table.groups(connection, self.tenant).keys():
            raise NotFoundError("there is no such group")
        return wanted
