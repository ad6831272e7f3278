"""Use cases of one's own account: name, appearance of pages, password."""

from dataclasses import dataclass

from lapel.base.errors import RefusedError
from lapel.evidence.custody.model import Action
from lapel.evidence.people import passwords, rules, table, tries
from lapel.evidence.people.model import Author, NewPassword, Session
from lapel.evidence.people.office import Office, on
from lapel.evidence.store.database import Quiet


@dataclass(frozen=True, slots=True)
class Own(Office):
    """The accounts of one tenant, for those whose they are."""

    def rename(self, session: Session, shown: str, address: str) -> None:
        """Change the name that others see; raises RefusedError `name`."""
        clean, person = rules.line(shown, rules.NAME_MOST), session.person
        if clean is None:
            raise RefusedError("name", "the name is missing, or too long")
        if clean == person.shown:
            return
        with self.database.write() as connection:
            table.rename(connection, person.id, clean)
            who = Author(person, address).who()
            told = on(person, clean, person.shown)
            self.log(connection, who, Action.RENAMED, told)

    def set_theme(self, session: Session, theme: str) -> None:
        """Let pages be light or dark, or as the computer is; nothing to log."""
        if theme not in rules.THEMES:
            raise RefusedError("theme", "there is no such appearance")
        with self.database.write(Quiet.OWN) as connection:
            table.set_theme(connection, session.person.id, theme)

    def set_password(self, session: Session, new: NewPassword, address: str) -> None:
        """Change the password; every other session and every link ends.

        Raises RefusedError: `wrong` or `rests` for the old one, whose tries count as
        those at sign-in do, or `password-` and a word of `rules.password_fault`.
        """
        person = session.person
        with self.database.read() as connection:
            tries.check(connection, self, person.name, address)
            row = table.by_id(connection, person.id)
        known = None if row is None else row["password"]
        if not passwords.fits(None if known is None else str(known), new.old):
            raise tries.failed(self, person.name, address, person)
        fault = rules.password_fault(new.new, person.name, new.again)
        if fault is not None:
            raise RefusedError(f"password-{fault}", "the new password will not do")
        hashed = passwords.hashed(new.new)
        with self.database.write() as connection:
            tries.check(connection, self, person.name, address)
            tries.forget(connection, person.name)
            table.set_password(connection, person.id, hashed)
            table.end_links(connection, person.id, self.clock.utc_ms())
            table.end_others(connection, person.id, session.digest)
            who = Author(person, address).who()
            self.log(connection, who, Action.RENEWED, on(person))
