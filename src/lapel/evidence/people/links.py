"""One-time links, in the caller's transaction."""

from sqlalchemy import Connection

from lapel.crypto.digest import sha256
from lapel.evidence.custody.model import Action, Who
from lapel.evidence.people import rules, table
from lapel.evidence.people.model import Person, Purpose
from lapel.evidence.people.office import Office, on


def digest(secret: str) -> bytes:
    """Give what is kept of a secret."""
    return sha256(secret.encode())


def make(
    connection: Connection, office: Office, person: Person, asked: tuple[Purpose, Who]
) -> str:
    """Make a link for a purpose, asked for by somebody; give its secret, once."""
    purpose, who = asked
    secret, now = office.secret(), office.clock.utc_ms()
    lasts = rules.ENROL_MS if purpose is Purpose.ENROL else rules.SIGN_IN_MS
    values: dict[str, object] = {
        "digest": digest(secret),
        "person": person.id,
        "purpose": str(purpose),
        "expires": now + lasts,
    }
    table.add_link(connection, values)
    office.log(connection, who, Action.LINK_MADE, on(person, str(purpose)))
    return secret


def shut(connection: Connection, office: Office, person: Person) -> None:
    """Close an account: its links and sessions end."""
    now = office.clock.utc_ms()
    table.disable(connection, person.id, now)
    table.end_links(connection, person.id, now)
    table.end_all(connection, person.id)
