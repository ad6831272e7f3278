"""The page of one's own account, open to everybody who is signed in."""

from contextlib import suppress
from typing import Any

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from lapel.base.errors import NotFoundError
from lapel.evidence.web import proof
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    anybody,
    check_form,
    form,
    onward,
)

HERE = "/account"


class AccountPages(Controller):
    """Routes of one's own account."""

    path = HERE
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def page(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show one's own account and sessions."""
        return _page(desk, anybody(request, desk.site))

    @post("/sessions", media_type=MediaType.HTML)
    async def end(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """End one session, or all but this one; both at once."""
        here = anybody(request, desk.site)
        fields = dict(await form(request))
        check_form(here, fields)
        sessions, mine = desk.site.people.sessions, here.session
        if fields.get("act") == "others":
            await desk.site.in_thread(sessions.end_others, mine, here.address)
        else:
            one = fields.get("session", "")
            with suppress(NotFoundError):
                await desk.site.in_thread(sessions.end, mine, one, here.address)
        return Redirect(HERE, status_code=303)

    @post("/proof", media_type=MediaType.HTML)
    async def prove(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Prove anew who one is, and go on to what was asked for."""
        here = anybody(request, desk.site)
        pairs = await form(request)
        fields = dict(pairs)
        check_form(here, fields)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        return Redirect(onward(fields.get("next", "")), status_code=303)


def _page(desk: Desk, here: Visit) -> Response[str]:
    values: dict[str, object] = {
        "here": "account",
        "sessions": desk.site.people.sessions.of(here.session),
    }
    return desk.page("account.html", here, values)
