"""Use cases of one's own sessions: see them, end them, prove anew who one is."""

from dataclasses import dataclass

from sqlalchemy import Connection

from lapel.base.errors import NotFoundError, RefusedError
from lapel.evidence.custody.model import Action
from lapel.evidence.people import factors, passkeys, passwords, rules, table, tries
from lapel.evidence.people.model import Author, OpenSession, Session
from lapel.evidence.people.office import Office, on
from lapel.evidence.people.passkeys import Shown


@dataclass(frozen=True, slots=True)
class Sessions(Office):
    """The sessions of one tenant, for those whose they are."""

    def of(self, session: Session) -> tuple[OpenSession, ...]:
        """List the sessions of this one's person, the latest used first."""
        now = self.clock.utc_ms()
        with self.database.read() as connection:
            rows = table.sessions(
                connection, session.person.id, now, now - rules.IDLE_MS
            )
        return tuple(
            OpenSession(
                id=bytes(row["digest"]).hex(),
                address=str(row["address"]),
                began_ms=int(row["created_ms"]),
                seen_ms=int(row["seen_ms"]),
                mine=bytes(row["digest"]) == session.digest,
            )
            for row in rows
        )

    def end(self, session: Session, one: str, address: str) -> None:
        """End one session of this one's person at once; raises NotFoundError."""
        wanted = {found.id for found in self.of(session)} & {one}
        if not wanted:
            raise NotFoundError("this session has ended already")
        self._end(session, wanted, address)

    def end_others(self, session: Session, address: str) -> None:
        """End every session of this one's person but this one."""
        others = {found.id for found in self.of(session) if not found.mine}
        if others:
            self._end(session, others, address)

    def prove(self, session: Session, password: str, address: str) -> None:
        """Take a password or code as proof; privileged acts go through for a while.

        Raises RefusedError `wrong` or `rests`: tries count as those at sign-in do.
        """
        person = session.person
        author = Author(person, address)
        with self.database.write() as connection:
            tries.check(connection, self, person.name, address)
            row = table.by_id(connection, person.id)
            if factors.accept(connection, self, author, password):
                self._proved(connection, session, author)
                return
        known = None if row is None else row["password"]
        if not passwords.fits(None if known is None else str(known), password):
            raise tries.failed(self, person.name, address, person)
        with self.database.write() as connection:
            tries.check(connection, self, person.name, address)
            self._proved(connection, session, author)

    def prove_by_passkey(self, session: Session, shown: Shown) -> None:
        """Take a passkey of this session's person as proof.

        Raises RefusedError `passkey` or `passkey-copied`.
        """
        with self.database.write() as connection:
            found = passkeys.accept(connection, self, shown)
            if found is not None and found[0].id != session.person.id:
                raise RefusedError("passkey", "this passkey is another account's")
            if found is not None:
                author = Author(session.person, shown.address)
                self._proved(connection, session, author)
                return
        raise passkeys.copied()

    def prove_by_provider(self, session: Session, address: str) -> None:
        """Take it that a provider asked this session's person anew who they are."""
        with self.database.write() as connection:
            self._proved(connection, session, Author(session.person, address))

    def _proved(self, connection: Connection, session: Session, author: Author) -> None:
        tries.forget(connection, author.person.name)
        table.prove(connection, session.digest, self.clock.utc_ms())
        self.log(connection, author.who(), Action.PROVED, on(author.person))

    def _end(self, session: Session, wanted: set[str], address: str) -> None:
        with self.database.write() as connection:
            for one in wanted:
                table.end(connection, bytes.fromhex(one))
            who = Author(session.person, address).who()
            told = on(session.person, str(len(wanted)))
            self.log(connection, who, Action.SESSIONS_ENDED, told)
