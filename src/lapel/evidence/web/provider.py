"""Signing in at the agency's provider, binding an account to it, and setting it up."""

import secrets
from typing import Any, Final

from litestar import Controller, MediaType, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.response import Redirect

from lapel.base.errors import ConflictError, LapelError, NotFoundError, RefusedError
from lapel.base.permissions import Permission
from lapel.evidence.api.errors import note
from lapel.evidence.people.federation import Answer, Attempt, Given, Use
from lapel.evidence.site import Site
from lapel.evidence.web import proof
from lapel.evidence.web.shell import Desk, Hall
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    address_of,
    anybody,
    front_of,
    onward,
    own_form,
    remembered,
    session_of,
    signed_in,
    visit,
)

BACK: Final = "/sign-in/provider/done"
_MINUTES: Final = 10
_TYPED: Final = {"issuer": "", "client": "", "name": ""}


class ProviderDoor(Controller):
    """Routes by which a browser goes to the provider and comes back."""

    tags = ("pages",)

    @get("/sign-in/provider", media_type=MediaType.HTML, sync_to_thread=True)
    def begin(self, request: AnyRequest, hall: NamedDependency[Hall]) -> Redirect:
        """Send a browser to the provider of the agency that it names, to sign in."""
        server = hall.server
        site = server.only or server.named(remembered(request))
        if site is None:
            raise NotFoundError("this agency has no provider of sign-ins")
        target = onward(str(request.query_params.get("next", "")))
        return _begin(request, site, Use.SIGN_IN, target)

    @get(BACK, media_type=MediaType.HTML, sync_to_thread=True)
    def done(self, request: AnyRequest, hall: NamedDependency[Hall]) -> Response[Any]:
        """Take the provider's answer: sign in, bind an account, or prove who one is."""
        state = _text(request, "state")
        site = hall.server.of_secret(state)
        if site is None or not site.people.entry.allows(address_of(request)):
            return _refused(request, hall, "attempt")
        code = _text(request, "code")
        if not code:
            return _refused(request, hall, "refused")
        issuer = request.query_params.get("iss")
        answer = Answer(
            state,
            code,
            None if issuer is None else str(issuer),
            request.cookies.get(_cookie(request), ""),
            _origin(request) + BACK,
        )
        session, address = session_of(request, site), address_of(request)
        try:
            found = site.federation.finish(answer, session, address)
        except LapelError as error:
            return _refused(request, hall, _reason(error), error)
        if found.use is Use.SIGN_IN or session is None:
            ticket = site.people.enter_by(found.person, found.name, address)
            return signed_in(request, ticket, onward(found.target))
        if found.use is Use.PROVE:
            site.people.sessions.prove_by_provider(session, address)
        return Redirect(onward(found.target), status_code=303)


