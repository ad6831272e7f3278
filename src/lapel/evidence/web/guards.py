"""The panel of a recording's page that says who may see it, and changes that."""

from typing import Any, Final

from litestar import Response
from litestar.response import Redirect

from lapel.base.errors import NotFoundError, RefusedError
from lapel.base.permissions import Deed, Permission
from lapel.evidence.items import guarding
from lapel.evidence.items.guarding import Guarding
from lapel.evidence.items.model import Guard, Item
from lapel.evidence.web import proof
from lapel.evidence.web.eyes import eyes_of
from lapel.evidence.web.looking import look
from lapel.evidence.web.people import fault_of
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import AnyRequest, Visit

GUARDS: Final = {str(int(one)): one for one in Guard}


def shown(desk: Desk, here: Visit, item: Item, named: dict[str, str]) -> dict[str, Any]:
    """Give what the panel shows: the guard, and those who are named."""
    people = desk.site.people
    accounts = [found.name for one in named if (found := people.find(one))]
    return {
        "guard": int(item.guard),
        "names": [name for name in named.values() if name],
        "accounts": ", ".join(accounts),
        "may": here.may(Permission.CLASSIFY),
    }


async def keep(
    request: AnyRequest, desk: Desk, here: Visit, name: str, pairs: proof.Pairs
) -> Response[Any]:
    """Set who may see a recording, after a proof of who asks."""
    if not here.may(Permission.CLASSIFY):
        raise NotFoundError("there is no such page, or you may not see it")
    asked_first = await proof.ask(request, desk, here, pairs)
    if asked_first is not None:
        return asked_first
    fields = dict(pairs)
    try:
        await desk.site.in_thread(_keep, desk, here, name, fields)
    except RefusedError as error:
        return _refused(request, desk, here, (name, fields, error))
    return Redirect(f"/recordings/{name}", status_code=303)


def _keep(desk: Desk, here: Visit, name: str, fields: dict[str, str]) -> None:
    with desk.site.database.write() as connection:
        item = look(desk, connection, here, Deed.WATCH, name).item
        wanted = Guarding(
            GUARDS.get(fields.get("guard", ""), item.guard),
            _named(desk, fields.get("named", "")),
            fields.get("why", ""),
        )
        stamp, eyes = desk.site.stamp(), eyes_of(connection, here)
        guarding.guard(connection, stamp, here.who(), eyes, (item, wanted))


def _named(desk: Desk, typed: str) -> frozenset[str]:
    found: set[str] = set()
    for name in filter(None, (one.strip() for one in typed.split(","))):
        person = desk.site.people.named(name)
        if person is None:
            raise RefusedError("person", f"there is no open account {name}")
        found.add(person.id)
    return frozenset(found)


def _refused(
    request: AnyRequest,
    desk: Desk,
    here: Visit,
    what: tuple[str, dict[str, str], RefusedError],
) -> Response[Any]:
    name, fields, error = what
    _ = desk.words.gettext
    known = {
        "why": _("Say why, in at most 500 characters."),
        "person": _("Somebody of those named has no open account."),
        "many": _("100 people at most are named on one recording."),
        "self": _("You could not find it any more yourself: name yourself too."),
    }
    told = fault_of(request, desk, error)
    values: dict[str, object] = {
        "here": "recordings",
        "name": name,
        **told,
        "fault": known.get(error.reason, told["fault"]),
        "typed": {key: fields.get(key, "") for key in ("guard", "named", "why")},
    }
    return desk.page("guard.html", here, values, 409)
