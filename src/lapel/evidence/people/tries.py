"""Failed tries on an account and from an address, in the caller's transaction."""

from sqlalchemy import Connection

from lapel.base.errors import RefusedError
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Actor, Target
from lapel.evidence.people import rules, table
from lapel.evidence.people.model import Person
from lapel.evidence.people.office import Office
from lapel.wire.custody import ActorKind, ObjectKind


def check(connection: Connection, office: Office, account: str, address: str) -> None:
    """Raise RefusedError `rests` while the account or the address rests."""
    now = office.clock.utc_ms()
    for subject, tries in _subjects(account, address):
        found = table.attempts(connection, subject)
        if rules.standing(found, tries, now).rests_until_ms:
            raise RefusedError("rests", "this account rests for a while")


def forget(connection: Connection, account: str) -> None:
    """Begin a new count: this account's holder was here."""
    table.set_attempts(connection, f"account:{account}", None)


def failed(
    office: Office, account: str, address: str, person: Person | None
) -> RefusedError:
    """Count and log one failure; say how many tries are left, or that it rests."""
    now, left, rests = office.clock.utc_ms(), rules.ACCOUNT_TRIES, False
    who = "unknown" if person is None else person.id
    with office.database.write() as connection:
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
        custody.append(connection, office.stamp(), act)
    return RefusedError("rests") if rests else RefusedError("wrong", str(left))


def _subjects(account: str, address: str) -> tuple[tuple[str, int], ...]:
    return (
        (f"account:{account}", rules.ACCOUNT_TRIES),
        (f"address:{rules.counted(address)}", rules.ADDRESS_TRIES),
    )