class OwnProvider(Controller):
    """Routes of one's own account at the provider."""

    path = "/account/provider"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def begin(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
        """Send the browser to the provider, to bind one's account or prove who one is.

        With `next`, proving comes back there.
        """
        here = anybody(request, desk.site)
        target = _text(request, "next")
        if target:
            return _begin(request, desk.site, Use.PROVE, onward(target), here)
        asked_first = proof.ask_before(request, desk, here)
        if asked_first is not None:
            return asked_first
        return _begin(request, desk.site, Use.BIND, "/account", here)

    @post("/", media_type=MediaType.HTML)
    async def unbind(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Let the provider open one's account no more."""
        here = anybody(request, desk.site)
        pairs = await own_form(request, here)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        person = here.session.person
        await desk.site.in_thread(desk.site.federation.unbind, person, here.address)
        return Redirect("/account", status_code=303)


class ProviderPages(Controller):
    """Routes that set the provider."""

    path = "/people/provider"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def page(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show the provider, if there is one."""
        return _page(request, desk, visit(request, desk.site, Permission.ENTRY), {})

    @post("/", media_type=MediaType.HTML)
    async def keep(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Set the provider, or let nobody in by it any more."""
        here = visit(request, desk.site, Permission.ENTRY)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        federation, author = desk.site.federation, here.author()
        if fields.get("act") == "remove":
            await desk.site.in_thread(federation.remove, author)
            return Redirect("/people/provider", status_code=303)
        typed = {key: fields.get(key, "") for key in _TYPED}
        new = Given(typed["issuer"], typed["client"], typed["name"])
        secret = fields.get("secret", "")
        try:
            await desk.site.in_thread(federation.keep, new, secret, author)
        except LapelError as error:
            more = {"typed": typed, **_fault(request, desk, error)}
            return _page(request, desk, here, more, 409)
        return Redirect("/people/provider", status_code=303)


def _begin(
    request: AnyRequest, site: Site, use: Use, target: str, here: Visit | None = None
) -> Redirect:
    if not site.people.entry.allows(address_of(request)):
        raise NotFoundError("signing in is not open to where this comes from")
    browser = secrets.token_urlsafe(24)
    redirect = _origin(request) + BACK
    person = here.session.person.id if here is not None else ""
    attempt = Attempt(use, browser, redirect, target, person)
    cookie = Cookie(
        key=_cookie(request),
        value=browser,
        path="/sign-in/provider",
        httponly=True,
        secure=redirect.startswith("https:"),
        samesite="lax",
        max_age=_MINUTES * 60,
    )
    where = site.federation.begin(attempt)
    return Redirect(where, status_code=303, cookies=[cookie])


def _origin(request: AnyRequest) -> str:
    """Give the origin that the browser sees; other names were refused before."""
    host = request.headers.get("host", "")
    over_tls = f"https://{host}"
    return over_tls if over_tls == front_of(request).public else f"http://{host}"


def _cookie(request: AnyRequest) -> str:
    return f"lapel_provider_{front_of(request).port}"


def _text(request: AnyRequest, name: str) -> str:
    return str(request.query_params.get(name, ""))[:2048]


def _reason(error: LapelError) -> str:
    if isinstance(error, RefusedError):
        return error.reason
    return "taken" if isinstance(error, ConflictError) else error.code


def _refused(
    request: AnyRequest, hall: Hall, reason: str, error: LapelError | None = None
) -> Response[str]:
    told = error or RefusedError(reason, "the provider let nobody in")
    _ = hall.words.gettext
    known = {
        "attempt": _("This took too long, or began in another window. Begin again."),
        "refused": _("The provider let nobody in. Begin again, or ask them."),
        "nobody": _(
            "No account here is bound to this user of the provider. Sign in as before, "
            "and bind it on the page of your account."
        ),
        "taken": _("This user of the provider opens another account here."),
        "unreachable": _(
            "The provider does not answer. Try again, or sign in as before."
        ),
    }
    words = known.get(reason) or _(
        "What the provider said does not hold. Nobody was let in; tell an "
        "administrator."
    )
    reference = note(told, request.url.path, hall.server.entropy)
    values: dict[str, object] = {"agency": "", "words": words, "reference": reference}
    answer = hall.pages.answer("provider-refused.html", values, 403)
    answer.cookies.append(
        Cookie(key=_cookie(request), value="", path="/sign-in/provider", max_age=0)
    )
    return answer


def _fault(request: AnyRequest, desk: Desk, error: LapelError) -> dict[str, object]:
    _ = desk.words.gettext
    known = {
        "name": _("A name is missing, or too long."),
        "client": _("What the provider knows this agency as is missing."),
        "secret": _("The secret is missing."),
        "issuer": _("A provider's address begins with https://."),
        "provider": _("What answers there is no such provider."),
        "unreachable": _("The provider does not answer. Look at the address."),
    }
    reference = note(error, request.url.path, desk.site.ground.entropy)
    return {"fault": known.get(_reason(error), str(error)), "reference": reference}


def _page(
    request: AnyRequest,
    desk: Desk,
    here: Visit,
    more: dict[str, object],
    status: int = 200,
) -> Response[str]:
    given = desk.site.federation.given()
    typed = (
        _TYPED
        if given is None
        else {
            "issuer": given.issuer,
            "client": given.client,
            "name": given.name,
        }
    )
    values: dict[str, object] = {
        "here": "people",
        "given": given,
        "typed": typed,
        "back": _origin(request) + BACK,
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("provider.html", here, values, status)
