"""Use cases of what holds for signing in: text, networks, accounts that rest unused."""

from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from lapel.base.errors import NotFoundError, RefusedError
from lapel.evidence.custody.model import SYSTEM, Action, Who
from lapel.evidence.people import factors, links, reading, rules, table
from lapel.evidence.people.model import Author, EntryRules, Person
from lapel.evidence.people.office import Office, of, on

_ITSELF = Who(SYSTEM, "evidence", "", None)


@dataclass(frozen=True, slots=True)
class Entry(Office):
    """What holds for signing in at one tenant."""

    def rules(self) -> EntryRules:
        """Give what holds now."""
        with self.database.read() as connection:
            return self._rules(connection)

    def allows(self, address: str) -> bool:
        """Tell whether people may come in from this address."""
        return rules.is_within(self.rules().networks, address)

    def keep(
        self,
        banner: str,
        networks: str,
        author: Author,
        roles: frozenset[str] = frozenset(),
    ) -> None:
        """Set what holds from the next request of everybody on.

        `roles` are those whose people need a second factor. Raises RefusedError:
        `banner`, `networks`, or `outside` when the author would be locked out;
        NotFoundError for an unknown role.
        """
        text = rules.banner(banner)
        if text is None:
            raise RefusedError("banner", "this text is too long")
        read = rules.networks(networks)
        if read is None:
            raise RefusedError("networks", "one of these is no address or network")
        if not rules.is_within(read, author.address):
            raise RefusedError("outside", "this would lock yourself out")
        with self.database.write() as connection:
            known = reading.named(connection, self.tenant)
            if not roles <= known.keys():
                raise NotFoundError("there is no such role")
            asked = tuple(sorted(roles))
            self._write(connection, EntryRules(text, read, asked), author.who())

    def lacks_factor(self, person: Person) -> bool:
        """Tell whether somebody's role asks for a second factor that they lack."""
        with self.database.read() as connection:
            asked = set(self._rules(connection).roles)
            if not asked & {role.id for role in person.roles}:
                return False
            return not factors.has_any(connection, person)

    def open_everywhere(self, who: Who) -> None:
        """Let people in from everywhere: for the operator, when nobody gets in."""
        with self.database.write() as connection:
            before = self._rules(connection)
            self._write(connection, replace(before, networks=()), who)

    def close_unused(self) -> None:
        """Close accounts that nobody used for long; the last administrator stays."""
        before = self.clock.utc_ms() - rules.UNUSED_MS
        with self.database.write() as connection:
            for row in table.unused(connection, self.tenant, before):
                person = reading.person(connection, row)
                with suppress(RefusedError):
                    self.check_last(connection, person)
                    links.shut(connection, self, person)
                    self.log(connection, _ITSELF, Action.ACCOUNT_UNUSED, on(person))

    def _rules(self, connection: Connection) -> EntryRules:
        row = table.entry(connection, self.tenant)
        if row is None:
            return EntryRules()
        return EntryRules(
            str(row["banner"]),
            tuple(str(row["networks"]).split()),
            tuple(str(row["roles"]).split("\n")) if row["roles"] else (),
        )

    def _write(self, connection: Connection, new: EntryRules, who: Who) -> None:
        old = self._rules(connection)
        if new == old:
            return
        values: dict[str, object] = {
            "tenant": self.tenant,
            "banner": new.banner,
            "networks": " ".join(new.networks),
            "roles": "\n".join(new.roles),
        }
        table.set_entry(connection, values)
        told = of("sign-in", "", _said(new), _said(old))
        self.log(connection, who, Action.ENTRY_SET, told)


def _said(entry: EntryRules) -> str:
    second = "second factor: " + ", ".join(entry.roles) if entry.roles else ""
    said = (" ".join(entry.networks), second, entry.banner)
    return "; ".join(one for one in said if one)
