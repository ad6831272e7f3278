"""Use cases of programs: let one in, give it a new secret, let it in no more."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import RowMapping

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.base.permissions import Permission
from lapel.crypto.digest import sha256
from lapel.evidence.clients import rules, table
from lapel.evidence.clients.model import Client, NewClient
from lapel.evidence.custody.model import Action
from lapel.evidence.people.model import Author, Person, Role
from lapel.evidence.people.office import Office, check_may_give, of
from lapel.evidence.people.rules import is_within
from lapel.evidence.store.database import Quiet
from lapel.wire.custody import ActorKind

USED_EVERY_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Clients(Office):
    """The programs of one tenant."""

    def everything(self) -> list[Client]:
        """List the programs, those that serve first."""
        with self.database.read() as connection:
            return [_client(row) for row in table.everything(connection, self.tenant)]

    def one(self, client: str) -> Client:
        """Give a program; raises NotFoundError."""
        with self.database.read() as connection:
            row = table.one(connection, self.tenant, client)
        if row is None:
            raise NotFoundError("there is no such program")
        return _client(row)

    def make(self, new: NewClient, author: Author) -> tuple[Client, str]:
        """Let a program in; gives it with its secret, which is kept nowhere.

        Raises RefusedError (`name`, `empty`, `days`, `networks`, `more`, `many`),
        ConflictError for a name that another one has.
        """
        name, permissions, networks = rules.checked(new)
        check_may_give(author, permissions)
        now, secret = self.clock.utc_ms(), self.secret()
        with self.database.write() as connection:
            rows = table.everything(connection, self.tenant)
            living = [_client(row) for row in rows if row["ended_ms"] is None]
            if any(one.name.casefold() == name.casefold() for one in living):
                raise ConflictError(f"there is a program {name} already")
            if len(living) >= rules.CLIENTS_MOST:
                raise RefusedError("many", "too many programs; end one first")
            made = self.new_id()
            values: dict[str, object] = {
                "id": made,
                "tenant": self.tenant,
                "digest": sha256(secret.encode()),
                "name": name,
                "permissions": " ".join(sorted(permissions)),
                "networks": " ".join(networks),
                "now": now,
                "by": author.person.shown,
                "until": now + new.days * rules.DAY_MS,
            }
            table.add(connection, values)
            told = " ".join([*sorted(permissions), *networks])
            done = of(f"client/{made}", name, told)
            self.log(connection, author.who(), Action.CLIENT_MADE, done)
        return self.one(made), secret

    def renew(self, client: str, days: int, author: Author) -> tuple[Client, str]:
        """Give a program a new secret; the old one opens nothing from now on.

        Raises NotFoundError, RefusedError `days`, `ended`, `more`.
        """
        if days not in rules.DAYS:
            raise RefusedError("days", "a secret lasts 1 to 366 days")
        found, secret = self.one(client), self.secret()
        check_may_give(author, found.permissions)
        with self.database.write() as connection:
            values: dict[str, object] = {
                "tenant": self.tenant,
                "id": client,
                "digest": sha256(secret.encode()),
                "until": self.clock.utc_ms() + days * rules.DAY_MS,
            }
            if not table.renew(connection, values):
                raise RefusedError("ended", "this program was ended; make a new one")
            done = of(f"client/{client}", found.name)
            self.log(connection, author.who(), Action.CLIENT_RENEWED, done)
        return self.one(client), secret

    def end(self, client: str, author: Author) -> None:
        """Let a program in no more, at once; raises NotFoundError."""
        found = self.one(client)
        with self.database.write() as connection:
            if not table.end(connection, self.tenant, client, self.clock.utc_ms()):
                return
            done = of(f"client/{client}", found.name)
            self.log(connection, author.who(), Action.CLIENT_ENDED, done)

    def enter(self, secret: str, address: str) -> Person:
        """Give who acts when a program shows its secret.

        Raises RefusedError `token`, with the same words whatever is wrong: who guesses
        learns nothing. A secret has 256 random bits, so tries need not be counted.
        """
        digest, now = sha256(secret.encode()), self.clock.utc_ms()
        with self.database.read() as connection:
            row = table.by_secret(connection, self.tenant, digest)
        found = None if row is None else _client(row)
        if (
            found is None
            or not found.serves(now)
            or not is_within(found.networks, address)
        ):
            raise RefusedError("token", "no program comes in with this from there")
        if found.used_ms is None or now - found.used_ms >= USED_EVERY_MS:
            with self.database.write(Quiet.SEEN) as connection:
                table.used(connection, self.tenant, found.id, now)
        role = Role("program", "program", found.permissions)
        return Person(
            id=f"client/{found.id}",
            tenant=self.tenant,
            name=found.name,
            shown=found.name,
            roles=(role,),
            theme="",
            has_password=False,
            kind=ActorKind.SYSTEM,
        )


def _client(row: RowMapping) -> Client:
    known = {str(one): one for one in rules.GIVABLE}
    names = str(row["permissions"]).split()
    permissions: frozenset[Permission] = frozenset(
        known[name] for name in names if name in known
    )
    return Client(
        id=str(row["id"]),
        name=str(row["name"]),
        permissions=permissions,
        networks=tuple(str(row["networks"]).split()),
        made_ms=int(row["made_ms"]),
        made_by=str(row["made_by"]),
        until_ms=int(row["until_ms"]),
        used_ms=row["used_ms"],
        ended_ms=row["ended_ms"],
    )
