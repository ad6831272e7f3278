"""The pages as one application, for loopback or behind a proxy."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Redirect
from litestar.static_files import (
    create_static_files_router,  # pyright: ignore[reportUnknownVariableType]
)

from lapel.base.errors import LapelError, NotFoundError, RefusedError
from lapel.evidence.api import app as device_door
from lapel.evidence.api.description import complete, for_programs
from lapel.evidence.api.errors import as_json, note, status_of, words_of
from lapel.evidence.api.log import Log
from lapel.evidence.people.challenges import Challenges
from lapel.evidence.server import Server
from lapel.evidence.site import Site
from lapel.evidence.web import words
from lapel.evidence.web.account import AccountPages
from lapel.evidence.web.apps import AppDoor, AppPages
from lapel.evidence.web.begin import BeginPages
from lapel.evidence.web.clients import ClientPages
from lapel.evidence.web.device_groups import DeviceGroupPages
from lapel.evidence.web.devices import DevicePages
from lapel.evidence.web.entry import EntryPages
from lapel.evidence.web.exports import Exports
from lapel.evidence.web.fleet import FleetPages
from lapel.evidence.web.log import LogPages, OtherPages
from lapel.evidence.web.looking import ReasonNeededError
from lapel.evidence.web.media import Media
from lapel.evidence.web.mounted import mounted
from lapel.evidence.web.passkeys import PasskeyPages
from lapel.evidence.web.people import PeoplePages
from lapel.evidence.web.programs import Programs
from lapel.evidence.web.provider import OwnProvider, ProviderDoor, ProviderPages
from lapel.evidence.web.recording import RecordingPage
from lapel.evidence.web.recordings import Recordings
from lapel.evidence.web.render import HERE, Pages
from lapel.evidence.web.roles import GroupPages, RolePages
from lapel.evidence.web.settings import SettingsPages
from lapel.evidence.web.shell import Desk, Hall
from lapel.evidence.web.sign_in import SignIn
from lapel.evidence.web.visit import (
    AnyRequest,
    FactorNeededError,
    Front,
    SignInNeededError,
    cookie_name,
    front_of,
    site_here,
    to_sign_in,
)

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), bluetooth=()",
}


def build(
    server: Server,
    front: Front,
    catalogue: words.Catalogue | None = None,
    description: OpenAPIConfig | None = None,
) -> Litestar:
    """Make the application of the pages; `front` is where it will be served."""
    catalogue = catalogue or words.catalogue()
    challenges = Challenges(server.entropy)
    hall = Hall(server, Pages.load(catalogue), catalogue, challenges)

    def failed(request: AnyRequest, error: Exception) -> Response[Any]:
        return _failed(hall, request, error)

    def before(request: AnyRequest) -> Response[Any] | None:
        return _wrong_host(request, front)

    def after(response: Response[Any]) -> Response[Any]:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return Litestar(
        route_handlers=[
            SignIn,
            Recordings,
            RecordingPage,
            Media,
            LogPages,
            Exports,
            OtherPages,
            Log,
            AppDoor,
            AppPages,
            AccountPages,
            PasskeyPages,
            DevicePages,
            DeviceGroupPages,
            FleetPages,
            SettingsPages,
            BeginPages,
            EntryPages,
            ProviderDoor,
            OwnProvider,
            ProviderPages,
            ClientPages,
            Programs,
            PeoplePages,
            RolePages,
            GroupPages,
            alive,
            openapi,
            security,
            _static(HERE / "static"),
            *([mounted("/view", front.view)] if front.view else []),
        ],
        state=State({"front": front}),
        dependencies=_given(hall),
        exception_handlers={Exception: failed},
        before_request=before,
        after_request=after,
        request_max_body_size=1 << 20,
        openapi_config=description,
        logging_config=None,
    )


def _given(hall: Hall) -> dict[str, Provide]:
    """Say how handlers get what they ask for by name."""

    def the_hall() -> Hall:
        return hall

    def the_server() -> Server:
        return hall.server

    def the_site(request: AnyRequest) -> Site:
        site = site_here(request, hall.server)
        if site is None:
            raise SignInNeededError("sign in first")
        return site

    def the_desk(site: NamedDependency[Site]) -> Desk:
        return hall.desk(site)

    return {
        "hall": Provide(the_hall, sync_to_thread=False),
        "server": Provide(the_server, sync_to_thread=False),
        "site": Provide(the_site, sync_to_thread=False),
        "desk": Provide(the_desk, sync_to_thread=False),
    }


def _static(folder: Path) -> Router:
    return create_static_files_router(
        path="/static",
        directories=[folder],
        include_in_schema=False,
        cache_control=None,
    )


@get("/alive", status_code=204, sync_to_thread=False)
def alive() -> None:
    """Answer, so that a page knows that its server is there."""


@get("/.well-known/security.txt", media_type=MediaType.TEXT, sync_to_thread=False)
def security(request: AnyRequest, server: NamedDependency[Server]) -> str:
    """Say whom to tell of a weakness (RFC 9116); 404 where nobody was named."""
    front = front_of(request)
    if not front.contact:
        raise NotFoundError("this server names nobody to tell; ask the agency")
    until = datetime.fromtimestamp(server.clock.utc_ms() / 1000, UTC) + SECURITY
    lines = [f"Contact: {front.contact}", f"Expires: {until:%Y-%m-%dT00:00:00Z}"]
    if front.public:
        lines.append(f"Canonical: {front.public}/.well-known/security.txt")
    return "\n".join([*lines, "Preferred-Languages: en", ""])


@get("/openapi.json", media_type=MediaType.JSON, sync_to_thread=True)
def openapi(request: AnyRequest, server: NamedDependency[Server]) -> Response[Any]:
    """Describe every route of both doors."""
    kept = request.app.state
    if "document" not in kept:
        kept.document = msgspec.json.encode(described(server, kept.front))
    return Response(kept.document, media_type=MediaType.JSON)


def described(server: Server, front: Front) -> dict[str, Any]:
    """Put the descriptions of both doors together."""
    scheme = SecurityScheme(
        type="apiKey", name=cookie_name(front.port), security_scheme_in="cookie"
    )
    program = SecurityScheme(
        type="http", scheme="bearer", description="a program's secret"
    )
    parts = Components(security_schemes={"session": scheme, "program": program})
    config = OpenAPIConfig("Lapel Evidence", "1", components=parts)
    ours = build(server, front, description=config).openapi_schema.to_schema()
    devices = device_door.described(server)
    ours["paths"] = dict(sorted({**devices["paths"], **ours["paths"]}.items()))
    for name, part in devices["components"].items():
        ours["components"].setdefault(name, {}).update(part)
    return complete(ours)


def _wrong_host(request: AnyRequest, front: Front) -> Response[Any] | None:
    """Refuse other names for this server: a page elsewhere may not point here."""
    if request.headers.get("host", "") in front.hosts:
        return None
    return Response("another host", status_code=421, media_type=MediaType.TEXT)


SECURITY: Final = timedelta(days=180)
"""How long what security.txt says holds, from the day it is asked for."""
NOT_FOUND: Final = 404
_KNOWN: Final = {400, 403, 404, 405, 409, 413, 416, 429, 500, 503, 507}


def _elsewhere(request: AnyRequest, error: Exception) -> Response[Any] | None:
    """Lead to the page on which something is said or set up first."""
    if request.method != "GET":
        return None
    if isinstance(error, ReasonNeededError):
        return Redirect(error.asks, status_code=303)
    if isinstance(error, FactorNeededError) and not for_programs(request.url.path):
        return Redirect("/account", status_code=303)
    return None


def _failed(hall: Hall, request: AnyRequest, error: Exception) -> Response[Any]:
    """Answer an error as a page, or as JSON where JSON was asked for."""
    if isinstance(error, SignInNeededError):
        if request.method == "GET" and not for_programs(request.url.path):
            return _headed(to_sign_in(request))
        error = RefusedError("token", "sign in first")
    elsewhere = _elsewhere(request, error)
    if elsewhere is not None:
        return _headed(elsewhere)
    if for_programs(request.url.path):
        return _headed(as_json(error, request.url.path, hall.server.entropy))
    reference = note(error, request.url.path, hall.server.entropy)
    status = status_of(error)
    shown = status if status in _KNOWN else 500
    site = site_here(request, hall.server)
    values: dict[str, object] = {
        "agency": site.tenant.name if site is not None else "",
        "status": shown,
        "reference": reference,
        "detail": words_of(error) if _tells(error, status) else "",
    }
    answer = hall.pages.answer("error.html", values, status)
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    if status in {429, 503}:
        answer.headers["Retry-After"] = "5"
    return _headed(answer)


def _tells(error: Exception, status: int) -> bool:
    """Whether a page says more: never what would tell hidden things from absent."""
    return isinstance(error, LapelError) and status != NOT_FOUND


def _headed(response: Response[Any]) -> Response[Any]:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
