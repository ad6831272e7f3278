"""Use cases of people: links, passwords, sign-in, sessions."""

import threading
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, RowMapping

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.crypto.digest import sha256
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Actor, Target
from lapel.evidence.custody.service import Stamp
from lapel.evidence.people import rules, table
from lapel.evidence.people.model import (
    Credentials,
    Person,
    Purpose,
    Role,
    Session,
    Ticket,
)
from lapel.evidence.store.database import Database
from lapel.evidence.tenants.rules import secret as secret_of
from lapel.wire.custody import ActorKind, ObjectKind

_HASHER: Final = PasswordHasher()
_HASHING: Final = threading.BoundedSemaphore(2)
_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
_SEEN_EVERY_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class People:
    """The people of one tenant."""

    database: Database
    clock: Clock
    entropy: Entropy
    tenant: str

    def invite(self, name: str, shown: str, role: Role) -> str:
        """Make an account without a password; give the secret of its link."""
        now = self.clock.utc_ms()
        account = name.strip().casefold()
        if not account.isprintable() or not 1 <= len(account) <= 64:
            raise RefusedError("name", "an account name has 1 to 64 characters")
        person = self.entropy(8).hex()
        with self.database.write() as connection:
            if table.by_name(connection, self.tenant, account) is not None:
                raise ConflictError(f"there is an account {account} already")
            values: dict[str, object] = {
                "id": person,
                "tenant": self.tenant,
                "name": account,
                "shown": shown,
                "role": str(role),
                "now": now,
            }
            table.add(connection, values)
            return self._link(connection, person, account, Purpose.ENROL)

    def link_for(self, name: str) -> str:
        """Make a one-time link for an account: to sign in, or to enrol first."""
        with self.database.write() as connection:
            row = table.by_name(connection, self.tenant, name.strip().casefold())
            if row is None:
                raise NotFoundError(f"there is no account {name}")
            purpose = Purpose.SIGN_IN if row["password"] else Purpose.ENROL
            return self._link(connection, str(row["id"]), str(row["name"]), purpose)

    def find(self, person: str) -> Person | None:
        """Give somebody by id, if the account is open."""
        with self.database.read() as connection:
            row = table.by_id(connection, person)
        return None if row is None else _person(row)

    def named(self, name: str) -> Person | None:
        """Give somebody by account name, if the account is open."""
        with self.database.read() as connection:
            row = table.by_name(connection, self.tenant, name.strip().casefold())
        return None if row is None else _person(row)

    def exists(self, name: str) -> bool:
        """Tell whether there is such an account."""
        with self.database.read() as connection:
            found = table.by_name(connection, self.tenant, name.strip().casefold())
        return found is not None

    def has_password(self, name: str) -> bool:
        """Tell whether an account can be signed in to."""
        with self.database.read() as connection:
            found = table.by_name(connection, self.tenant, name.strip().casefold())
        return found is not None and bool(found["password"])

    def _link(
        self, connection: Connection, person: str, name: str, purpose: Purpose
    ) -> str:
        secret, now = self._secret(), self.clock.utc_ms()
        lasts = rules.ENROL_MS if purpose is Purpose.ENROL else rules.SIGN_IN_MS
        values: dict[str, object] = {
            "digest": _digest(secret),
            "person": person,
            "purpose": str(purpose),
            "expires": now + lasts,
        }
        table.add_link(connection, values)
        act = Act(
            Actor(ActorKind.SYSTEM, "operator"),
            Action.LINK_MADE,
            Target(ObjectKind.USER, person),
            texts={1: name, 2: str(purpose)},
        )
        custody.append(connection, self._stamp(now), act)
        return secret

    def peek(self, secret: str) -> tuple[Person, Purpose]:
        """Whose link this is; raises NotFoundError when it cannot be used."""
        with self.database.read() as connection:
            found = table.link(connection, _digest(secret), self.clock.utc_ms())
            row = None if found is None else table.by_id(connection, found[0])
        if found is None or row is None:
            raise NotFoundError("this link was used before, or its time is over")
        return _person(row), Purpose(found[1])

    def enrol(self, secret: str, password: str, address: str) -> Ticket:
        """Set the password that a link allows, and sign in.

        Old sessions end, and so do other links: one in an old mail opens nothing.
        """
        person, purpose = self.peek(secret)
        if purpose is not Purpose.ENROL:
            raise RefusedError("purpose", "this link does not set a password")
        hashed = _hash(password)
        now = self.clock.utc_ms()
        with self.database.write() as connection:
            if not table.use_link(connection, _digest(secret), now):
                raise NotFoundError("this link was used before, or its time is over")
            table.set_password(connection, person.id, hashed)
            table.end_links(connection, person.id, now)
            table.end_all(connection, person.id)
            self._log(connection, person, Action.ENROLLED, address)
            return self._open(connection, person, address)

    def enter(self, secret: str, address: str) -> Ticket:
        """Sign in by a one-time link."""
        person, purpose = self.peek(secret)
        if purpose is not Purpose.SIGN_IN:
            raise RefusedError("purpose", "this link sets a password")
        with self.database.write() as connection:
            if not table.use_link(connection, _digest(secret), self.clock.utc_ms()):
                raise NotFoundError("this link was used before, or its time is over")
            return self._open(connection, person, address)

    def sign_in(self, typed: Credentials) -> Ticket:
        """Sign in by name and password.

        Raises RefusedError with reason `wrong` (the message says how many tries are
        left) or `rests`. An unknown name is treated like a wrong password. Tries at
        the same time count one by one: a right password does not count either once the
        account rests.
        """
        account = typed.name.strip().casefold()[:64]
        with self.database.read() as connection:
            self._check_resting(connection, account, typed.address)
            row = table.by_name(connection, self.tenant, account)
        known = str(row["password"]) if row is not None and row["password"] else None
        fits = _verify(known or _NOBODY, typed.password)
        if row is None or known is None or not fits:
            raise self._failed(account, typed.address, row)
        person = _person(row)
        with self.database.write() as connection:
            self._check_resting(connection, account, typed.address)
            table.set_attempts(connection, f"account:{account}", None)
            if _HASHER.check_needs_rehash(known):
                table.set_password(connection, person.id, _hash(typed.password))
            return self._open(connection, person, typed.address)

    def session(self, secret: str) -> Session | None:
        """Give the session of a cookie, if it lives."""
        digest, now = _digest(secret), self.clock.utc_ms()
        with self.database.read() as connection:
            row = table.session(connection, digest, now, now - rules.IDLE_MS)
        if row is None:
            return None
        if now - int(row["seen_ms"]) > _SEEN_EVERY_MS:
            with self.database.write() as connection:
                table.seen(connection, digest, now)
        return Session(_person(row), str(row["csrf"]), digest)

    def sign_out(self, session: Session, address: str) -> None:
        """End a session at once."""
        with self.database.write() as connection:
            table.end(connection, session.digest)
            self._log(connection, session.person, Action.SIGNED_OUT, address)

    def close(self, name: str) -> None:
        """Close an account; its sessions end at once.

        Raises RefusedError with reason `last` for the only administrator who can sign
        in: nobody would be left to administer the agency.
        """
        with self.database.write() as connection:
            row = table.by_name(connection, self.tenant, name.strip().casefold())
            if row is None:
                raise NotFoundError(f"there is no account {name}")
            self._check_last(connection, _person(row))
            now = self.clock.utc_ms()
            table.disable(connection, str(row["id"]), now)
            table.end_links(connection, str(row["id"]), now)
            table.end_all(connection, str(row["id"]))
            act = Act(
                Actor(ActorKind.SYSTEM, "operator"),
                Action.ACCOUNT_CLOSED,
                Target(ObjectKind.USER, str(row["id"])),
                texts={1: str(row["shown"])},
            )
            custody.append(connection, self._stamp(now), act)

    def _check_last(self, connection: Connection, person: Person) -> None:
        role = Role.ADMINISTRATOR
        if person.role is not role or not person.has_password:
            return
        if not table.others(connection, self.tenant, str(role), person.id):
            raise RefusedError(
                "last", "nobody else could administer; give somebody that role first"
            )

    def sweep(self) -> None:
        """Remove sessions that ended by themselves."""
        now = self.clock.utc_ms()
        with self.database.write() as connection:
            table.sweep(connection, now, now - rules.IDLE_MS, now - rules.WINDOW_MS)

    def _check_resting(
        self, connection: Connection, account: str, address: str
    ) -> None:
        now = self.clock.utc_ms()
        for subject, tries in _subjects(account, address):
            found = table.attempts(connection, subject)
            if rules.standing(found, tries, now).rests_until_ms:
                raise RefusedError("rests", "this account rests for a while")

    def _failed(
        self, account: str, address: str, row: RowMapping | None
    ) -> RefusedError:
        now, left, rests = self.clock.utc_ms(), rules.ACCOUNT_TRIES, False
        who = str(row["id"]) if row is not None else "unknown"
        with self.database.write() as connection:
            for subject, tries in _subjects(account, address):
                old = table.attempts(connection, subject)
                new = rules.after_failure(old, tries, now)
                table.set_attempts(connection, subject, new)
                rests = rests or new.rests_until_ms > now
                left = min(left, rules.standing(new, tries, now).left)
            act = Act(
                Actor(ActorKind.USER, who),
                Action.LOCKED if rests else Action.SIGN_IN_REFUSED,
                Target(ObjectKind.USER, who),
                texts={1: account},
                client=address,
            )
            custody.append(connection, self._stamp(now), act)
        return RefusedError("rests") if rests else RefusedError("wrong", str(left))

    def _open(self, connection: Connection, person: Person, address: str) -> Ticket:
        secret, csrf = self._secret(), self._secret()
        now = self.clock.utc_ms()
        values: dict[str, object] = {
            "digest": _digest(secret),
            "person": person.id,
            "csrf": csrf,
            "now": now,
            "expires": now + rules.SESSION_MS,
        }
        table.add_session(connection, values)
        self._log(connection, person, Action.SIGNED_IN, address)
        return Ticket(secret, Session(person, csrf, _digest(secret)))

    def _log(
        self, connection: Connection, person: Person, action: Action, address: str
    ) -> None:
        act = Act(
            actor_of(person),
            action,
            Target(ObjectKind.USER, person.id),
            texts={1: person.shown},
            client=address,
        )
        custody.append(connection, self._stamp(self.clock.utc_ms()), act)

    def _stamp(self, now_ms: int) -> Stamp:
        return Stamp(self.tenant, now_ms, self.entropy)

    def _secret(self) -> str:
        return secret_of(self.tenant, self.entropy(32))


def actor_of(person: Person) -> Actor:
    """Give a person as an actor of the custody log."""
    return Actor(ActorKind.USER, person.id)


def _subjects(account: str, address: str) -> tuple[tuple[str, int], ...]:
    return (
        (f"account:{account}", rules.ACCOUNT_TRIES),
        (f"address:{address}", rules.ADDRESS_TRIES),
    )


def _person(row: RowMapping) -> Person:
    return Person(
        id=str(row["id"]),
        tenant=str(row["tenant"]),
        name=str(row["name"]),
        shown=str(row["shown"]),
        role=Role(row["role"]),
        theme=str(row["theme"]),
        has_password=bool(row["password"]),
    )


def _digest(secret: str) -> bytes:
    return sha256(secret.encode())


def _hash(password: str) -> str:
    with _HASHING:
        return _HASHER.hash(password)


def _verify(hashed: str, password: str) -> bool:
    try:
        with _HASHING:
            return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
