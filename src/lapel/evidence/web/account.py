"""The page of one's own account, open to everybody who is signed in."""

from contextlib import suppress
from typing import Any

import segno
from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from lapel.base.errors import NotFoundError, RefusedError
from lapel.evidence.api.errors import note
from lapel.evidence.people import rules
from lapel.evidence.people.model import NewPassword
from lapel.evidence.web import asking, proof
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    anybody,
    onward,
    own_form,
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
        done = str(request.query_params.get("done", "")) == "password"
        return page(request, desk, anybody(request, desk.site), {"done": done})

    @post("/", media_type=MediaType.HTML)
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Change one's own name, password, or how pages look."""
        here = anybody(request, desk.site)
        fields = dict(await own_form(request, here))
        own, mine = desk.site.people.own, here.session
        act, where = fields.get("act", ""), here.address
        try:
            if act == "name":
                shown = fields.get("shown", "")
                await desk.site.in_thread(own.rename, mine, shown, where)
            elif act == "theme":
                theme = fields.get("theme", "")
                await desk.site.in_thread(own.set_theme, mine, theme)
            elif act == "password":
                typed = (fields.get(one, "") for one in ("old", "new", "again"))
                new = NewPassword(*typed)
                await desk.site.in_thread(own.set_password, mine, new, where)
        except RefusedError as error:
            reference = note(error, request.url.path, desk.site.ground.entropy)
            shown_fault: dict[str, object] = {
                "fault": _fault(desk, error),
                "reference": reference,
            }
            status = 429 if _is_rest(error) else 409
            return page(request, desk, here, shown_fault, status)
        done = f"{HERE}?done=password" if act == "password" else HERE
        return Redirect(done, status_code=303)

    @post("/sessions", media_type=MediaType.HTML)
    async def end(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """End one session, or all but this one; both at once."""
        here = anybody(request, desk.site)
        fields = dict(await own_form(request, here))
        sessions, mine = desk.site.people.sessions, here.session
        if fields.get("act") == "others":
            await desk.site.in_thread(sessions.end_others, mine, here.address)
        else:
            one = fields.get("session", "")
            with suppress(NotFoundError):
                await desk.site.in_thread(sessions.end, mine, one, here.address)
        return Redirect(HERE, status_code=303)

    @post("/factor", media_type=MediaType.HTML)
    async def factor(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Take an app as second factor, renew recovery codes, or remove both."""
        here = anybody(request, desk.site)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        try:
            return await _factor(desk, here, fields)
        except RefusedError as error:
            reference = note(error, request.url.path, desk.site.ground.entropy)
            if error.reason != "code":
                return Redirect(HERE, status_code=303)
            return _offer_page(desk, here, reference)

    @post("/proof", media_type=MediaType.HTML)
    async def prove(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Prove anew who one is, and go on to what was asked for."""
        here = anybody(request, desk.site)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        return Redirect(onward(fields.get("next", "")), status_code=303)


async def _factor(desk: Desk, here: Visit, fields: dict[str, str]) -> Response[Any]:
    factors, mine = desk.site.people.factors, here.session
    act, where = fields.get("act", ""), here.address
    if act == "begin":
        await desk.site.in_thread(factors.begin, mine, desk.site.tenant.name)
        return _offer_page(desk, here)
    if act == "confirm":
        code = fields.get("code", "")
        made = await desk.site.in_thread(factors.confirm, mine, code, where)
        return desk.page("codes.html", here, {"codes": made})
    if act == "codes":
        made = await desk.site.in_thread(factors.renew, mine, where)
        return desk.page("codes.html", here, {"codes": made})
    if act == "remove" and fields.get("sure"):
        await desk.site.in_thread(factors.remove, mine, where)
    return Redirect(HERE, status_code=303)


def _offer_page(desk: Desk, here: Visit, reference: str = "") -> Response[str]:
    agency = desk.site.tenant.name
    offer = desk.site.people.factors.offered(here.session, agency)
    drawn = segno.make(offer.uri, micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff"
    )
    values: dict[str, object] = {
        "offer": offer,
        "picture": drawn,
        "fault": desk.words.gettext("This code does not fit. Wait for the next one.")
        if reference
        else "",
        "reference": reference,
    }
    return desk.page("factor.html", here, values, 409 if reference else 200)


def _is_rest(error: RefusedError) -> bool:
    """Tell whether an error says that the account rests after too many tries."""
    return error.reason == "rests"


def _fault(desk: Desk, error: RefusedError) -> str:
    _ = desk.words.gettext
    known = {
        "name": _("A name is missing, or too long."),
        "wrong": _("The old password does not fit. Failed tries count."),
        "rests": _("Too many tries did not work. This account rests for a while."),
        "password-short": _("Too short: take at least %(least)d characters.")
        % {"least": rules.PASSWORD_LEAST},
        "password-long": _("Too long: at most 256 characters."),
        "password-common": _(
            "This is among the first that anybody would try. Take several words that "
            "do not belong together."
        ),
        "password-name": _("It is little more than the account's name."),
        "password-differ": _("The two are not the same. Type both again."),
    }
    return known.get(error.reason, str(error))


def page(
    request: AnyRequest,
    desk: Desk,
    here: Visit,
    more: dict[str, object],
    status: int = 200,
) -> Response[str]:
    """Show one's own account; `more` says what went wrong, or what was done."""
    given = desk.site.federation.given()
    values: dict[str, object] = {
        "here": "account",
        "factors": desk.site.people.factors.of(here.session.person),
        "sessions": desk.site.people.sessions.of(here.session),
        "can_ask": asking.can_ask(request, desk.challenges),
        "lacks": desk.site.people.entry.lacks(here.session.person),
        "provider": given.name if given else "",
        "bound_ms": desk.site.federation.bound(here.session.person),
        "themes": rules.THEMES,
        "least": rules.PASSWORD_LEAST,
        "done": False,
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("account.html", here, values, status)
