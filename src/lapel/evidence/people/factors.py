"""Use cases of one's own second factor: an authenticator app and recovery codes."""

import base64
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import Connection

from lapel.base.errors import RefusedError
from lapel.crypto import totp
from lapel.evidence.custody.model import Action
from lapel.evidence.people import factors_table as table
from lapel.evidence.people import links, passkeys, rules
from lapel.evidence.people.model import Author, Factor, Factors, Offer, Person, Session
from lapel.evidence.people.office import Office, on
from lapel.evidence.store.database import Quiet


@dataclass(frozen=True, slots=True)
class SecondFactors(Office):
    """The second factors of one tenant, for those whose they are."""

    def of(self, person: Person) -> Factors:
        """Say what somebody has."""
        with self.database.read() as connection:
            return Factors(
                has_app(connection, person),
                table.codes(connection, person.id),
                passkeys.of(connection, person),
            )

    def begin(self, session: Session, agency: str) -> Offer:
        """Make a secret for an app; it counts once a code of it is given back."""
        person, secret = session.person, self.entropy(totp.SECRET)
        with self.database.write(Quiet.TOKENS) as connection:
            if has_app(connection, person):
                raise RefusedError("factor", "there is an app already; remove it first")
            table.begin(connection, person.id, secret)
        return _offer(person, secret, agency)

    def offered(self, session: Session, agency: str) -> Offer:
        """Give the secret that waits for its first code; raises RefusedError."""
        with self.database.read() as connection:
            found = table.secret(connection, session.person.id)
        if found is None or found[2]:
            raise RefusedError("factor", "nothing was begun; begin again")
        return _offer(session.person, found[0], agency)

    def confirm(self, session: Session, code: str, address: str) -> tuple[str, ...]:
        """Let the app count from now on; give ten recovery codes, this once.

        Raises RefusedError `code`, or `factor` when nothing was begun.
        """
        person = session.person
        with self.database.write() as connection:
            found = table.secret(connection, person.id)
            if found is None or found[2]:
                raise RefusedError("factor", "nothing was begun; begin again")
            if not _take(connection, self, person, code):
                raise RefusedError("code", "this code does not fit")
            table.confirm(connection, person.id, self.clock.utc_ms())
            who = Author(person, address).who()
            self.log(connection, who, Action.FACTOR_SET, on(person))
            return self._codes(connection, person)

    def renew(self, session: Session, address: str) -> tuple[str, ...]:
        """Give ten new recovery codes, this once; those before count no more."""
        person = session.person
        with self.database.write() as connection:
            if not has_app(connection, person):
                raise RefusedError("factor", "there is no app yet")
            who = Author(person, address).who()
            self.log(connection, who, Action.CODES_MADE, on(person))
            return self._codes(connection, person)

    def remove(self, session: Session, address: str) -> None:
        """Forget the app and the recovery codes."""
        person = session.person
        with self.database.write() as connection:
            if not has_app(connection, person):
                return
            table.remove(connection, person.id)
            who = Author(person, address).who()
            self.log(connection, who, Action.FACTOR_REMOVED, on(person))

    def _codes(self, connection: Connection, person: Person) -> tuple[str, ...]:
        made = tuple(rules.recovery_code(self.entropy(10)) for _ in range(rules.CODES))
        digests = [links.digest(rules.plain_code(one)) for one in made]
        table.set_codes(connection, person.id, digests)
        return made


def has_app(connection: Connection, person: Person) -> bool:
    """Tell whether an app of somebody's counts."""
    found = table.secret(connection, person.id)
    return found is not None and found[2]


def held(connection: Connection, person: Person) -> frozenset[Factor]:
    """Give the second factors that somebody has."""
    there = {
        Factor.APP: has_app(connection, person),
        Factor.PASSKEY: bool(passkeys.of(connection, person)),
    }
    return frozenset(factor for factor, has in there.items() if has)


def having(connection: Connection) -> dict[str, frozenset[Factor]]:
    """Give what everybody has who has a second factor, by account."""
    found: dict[str, set[Factor]] = {}
    for who, factor in table.having(connection):
        found.setdefault(who, set()).add(Factor(factor))
    return {who: frozenset(some) for who, some in found.items()}


def accept(connection: Connection, office: Office, author: Author, typed: str) -> bool:
    """Take a code of the app, or a recovery code, which is used up by this."""
    person = author.person
    if not has_app(connection, person):
        return False
    if _take(connection, office, person, typed):
        return True
    digest = links.digest(rules.plain_code(typed))
    if not table.use_code(connection, person.id, digest):
        return False
    left = str(table.codes(connection, person.id))
    office.log(connection, author.who(), Action.CODE_USED, on(person, left))
    return True


def _take(connection: Connection, office: Office, person: Person, typed: str) -> bool:
    found = table.secret(connection, person.id)
    if found is None:
        return False
    code = "".join(typed.split())
    step = totp.step_of(found[0], code, office.clock.utc_ms(), found[1])
    if step is None:
        return False
    table.set_step(connection, person.id, step)
    return True


def _offer(person: Person, secret: bytes, agency: str) -> Offer:
    text = base64.b32encode(secret).decode()
    label = quote(f"{agency}:{person.name}", safe="")
    uri = f"otpauth://totp/{label}?secret={text}&issuer={quote(agency, safe='')}"
    return Offer(text, uri)
