"""The page of what holds for signing in at the agency."""

from typing import Any

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from lapel.base.errors import MalformedError, RefusedError
from lapel.base.permissions import Permission
from lapel.evidence.people import rules
from lapel.evidence.people.model import Need
from lapel.evidence.web import proof
from lapel.evidence.web.people import fault_of
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    own_form,
    visit,
)


class EntryPages(Controller):
    """Routes of the rules for signing in."""

    path = "/people/sign-in"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def page(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show what holds."""
        return _page(desk, visit(request, desk.site, Permission.ENTRY), {})

    @post("/", media_type=MediaType.HTML)
    async def keep(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Set the text, the networks, and who needs what beside the password."""
        here = visit(request, desk.site, Permission.ENTRY)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        typed = fields.get("banner", ""), fields.get("networks", "")
        entry, needs = desk.site.people.entry, _needs(pairs)
        try:
            await desk.site.in_thread(entry.keep, *typed, here.author(), needs)
        except RefusedError as error:
            more: dict[str, object] = {
                "banner": typed[0],
                "networks": typed[1],
                "asked": needs,
                **_fault(request, desk, error),
            }
            return _page(desk, here, more, 409)
        return Redirect("/people/sign-in", status_code=303)


def _needs(pairs: proof.Pairs) -> dict[str, Need]:
    """Read what people of each role need: fields `need-ROLE`."""
    found: dict[str, Need] = {}
    for name, value in pairs:
        role = name.removeprefix("need-")
        if role != name and value:
            if value not in set(Need):
                raise MalformedError("a role needs `any`, `passkey`, or nothing")
            found[role] = Need(value)
    return found


def _fault(request: AnyRequest, desk: Desk, error: RefusedError) -> dict[str, object]:
    told = fault_of(request, desk, error)
    if error.reason == "no-passkey":
        _ = desk.words.gettext
        told["fault"] = _(
            "Add a passkey to your own account first. That shows that passkeys work at "
            "this address; where they do not, nobody could come in."
        )
    return told


def _page(
    desk: Desk, here: Visit, more: dict[str, object], status: int = 200
) -> Response[str]:
    now = desk.site.people.entry.rules()
    values: dict[str, object] = {
        "here": "people",
        "banner": now.banner,
        "networks": "\n".join(now.networks),
        "asked": now.needs,
        "roles": [role for role, _count in desk.site.people.roles.everything()],
        "address": here.address,
        "days": rules.UNUSED_MS // 86_400_000,
        "most": rules.BANNER_MOST,
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("entry.html", here, values, status)
