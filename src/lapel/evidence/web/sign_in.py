"""Signing in and out, and the one-time link that sets a password."""

from typing import Any
from urllib.parse import quote

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from lapel.base.errors import NotFoundError, RefusedError
from lapel.evidence.api.errors import note
from lapel.evidence.people import rules
from lapel.evidence.people.model import Credentials, Purpose
from lapel.evidence.site import Site
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    AnyRequest,
    Visit,
    address_of,
    check_form,
    check_origin,
    form,
    onward,
    session_of,
    signed_in,
    signed_out,
)


class SignIn(Controller):
    """Pages that are open to everybody."""

    tags = ("pages",)

    @get("/", sync_to_thread=True)
    def root(self, request: AnyRequest, site: NamedDependency[Site]) -> Redirect:
        """Go where there is something to do."""
        known = session_of(request, site) is not None
        return Redirect("/recordings" if known else "/sign-in", status_code=303)

    @get("/sign-in", media_type=MediaType.HTML, sync_to_thread=True)
    def form(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show the form."""
        target = str(request.query_params.get("next", ""))
        return _form(desk, {"next": target})

    @post("/sign-in", media_type=MediaType.HTML)
    async def enter(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Sign in by name and password."""
        check_origin(request)
        fields = dict(await form(request))
        typed = Credentials(
            fields.get("name", ""), fields.get("password", ""), address_of(request)
        )
        try:
            ticket = await desk.site.in_thread(desk.site.people.sign_in, typed)
        except RefusedError as error:
            shown: dict[str, object] = {
                "next": fields.get("next", ""),
                "name": typed.name[:64],
                "left": str(error) if error.reason == "wrong" else "",
                "rests": error.reason == "rests",
                "reference": note(error, request.url.path, desk.site.ground.entropy),
            }
            if error.reason == "wrong":
                return _form(desk, shown, 401)
            answer = _form(desk, shown, 429)
            answer.headers["Retry-After"] = str(rules.REST_MS // 1000)
            return answer
        return signed_in(request, ticket, onward(fields.get("next", "")))

    @post("/sign-out", media_type=MediaType.HTML)
    async def leave(
        self, request: AnyRequest, site: NamedDependency[Site]
    ) -> Response[Any]:
        """End the session at once."""
        check_origin(request)
        session = session_of(request, site)
        if session is not None:
            here = Visit(session, address_of(request))
            check_form(here, dict(await form(request)))
            site.people.sign_out(session, here.address)
        return signed_out(request)

    @get("/enrol/{secret:str}", media_type=MediaType.HTML, sync_to_thread=True)
    def link(self, desk: NamedDependency[Desk], secret: FromPath[str]) -> Response[str]:
        """Show what a one-time link is for; looking does not use it up."""
        return _link(desk, secret, {})

    @post("/enrol/{secret:str}", media_type=MediaType.HTML)
    async def use(
        self, request: AnyRequest, desk: NamedDependency[Desk], secret: FromPath[str]
    ) -> Response[Any]:
        """Use a one-time link: set the password, or sign in."""
        check_origin(request)
        people, address = desk.site.people, address_of(request)
        fields = dict(await form(request))
        try:
            person, purpose = people.peek(secret)
            if purpose is Purpose.SIGN_IN:
                ticket = await desk.site.in_thread(people.enter, secret, address)
                return signed_in(request, ticket, "/recordings")
            password = fields.get("password", "")
            fault = rules.password_fault(password, person.name, fields.get("again", ""))
            if fault is not None:
                return _link(desk, secret, {"fault": fault}, 422)
            ticket = await desk.site.in_thread(people.enrol, secret, password, address)
        except NotFoundError:
            return _link(desk, secret, {})
        return signed_in(request, ticket, "/recordings")


def _form(desk: Desk, values: dict[str, object], status: int = 200) -> Response[str]:
    shown: dict[str, object] = {
        "agency": desk.site.tenant.name,
        "name": "",
        "left": "",
        "rests": False,
        "reference": "",
        "minutes": rules.REST_MS // 60_000,
        **values,
    }
    return desk.pages.answer("sign-in.html", shown, status)


def _link(
    desk: Desk, secret: str, values: dict[str, object], status: int = 200
) -> Response[str]:
    shown: dict[str, object] = {
        "agency": desk.site.tenant.name,
        "secret": quote(secret, safe=""),
        "fault": "",
        "person": None,
        "purpose": "",
        "least": rules.PASSWORD_LEAST,
        **values,
    }
    try:
        person, purpose = desk.site.people.peek(secret)
        shown |= {"person": person, "purpose": str(purpose)}
    except NotFoundError:
        return desk.pages.answer("link-used.html", shown, 404)
    return desk.pages.answer("enrol.html", shown, status)
