"""Use cases of what holds for signing in: text, networks, accounts that rest unused."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from lapel.base.errors import NotFoundError, RefusedError
from lapel.evidence.custody.model import SYSTEM, Action, Who
from lapel.evidence.people import factors, links, reading, rules, table
from lapel.evidence.people.model import Author, EntryRules, Factor, Need, Person
from lapel.evidence.people.office import Office, of, on

_NOTHING: Final[Mapping[str, Need]] = MappingProxyType({})
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
        needs: Mapping[str, Need] = _NOTHING,
    ) -> None:
        """Set what holds from the next request of everybody on.

        `needs` says what people of a role need beside the password. Raises
        RefusedError: `banner`, `networks`, `outside` when the author would be locked
        out, `no-passkey` when passkeys are asked for by somebody who has none: that
        one works here is shown by having it; NotFoundError for an unknown role.
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
            if not needs.keys() <= known.keys():
                raise NotFoundError("there is no such role")
            before = self._rules(connection).needs
            new = {role for role, need in needs.items() if need is Need.PASSKEY}
            new -= {role for role, need in before.items() if need is Need.PASSKEY}
            has = factors.held(connection, author.person)
            if new and Factor.PASSKEY not in has:
                raise RefusedError("no-passkey", "add a passkey of your own first")
            self._write(connection, EntryRules(text, read, dict(needs)), author.who())

    def lacks(self, person: Person) -> Need | None:
        """Give what a role of somebody's asks for that they lack; None for nothing."""
        with self.database.read() as connection:
            need = rules.needed(self._rules(connection).needs, person.roles)
            if need is None:
                return None
            return rules.lacking(need, factors.held(connection, person))

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
        return reading.entry(connection, self.tenant)

    def _write(self, connection: Connection, new: EntryRules, who: Who) -> None:
        old = self._rules(connection)
        if new == old:
            return
        values: dict[str, object] = {
            "tenant": self.tenant,
            "banner": new.banner,
            "networks": " ".join(new.networks),
            "roles": "\n".join(f"{one} {new.needs[one]}" for one in sorted(new.needs)),
        }
        table.set_entry(connection, values)
        told = of("sign-in", "", _said(new), _said(old))
        self.log(connection, who, Action.ENTRY_SET, told)


def _said(entry: EntryRules) -> str:
    asked = [
        f"{words}: {', '.join(roles)}"
        for need, words in ((Need.ANY, "second factor"), (Need.PASSKEY, "passkey"))
        if (roles := sorted(one for one, what in entry.needs.items() if what is need))
    ]
    said = (" ".join(entry.networks), *asked, entry.banner)
    return "; ".join(one for one in said if one)
