"""What every service of people stands on: the tenant's database, clock and log."""

from dataclasses import dataclass

from sqlalchemy import Connection

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import NotFoundError, RefusedError
from lapel.base.permissions import Denied, Permission
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Target, Who
from lapel.evidence.custody.service import Stamp
from lapel.evidence.people import reading, rules, table
from lapel.evidence.people.model import Author, Person, Role
from lapel.evidence.store.database import Database
from lapel.evidence.tenants.rules import secret as secret_of
from lapel.wire.custody import ObjectKind


@dataclass(frozen=True, slots=True)
class Office:
    """The ground of the services: an act and its log entry are one transaction."""

    database: Database
    clock: Clock
    entropy: Entropy
    tenant: str

    def stamp(self) -> Stamp:
        """Say where and when an act is logged."""
        return Stamp(self.tenant, self.clock.utc_ms(), self.entropy)

    def secret(self) -> str:
        """Make a secret of 256 bits, fit for an address; it begins with whose it is."""
        return secret_of(self.tenant, self.entropy(32))

    def new_id(self) -> str:
        """Make an id that no other thing has."""
        return self.entropy(8).hex()

    def account(self, connection: Connection, person: str) -> Person:
        """Give an account, open or closed; raises NotFoundError."""
        row = table.by_id(connection, person)
        if row is None or row["tenant"] != self.tenant:
            raise NotFoundError("there is no such person")
        return reading.person(connection, row)

    def log(
        self, connection: Connection, who: Who, action: Action, told: "Told"
    ) -> None:
        """Log an act of a person in the caller's transaction."""
        act = Act(
            who.actor,
            action,
            Target(told.kind, told.target),
            texts={1: who.shown, **({2: who.role} if who.role else {}), **told.texts},
            client=who.address,
        )
        custody.append(connection, self.stamp(), act)

    def check_last(self, connection: Connection, person: Person) -> None:
        """Raise RefusedError `last` for the only administrator who can sign in."""
        administrator = Role.ADMINISTRATOR
        if administrator not in person.roles or not person.has_password:
            return
        if not table.others(connection, self.tenant, administrator.id, person.id):
            raise RefusedError(
                "last", "nobody else could administer; give somebody that role first"
            )


@dataclass(frozen=True, slots=True)
class Told:
    """What an act was on, and its words: 3 what is so now, 4 what was, 5 the name."""

    kind: ObjectKind
    target: str
    texts: dict[int, str]


def on(person: Person, now: str = "", was: str = "") -> Told:
    """Tell of an act on an account."""
    texts = {3: now, 4: was, 5: person.shown}
    return Told(ObjectKind.USER, person.id, {k: v for k, v in texts.items() if v})


def of(name: str, thing: str, now: str = "", was: str = "") -> Told:
    """Tell of an act on a role or group; `name` says which kind, as in `role/ID`."""
    texts = {3: now, 4: was, 5: thing}
    return Told(ObjectKind.OTHER, name, {k: v for k, v in texts.items() if v})


def check_may_give(author: Author, permissions: frozenset[Permission]) -> None:
    """Raise RefusedError `more` when the author lacks what would be given or taken."""
    found = rules.may_give(author.person, permissions)
    if isinstance(found, Denied):
        raise RefusedError(
            "more",
            "this goes beyond what you may do yourself; ask somebody who may do it",
        )
