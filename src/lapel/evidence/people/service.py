"""Use cases of people: links, passwords, sign-in, sessions."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.evidence.custody.model import Action, Actor, Who
from lapel.evidence.people import (
    factors,
    links,
    passkeys,
    passwords,
    reading,
    roles_table,
    rules,
    table,
    tries,
)
from lapel.evidence.people.entry import Entry
from lapel.evidence.people.factors import SecondFactors
from lapel.evidence.people.model import (
    Author,
    Credentials,
    Factor,
    Need,
    Person,
    Purpose,
    Role,
    SecondNeededError,
    Session,
    Ticket,
)
from lapel.evidence.people.office import Office, on
from lapel.evidence.people.own import Own
from lapel.evidence.people.passkeys import Passkeys, Shown
from lapel.evidence.people.roles import Groups, Roles
from lapel.evidence.people.sessions import Sessions
from lapel.evidence.people.staff import Staff
from lapel.evidence.store.database import Quiet
from lapel.wire.custody import ActorKind

OPERATOR: Final = Who(Actor(ActorKind.SYSTEM, "operator"), "operator", "", None)
"""Whoever has the server's folder, by a command there."""
_SEEN_EVERY_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class People(Office):
    """The people of one tenant: how they come in, and what the operator may do."""

    @property
    def staff(self) -> Staff:
        """Give the use cases of those who look after accounts."""
        return Staff(self.database, self.clock, self.entropy, self.tenant)

    @property
    def roles(self) -> Roles:
        """Give the use cases of roles."""
        return Roles(self.database, self.clock, self.entropy, self.tenant)

    @property
    def sessions(self) -> Sessions:
        """Give the use cases of one's own sessions."""
        return Sessions(self.database, self.clock, self.entropy, self.tenant)

    @property
    def entry(self) -> Entry:
        """Give the use cases of what holds for signing in."""
        return Entry(self.database, self.clock, self.entropy, self.tenant)

    @property
    def factors(self) -> SecondFactors:
        """Give the use cases of one's own second factor."""
        return SecondFactors(self.database, self.clock, self.entropy, self.tenant)

    @property
    def passkeys(self) -> Passkeys:
        """Give the use cases of one's own passkeys."""
        return Passkeys(self.database, self.clock, self.entropy, self.tenant)

    @property
    def own(self) -> Own:
        """Give the use cases of one's own account."""
        return Own(self.database, self.clock, self.entropy, self.tenant)

    @property
    def groups(self) -> Groups:
        """Give the use cases of groups."""
        return Groups(self.database, self.clock, self.entropy, self.tenant)

    def invite(self, name: str, shown: str, role: Role) -> str:
        """Make an account without a password; give the secret of its link."""
        account = rules.account(name)
        if account is None:
            raise RefusedError("name", "an account name has 1 to 64 characters")
        person = self.new_id()
        with self.database.write() as connection:
            if table.by_name(connection, self.tenant, account) is not None:
                raise ConflictError(f"there is an account {account} already")
            values: dict[str, object] = {
                "id": person,
                "tenant": self.tenant,
                "name": account,
                "shown": shown,
                "now": self.clock.utc_ms(),
            }
            table.add(connection, values)
            roles_table.give(connection, person, [role.id])
            made = self.account(connection, person)
            self.log(connection, OPERATOR, Action.INVITED, on(made, made.role))
            return links.make(connection, self, made, (Purpose.ENROL, OPERATOR))

    def link_for(self, name: str) -> str:
        """Make a one-time link for an account: to sign in, or to enrol first."""
        with self.database.write() as connection:
            person = self._named(connection, name)
            if person is None:
                raise NotFoundError(f"there is no account {name}")
            purpose = Purpose.SIGN_IN if person.has_password else Purpose.ENROL
            return links.make(connection, self, person, (purpose, OPERATOR))

    def find(self, person: str) -> Person | None:
        """Give somebody by id, if the account is open."""
        with self.database.read() as connection:
            return reading.by_id(connection, person)

    def named(self, name: str) -> Person | None:
        """Give somebody by account name, if the account is open."""
        with self.database.read() as connection:
            return self._named(connection, name)

    def exists(self, name: str) -> bool:
        """Tell whether there is such an account."""
        return self.named(name) is not None

    def has_password(self, name: str) -> bool:
        """Tell whether an account can be signed in to."""
        found = self.named(name)
        return found is not None and found.has_password

    def _named(self, connection: Connection, name: str) -> Person | None:
        row = table.by_name(connection, self.tenant, name.strip().casefold())
        return reading.person_in(connection, row)

    def peek(self, secret: str) -> tuple[Person, Purpose]:
        """Whose link this is; raises NotFoundError when it cannot be used."""
        with self.database.read() as connection:
            found = table.link(connection, links.digest(secret), self.clock.utc_ms())
            person = None if found is None else reading.by_id(connection, found[0])
        if found is None or person is None or found[1] == Purpose.SECOND:
            raise NotFoundError("this link was used before, or its time is over")
        return person, Purpose(found[1])

    def enrol(self, secret: str, password: str, address: str) -> Ticket:
        """Set the password that a link allows, and sign in.

        Old sessions end, and so do other links: one in an old mail opens nothing.
        """
        person, purpose = self.peek(secret)
        if purpose is not Purpose.ENROL:
            raise RefusedError("purpose", "this link does not set a password")
        hashed = passwords.hashed(password)
        now = self.clock.utc_ms()
        with self.database.write() as connection:
            if not table.use_link(connection, links.digest(secret), now):
                raise NotFoundError("this link was used before, or its time is over")
            table.set_password(connection, person.id, hashed)
            table.end_links(connection, person.id, now)
            table.end_all(connection, person.id)
            self._log_own(connection, person, Action.ENROLLED, address)
            return self._open(connection, person, address)

    def enter(self, secret: str, address: str) -> Ticket:
        """Sign in by a one-time link."""
        person, purpose = self.peek(secret)
        if purpose is not Purpose.SIGN_IN:
            raise RefusedError("purpose", "this link sets a password")
        with self.database.write() as connection:
            if not table.use_link(
                connection, links.digest(secret), self.clock.utc_ms()
            ):
                raise NotFoundError("this link was used before, or its time is over")
            return self._open(connection, person, address)

    def sign_in(self, typed: Credentials) -> Ticket:
        """Sign in by name and password; who has a second factor gives it next.

        Then this raises SecondNeededError.

        Raises RefusedError with reason `wrong` (the message says how many tries are
        left) or `rests`. An unknown name is treated like a wrong password. Tries at
        the same time count one by one: a right password does not count either once the
        account rests.
        """
        account = typed.name.strip().casefold()[:64]
        with self.database.read() as connection:
            tries.check(connection, self, account, typed.address)
            row = table.by_name(connection, self.tenant, account)
            person = reading.person_in(connection, row)
        known = str(row["password"]) if row is not None and row["password"] else None
        fits = passwords.fits(known, typed.password)
        if person is None or known is None or not fits:
            raise tries.failed(self, account, typed.address, person)
        with self.database.write(Quiet.TOKENS) as connection:
            tries.check(connection, self, account, typed.address)
            if passwords.is_old(known):
                anew = passwords.hashed(typed.password)
                table.set_password(connection, person.id, anew)
            if not factors.held(connection, person):
                tries.forget(connection, account)
                return self._open(connection, person, typed.address)
            secret = self._pend(connection, person)
            app = self._takes_codes(connection, person)
        raise SecondNeededError(secret, app=app)

    def by_passkey(self, shown: Shown) -> Ticket:
        """Sign in by a passkey, which is two factors in one.

        Raises RefusedError `passkey` or `passkey-copied`. Failed tries of passwords do
        not stand in the way.
        """
        with self.database.write() as connection:
            found = passkeys.accept(connection, self, shown)
            if found is not None:
                person, name = found
                tries.forget(connection, person.name)
                return self._open(connection, person, shown.address, name)
        raise passkeys.copied()

    def enter_by(self, person: Person, provider: str, address: str) -> Ticket:
        """Sign somebody in whom a provider named; its tries are its own business."""
        with self.database.write() as connection:
            tries.forget(connection, person.name)
            return self._open(connection, person, address, provider)

    def second(self, secret: str, code: str, address: str) -> Ticket:
        """Give the second factor after the password.

        Raises NotFoundError when that is too long ago, and RefusedError `wrong` or
        `rests`: tries count as those of passwords do.
        """
        digest = links.digest(secret)
        with self.database.write() as connection:
            found = table.link(connection, digest, self.clock.utc_ms())
            person = None if found is None else reading.by_id(connection, found[0])
            if found is None or person is None or found[1] != Purpose.SECOND:
                raise NotFoundError("this took too long; sign in again")
            if not self._takes_codes(connection, person):
                raise NotFoundError("this account asks for its passkey")
            tries.check(connection, self, person.name, address)
            author = Author(person, address)
            if factors.accept(connection, self, author, code):
                table.use_link(connection, digest, self.clock.utc_ms())
                tries.forget(connection, person.name)
                return self._open(connection, person, address)
        raise tries.failed(self, person.name, address, person)

    def _takes_codes(self, connection: Connection, person: Person) -> bool:
        """Tell whether codes open an account: not where a role asks for passkeys.

        Who has none yet comes in by their app once more, to add one.
        """
        has = factors.held(connection, person)
        need = rules.needed(reading.entry(connection, self.tenant).needs, person.roles)
        strict = need is Need.PASSKEY and Factor.PASSKEY in has
        return Factor.APP in has and not strict

    def _pend(self, connection: Connection, person: Person) -> str:
        secret = self.secret()
        values: dict[str, object] = {
            "digest": links.digest(secret),
            "person": person.id,
            "purpose": str(Purpose.SECOND),
            "expires": self.clock.utc_ms() + rules.SECOND_MS,
        }
        table.add_link(connection, values)
        return secret

    def session(self, secret: str) -> Session | None:
        """Give the session of a cookie, if it lives."""
        digest, now = links.digest(secret), self.clock.utc_ms()
        with self.database.read() as connection:
            row = table.session(connection, digest, now, now - rules.IDLE_MS)
            person = reading.person_in(connection, row)
        if row is None or person is None:
            return None
        if now - int(row["seen_ms"]) > _SEEN_EVERY_MS:
            with self.database.write(Quiet.SEEN) as connection:
                table.seen(connection, digest, now)
        return Session(person, str(row["csrf"]), digest, int(row["proved_ms"]))

    def sign_out(self, session: Session, address: str) -> None:
        """End a session at once."""
        with self.database.write() as connection:
            table.end(connection, session.digest)
            self._log_own(connection, session.person, Action.SIGNED_OUT, address)

    def close(self, name: str) -> None:
        """Close an account; its sessions end at once.

        Raises RefusedError with reason `last` for the only administrator who can sign
        in: nobody would be left to administer the agency.
        """
        with self.database.write() as connection:
            person = self._named(connection, name)
            if person is None:
                raise NotFoundError(f"there is no account {name}")
            self.check_last(connection, person)
            links.shut(connection, self, person)
            self.log(connection, OPERATOR, Action.ACCOUNT_CLOSED, on(person))

    def sweep(self) -> None:
        """Remove sessions that ended by themselves; close what nobody uses."""
        now = self.clock.utc_ms()
        with self.database.write(Quiet.TOKENS) as connection:
            table.sweep(connection, now, now - rules.IDLE_MS, now - rules.WINDOW_MS)
        self.entry.close_unused()

    def _open(
        self, connection: Connection, person: Person, address: str, by: str = ""
    ) -> Ticket:
        secret, csrf = self.secret(), self.secret()
        now = self.clock.utc_ms()
        values: dict[str, object] = {
            "digest": links.digest(secret),
            "person": person.id,
            "csrf": csrf,
            "now": now,
            "expires": now + rules.SESSION_MS,
            "address": address,
        }
        table.add_session(connection, values)
        who = Author(person, address).who()
        self.log(connection, who, Action.SIGNED_IN, on(person, by))
        return Ticket(secret, Session(person, csrf, links.digest(secret), now))

    def _log_own(
        self, connection: Connection, person: Person, action: Action, address: str
    ) -> None:
        self.log(connection, Author(person, address).who(), action, on(person))


def actor_of(person: Person) -> Actor:
    """Give a person as an actor of the custody log."""
    return Actor(ActorKind.USER, person.id)
