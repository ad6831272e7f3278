"""Use case of a recording's guard: who may learn that it exists, and why."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from lapel.base.errors import RefusedError
from lapel.base.permissions import Deed
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Action, Who
from lapel.evidence.custody.service import Stamp
from lapel.evidence.items import rules, table
from lapel.evidence.items.model import Eyes, Guard, Item, Whose
from lapel.evidence.items.service import act
from lapel.evidence.people import reading as people

WHY_MOST: Final = 500
NAMED_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Guarding:
    """How a recording shall be guarded, the accounts that are named on it, and why."""

    guard: Guard
    named: frozenset[str]
    why: str


def reason(why: str) -> str:
    """Bring a reason into one line; raises RefusedError `why`."""
    clean = " ".join(why.split())
    if not clean or len(clean) > WHY_MOST:
        raise RefusedError("why", f"say why, in at most {WHY_MOST} characters")
    return clean


def named(connection: Connection, item: Item) -> dict[str, str]:
    """Give the accounts that are named on a recording, and what they are called."""
    found: dict[str, str] = {}
    for one in sorted(table.named(connection, item.number)):
        person = people.by_id(connection, one)
        found[one] = person.shown if person else ""
    return found


def guard(
    connection: Connection,
    stamp: Stamp,
    who: Who,
    eyes: Eyes,
    change: tuple[Item, Guarding],
) -> None:
    """Set how a recording is guarded, and who is named on it.

    Raises RefusedError: `why`; `person` for an account that is not open; `many`;
    `self` when whoever sets it could not find the recording any more.
    """
    item, wanted = change
    why = reason(wanted.why)
    if len(wanted.named) > NAMED_MOST:
        raise RefusedError("many", f"{NAMED_MOST} people at most are named on one")
    names = {one: people.by_id(connection, one) for one in sorted(wanted.named)}
    if any(one is None or one.tenant != stamp.tenant for one in names.values()):
        raise RefusedError("person", "somebody named has no open account")
    if not rules.may(eyes, Deed.FIND, Whose(item.person, wanted.guard, wanted.named)):
        raise RefusedError("self", "you could not find it any more yourself")
    before = table.named(connection, item.number)
    old = ", ".join(filter(None, sorted(named(connection, item).values())))
    if (wanted.guard, wanted.named) == (item.guard, before):
        return
    table.set_guard(connection, item.number, int(wanted.guard), wanted.named)
    if wanted.guard is not item.guard:
        texts = {3: wanted.guard.name.lower(), 4: item.guard.name.lower(), 5: why}
        custody.append(connection, stamp, act(who, Action.GUARD_SET, item, texts))
    if wanted.named != before:
        now = ", ".join(sorted(one.shown for one in names.values() if one))
        texts = {k: t for k, t in {3: now, 4: old, 5: why}.items() if t}
        custody.append(connection, stamp, act(who, Action.ACCESS_SET, item, texts))
