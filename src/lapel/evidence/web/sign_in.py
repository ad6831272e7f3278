"""Signing in and out, and the one-time link that sets a password."""

from typing import Any, Final
from urllib.parse import quote

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from lapel.base.errors import NotFoundError, RefusedError
from lapel.base.permissions import Permission
from lapel.evidence.api.errors import note
from lapel.evidence.people import rules, webauthn
from lapel.evidence.people.model import (
    Credentials,
    Purpose,
    SecondNeededError,
    Ticket,
)
from lapel.evidence.people.passkeys import SIGN_IN
from lapel.evidence.server import Server
from lapel.evidence.site import Site
from lapel.evidence.web import asking
from lapel.evidence.web.shell import Hall
from lapel.evidence.web.visit import (
    AnyRequest,
    Visit,
    address_of,
    check_origin,
    form,
    onward,
    own_form,
    remember,
    remembered,
    session_of,
    signed_in,
    signed_out,
    site_here,
)

NAME_MOST: Final = 100


class SignIn(Controller):
    """Pages that are open to everybody."""

    tags = ("pages",)

    @get("/", sync_to_thread=True)
    def root(self, request: AnyRequest, server: NamedDependency[Server]) -> Redirect:
        """Go where there is something to do."""
        site = site_here(request, server)
        known = site is not None and session_of(request, site) is not None
        return Redirect("/recordings" if known else "/sign-in", status_code=303)

    @get("/sign-in", media_type=MediaType.HTML, sync_to_thread=True)
    def form(self, request: AnyRequest, hall: NamedDependency[Hall]) -> Response[str]:
        """Show the form."""
        target, asked = str(request.query_params.get("next", "")), remembered(request)
        site = hall.server.only or hall.server.named(asked)
        known: dict[str, object] = {"next": target, "asked": asked}
        return _form(request, hall, {**known, **_entry(request, site)})

    @get("/sign-in/passkey.json", media_type=MediaType.JSON, sync_to_thread=True)
    def to_sign(
        self, request: AnyRequest, hall: NamedDependency[Hall]
    ) -> webauthn.Asked:
        """Say what a browser is to sign, with whichever passkey its user takes."""
        door, now = asking.door_of(request, hall.challenges), hall.server.clock.utc_ms()
        challenge = hall.challenges.give(SIGN_IN, now)
        return webauthn.to_sign(door.origin, challenge, [])

    @post("/sign-in/passkey", media_type=MediaType.HTML)
    async def passkey(
        self, request: AnyRequest, hall: NamedDependency[Hall]
    ) -> Response[Any]:
        """Sign in by a passkey, which says itself whose it is and at which agency."""
        check_origin(request)
        fields = dict(await form(request))
        target = fields.get("next", "")
        try:
            text = fields.get(asking.FIELD, "")
            shown = asking.shown(request, hall.challenges, text, SIGN_IN)
            site = hall.server.site(shown.answer.handle.tenant)
            if site is None:
                raise RefusedError("passkey", "this passkey is of no agency here")
            entry = _entry(request, site)
            if entry["outside"]:
                return _form(request, hall, {"next": target, **entry}, 403)
            ticket = await site.in_thread(site.people.by_passkey, shown)
        except RefusedError as error:
            told: dict[str, object] = {
                "next": target,
                "asked": remembered(request),
                "passkey_fault": error.reason,
                "reference": note(error, request.url.path, hall.server.entropy),
            }
            return _form(request, hall, told, 401)
        answer = signed_in(request, ticket, onward(target))
        if hall.server.only is None:
            answer.cookies.append(remember(request, site.tenant.name))
        return answer

    @post("/sign-in", media_type=MediaType.HTML)
    async def enter(
        self, request: AnyRequest, hall: NamedDependency[Hall]
    ) -> Response[Any]:
        """Sign in by name and password; by the agency's too where there are several."""
        check_origin(request)
        fields = dict(await form(request))
        agency = fields.get("agency", "")[:NAME_MOST]
        site = hall.server.only or hall.server.named(agency)
        typed = Credentials(
            fields.get("name", ""), fields.get("password", ""), address_of(request)
        )
        known: dict[str, object] = {
            "next": fields.get("next", ""),
            "name": typed.name[:64],
            "asked": agency,
            **_entry(request, site),
        }
        if site is None:
            return _form(request, hall, {**known, "nowhere": True}, 401)
        if known["outside"]:
            return _form(request, hall, known, 403)
        try:
            ticket = await site.in_thread(site.people.sign_in, typed)
        except SecondNeededError as error:
            asked_for: dict[str, object] = {
                "secret": error.secret,
                "next": known["next"],
                "app": error.app,
            }
            return _code_page(request, hall, site, asked_for)
        except RefusedError as error:
            shown: dict[str, object] = {
                **known,
                "left": str(error) if error.reason == "wrong" else "",
                "rests": error.reason == "rests",
                "reference": note(error, request.url.path, hall.server.entropy),
            }
            if error.reason == "wrong":
                return _form(request, hall, shown, 401)
            answer = _form(request, hall, shown, 429)
            answer.headers["Retry-After"] = str(rules.REST_MS // 1000)
            return answer
        answer = signed_in(request, ticket, onward(fields.get("next", "")))
        if hall.server.only is None:
            answer.cookies.append(remember(request, site.tenant.name))
        return answer

    @post("/sign-in/code", media_type=MediaType.HTML)
    async def code(
        self, request: AnyRequest, hall: NamedDependency[Hall]
    ) -> Response[Any]:
        """Give the second factor: a code of the app, or a recovery code."""
        check_origin(request)
        fields = dict(await form(request))
        secret, target = fields.get("secret", ""), fields.get("next", "")
        site, address = hall.server.of_secret(secret), address_of(request)
        if site is None or not site.people.entry.allows(address):
            return Redirect("/sign-in", status_code=303)
        typed = fields.get("code", "")[:NAME_MOST]
        try:
            ticket = await site.in_thread(site.people.second, secret, typed, address)
        except NotFoundError:
            return Redirect("/sign-in", status_code=303)
        except RefusedError as error:
            shown: dict[str, object] = {
                "secret": secret,
                "next": target,
                "left": str(error) if error.reason == "wrong" else "",
                "rests": error.reason == "rests",
                "reference": note(error, request.url.path, hall.server.entropy),
            }
            status = 401 if error.reason == "wrong" else 429
            return _code_page(request, hall, site, shown, status)
        answer = signed_in(request, ticket, onward(target))
        if hall.server.only is None:
            answer.cookies.append(remember(request, site.tenant.name))
        return answer

    @post("/sign-out", media_type=MediaType.HTML)
    async def leave(
        self, request: AnyRequest, server: NamedDependency[Server]
    ) -> Response[Any]:
        """End the session at once."""
        check_origin(request)
        site = site_here(request, server)
        session = session_of(request, site) if site is not None else None
        if site is not None and session is not None:
            here = Visit(session, address_of(request))
            await own_form(request, here)
            site.people.sign_out(session, here.address)
        return signed_out(request)

    @get("/enrol/{secret:str}", media_type=MediaType.HTML, sync_to_thread=True)
    def link(
        self, request: AnyRequest, hall: NamedDependency[Hall], secret: FromPath[str]
    ) -> Response[str]:
        """Show what a one-time link is for; looking does not use it up."""
        entry = _entry(request, hall.server.of_secret(secret))
        return _link(hall, secret, entry)

    @post("/enrol/{secret:str}", media_type=MediaType.HTML)
    async def use(
        self, request: AnyRequest, hall: NamedDependency[Hall], secret: FromPath[str]
    ) -> Response[Any]:
        """Use a one-time link: set the password, or sign in."""
        check_origin(request)
        site, address = hall.server.of_secret(secret), address_of(request)
        fields = dict(await form(request))
        if site is None:
            return _link(hall, secret, {})
        entry = _entry(request, site)
        if entry["outside"]:
            return _link(hall, secret, entry, 403)
        people = site.people
        try:
            person, purpose = people.peek(secret)
            if purpose is Purpose.SIGN_IN:
                ticket = await site.in_thread(people.enter, secret, address)
                return signed_in(request, ticket, "/recordings")
            password = fields.get("password", "")
            fault = rules.password_fault(password, person.name, fields.get("again", ""))
            if fault is not None:
                return _link(hall, secret, {**entry, "fault": fault}, 422)
            ticket = await site.in_thread(people.enrol, secret, password, address)
        except NotFoundError:
            return _link(hall, secret, {})
        return signed_in(request, ticket, _first_page(site, ticket))


def _first_page(site: Site, ticket: Ticket) -> str:
    """Give where somebody new begins: who sets an agency up, with the first steps."""
    sets_up = ticket.session.person.may(Permission.EDIT_DEVICES)
    return "/begin" if sets_up and not site.devices.everything() else "/recordings"


def _form(
    request: AnyRequest, hall: Hall, values: dict[str, object], status: int = 200
) -> Response[str]:
    only = hall.server.only
    shown: dict[str, object] = {
        "agency": only.tenant.name if only is not None else "",
        "asked": "",
        "nowhere": False,
        "name": "",
        "left": "",
        "rests": False,
        "reference": "",
        "minutes": rules.REST_MS // 60_000,
        "banner": "",
        "outside": False,
        "passkey_fault": "",
        "provider": "",
        "can_ask": asking.can_ask(request, hall.challenges),
        **values,
    }
    return hall.pages.answer("sign-in.html", shown, status)


def _code_page(
    request: AnyRequest,
    hall: Hall,
    site: Site,
    more: dict[str, object],
    status: int = 200,
) -> Response[str]:
    values: dict[str, object] = {
        "agency": site.tenant.name,
        "app": True,
        "can_ask": asking.can_ask(request, hall.challenges),
        "left": "",
        "rests": False,
        "reference": "",
        "minutes": rules.REST_MS // 60_000,
        **more,
    }
    return hall.pages.answer("code.html", values, status)


def _entry(request: AnyRequest, site: Site | None) -> dict[str, object]:
    """Say what holds for signing in, where it is known at which agency."""
    if site is None:
        return {"outside": False}
    held, address = site.people.entry.rules(), address_of(request)
    outside = not rules.is_within(held.networks, address)
    given = site.federation.given()
    return {
        "banner": held.banner,
        "outside": outside,
        "address": address,
        "provider": given.name if given and not outside else "",
    }


def _link(
    hall: Hall, secret: str, values: dict[str, object], status: int = 200
) -> Response[str]:
    site = hall.server.of_secret(secret)
    shown: dict[str, object] = {
        "agency": site.tenant.name if site is not None else "",
        "secret": quote(secret, safe=""),
        "fault": "",
        "person": None,
        "purpose": "",
        "least": rules.PASSWORD_LEAST,
        "banner": "",
        "outside": False,
        **values,
    }
    if site is None:
        return hall.pages.answer("link-used.html", shown, 404)
    try:
        person, purpose = site.people.peek(secret)
        shown |= {"person": person, "purpose": str(purpose)}
    except NotFoundError:
        return hall.pages.answer("link-used.html", shown, 404)
    return hall.pages.answer("enrol.html", shown, status)
