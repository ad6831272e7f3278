"""Pages of programs: who is let in, with a secret that is shown once."""

from typing import Any, Final

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from lapel.base.errors import ConflictError, RefusedError
from lapel.base.permissions import Permission
from lapel.evidence.clients import rules
from lapel.evidence.clients.model import Client, NewClient
from lapel.evidence.web import proof, words
from lapel.evidence.web.people import fault_of, ticked
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    front_of,
    own_form,
    visit,
    whole_number,
)

_TYPED: Final = {"name": "", "networks": "", "days": "90"}


class ClientPages(Controller):
    """Routes of programs."""

    path = "/programs"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def listed(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show every program, what it may do, and the form of a new one."""
        return _page(desk, visit(request, desk.site, Permission.CLIENTS), {})

    @post("/", media_type=MediaType.HTML)
    async def make(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Let a program in, and show its secret once."""
        here = visit(request, desk.site, Permission.CLIENTS)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        known = {str(one): one for one in rules.GIVABLE}
        wanted = frozenset(
            known[one] for one in ticked(pairs, "permission") if one in known
        )
        days = whole_number(fields.get("days", "")) or 0
        new = NewClient(
            fields.get("name", ""), wanted, fields.get("networks", ""), days
        )
        try:
            made = await desk.site.in_thread(desk.site.clients.make, new, here.author())
        except (RefusedError, ConflictError) as error:
            typed = {key: fields.get(key, "") for key in _TYPED}
            more = {**_fault(request, desk, error), "typed": typed, "ticked": wanted}
            return _page(desk, here, more, 409)
        return _secret(request, desk, here, made)

    @post("/{client:str}", media_type=MediaType.HTML)
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk], client: FromPath[str]
    ) -> Response[Any]:
        """Give a program a new secret, or let it in no more."""
        here = visit(request, desk.site, Permission.CLIENTS)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        clients = desk.site.clients
        days = whole_number(fields.get("days", "")) or 0
        try:
            if fields.get("act") == "end":
                await desk.site.in_thread(clients.end, client, here.author())
                return Redirect("/programs", status_code=303)
            made = await desk.site.in_thread(clients.renew, client, days, here.author())
        except RefusedError as error:
            return _page(desk, here, _fault(request, desk, error), 409)
        return _secret(request, desk, here, made)


def _fault(
    request: AnyRequest, desk: Desk, error: RefusedError | ConflictError
) -> dict[str, object]:
    _ = desk.words.gettext
    known = {
        "name": _("The program's name is missing, or too long."),
        "empty": _("Tick at least one thing that it may do."),
        "days": _("A secret lasts 1 to 366 days."),
        "networks": _("One of these is no address or network."),
        "many": _("There are 100 programs already. End one first."),
        "ended": _("This program was ended. Make a new one."),
    }
    told = fault_of(request, desk, error)
    if isinstance(error, ConflictError):
        return {**told, "fault": _("There is a program of that name already.")}
    return {**told, "fault": known.get(error.reason, told["fault"])}


def _secret(
    request: AnyRequest, desk: Desk, here: Visit, made: tuple[Client, str]
) -> Response[str]:
    front = front_of(request)
    values: dict[str, object] = {
        "here": "people",
        "one": made[0],
        "secret": made[1],
        "address": front.public or f"http://localhost:{front.port}",
    }
    return desk.page("program.html", here, values)


def _page(
    desk: Desk, here: Visit, more: dict[str, object], status: int = 200
) -> Response[str]:
    mine = here.session.person
    values: dict[str, object] = {
        "here": "people",
        "clients": desk.site.clients.everything(),
        "choice": [(one, mine.may(one)) for one in rules.GIVABLE],
        "said": words.permissions(desk.words),
        "typed": _TYPED,
        "ticked": frozenset[Permission](),
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("programs.html", here, values, status)
