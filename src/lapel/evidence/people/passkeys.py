"""Use cases of passkeys: made, removed, and taken as proof of who somebody is.

Tries of passwords do not count here: whoever rests after them still comes in this way.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.evidence.custody.model import Action
from lapel.evidence.people import passkeys_table as table
from lapel.evidence.people import reading, rules, webauthn
from lapel.evidence.people.challenges import Challenges
from lapel.evidence.people.model import Author, Passkey, Person, Session
from lapel.evidence.people.office import Office, on
from lapel.evidence.people.webauthn import Answer, Asked, Handle, Making, Origin

SIGN_IN: Final = "sign-in"
"""What a challenge is for that nobody's session asks for."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where a browser is asked, and what it is asked: the challenges of this server."""

    origin: Origin
    challenges: Challenges


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser answered, at which door, to a challenge for which use."""

    answer: Answer
    door: Door
    use: str
    address: str


@dataclass(frozen=True, slots=True)
class Passkeys(Office):
    """The passkeys of one tenant, for those whose they are."""

    def ask_to_make(self, session: Session, door: Door) -> Asked:
        """Say what the browser of a session is to make a passkey from."""
        person = session.person
        challenge = door.challenges.give(to_make(session), self.clock.utc_ms())
        user = Handle(self.tenant, person.id), person.name, person.shown
        return webauthn.to_make(door.origin, challenge, user, self._credentials(person))

    def ask_to_prove(self, session: Session, door: Door) -> Asked:
        """Say what the browser of a session is to sign, with its person's passkey."""
        challenge = door.challenges.give(to_prove(session), self.clock.utc_ms())
        known = self._credentials(session.person)
        if not known:
            raise NotFoundError("there is no passkey yet")
        return webauthn.to_sign(door.origin, challenge, known)

    def add(
        self, session: Session, name: str, made: tuple[Making, Door], address: str
    ) -> None:
        """Keep a passkey that a browser made for this session.

        Raises RefusedError `passkey-name`, `passkeys` when there are many, `passkey`;
        and ConflictError when it is known already.
        """
        making, door = made
        clean, person = rules.line(name, rules.PASSKEY_NAME_MOST), session.person
        if clean is None:
            raise RefusedError("passkey-name", "the name is missing, or too long")
        now = self.clock.utc_ms()
        if not door.challenges.holds(making.challenge, to_make(session), now):
            raise RefusedError("passkey", "this took too long; begin again")
        kept = making.check(door.origin)
        values: dict[str, object] = {
            "id": self.new_id(),
            "credential": kept.credential,
            "person": person.id,
            "name": clean,
            "data": kept.data,
            "counter": kept.counter,
            "now": now,
        }
        with self.database.write() as connection:
            if len(table.of(connection, person.id)) >= rules.PASSKEYS_MOST:
                raise RefusedError("passkeys", "there are many already; remove one")
            if table.find(connection, kept.credential) is not None:
                raise ConflictError("this passkey is known already")
            if not door.challenges.spend(making.challenge, now):
                raise RefusedError("passkey", "this was sent before")
            table.add(connection, values)
            who = Author(person, address).who()
            self.log(connection, who, Action.PASSKEY_ADDED, on(person, clean))

    def remove(self, session: Session, one: str, address: str) -> None:
        """Forget a passkey of this session's person; raises NotFoundError."""
        person = session.person
        with self.database.write() as connection:
            names = {found.id: found.name for found in of(connection, person)}
            if not table.remove(connection, one, person.id):
                raise NotFoundError("there is no such passkey")
            who = Author(person, address).who()
            self.log(connection, who, Action.PASSKEY_REMOVED, on(person, names[one]))

    def _credentials(self, person: Person) -> list[bytes]:
        with self.database.read() as connection:
            rows = table.of(connection, person.id)
        return [bytes(row["credential"]) for row in rows]


def to_make(session: Session) -> str:
    """Name what a challenge is for: a new passkey, asked for by this session."""
    return f"make {session.digest.hex()}"


def to_prove(session: Session) -> str:
    """Name what a challenge is for: proof of whose session this is."""
    return f"prove {session.digest.hex()}"


def of(connection: Connection, person: Person) -> tuple[Passkey, ...]:
    """List the passkeys of somebody, the oldest first."""
    return tuple(
        Passkey(
            id=str(row["id"]),
            name=str(row["name"]),
            created_ms=int(row["created_ms"]),
            used_ms=None if row["used_ms"] is None else int(row["used_ms"]),
        )
        for row in table.of(connection, person.id)
    )


def accept(
    connection: Connection, office: Office, shown: Shown
) -> tuple[Person, str] | None:
    """Give whose passkey signed, and its name; None, and logged, for a likely copy.

    Raises RefusedError `passkey` unless all of this holds.

    1. The challenge is ours, for this use, not old and not used.
    2. The passkey is known here, its account open, and it says itself whose it is;
       one that was asked for by its id need not say it.
    3. The browser signed on a page of ours, and its user was verified.
    4. Nobody used the challenge meanwhile.
    5. The passkey's counter went on; else there may be a second one.
    """
    refused = RefusedError("passkey", "this passkey does not fit")
    answer, door, now = shown.answer, shown.door, office.clock.utc_ms()
    if not door.challenges.holds(answer.challenge, shown.use, now):
        raise refused
    row = table.find(connection, answer.credential)
    person = None if row is None else reading.by_id(connection, str(row["person"]))
    if row is None or person is None or person.tenant != office.tenant:
        raise refused
    unsaid = shown.use != SIGN_IN and answer.handle == Handle("", "")
    if not unsaid and answer.handle != Handle(office.tenant, person.id):
        raise refused
    answer.check(door.origin, bytes(row["data"]))
    if not door.challenges.spend(answer.challenge, now):
        raise refused
    name = str(row["name"])
    if table.use(connection, str(row["id"]), answer.counter, now):
        return person, name
    who = Author(person, shown.address).who()
    office.log(connection, who, Action.PASSKEY_REFUSED, on(person, name))
    return None


def copied() -> RefusedError:
    """Say that there may be a second one of a passkey."""
    return RefusedError("passkey-copied", "this passkey may have been copied")
