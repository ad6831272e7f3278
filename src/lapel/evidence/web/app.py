"""The pages as one application, for loopback or behind a proxy."""

from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import (
    create_static_files_router,  # pyright: ignore[reportUnknownVariableType]
)

from lapel.base.errors import LapelError, RefusedError
from lapel.evidence.api import app as device_door
from lapel.evidence.api.errors import as_json, note, status_of, words_of
from lapel.evidence.api.log import Log
from lapel.evidence.site import Site
from lapel.evidence.web import words
from lapel.evidence.web.apps import AppDoor, AppPages
from lapel.evidence.web.log import LogPages, OtherPages
from lapel.evidence.web.media import Media
from lapel.evidence.web.mounted import mounted
from lapel.evidence.web.people import PeoplePages
from lapel.evidence.web.recording import RecordingPage
from lapel.evidence.web.recordings import Recordings
from lapel.evidence.web.render import HERE, Pages
from lapel.evidence.web.roles import GroupPages, RolePages
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.sign_in import SignIn
from lapel.evidence.web.visit import (
    AnyRequest,
    Front,
    SignInNeededError,
    cookie_name,
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
    site: Site,
    front: Front,
    catalogue: words.Catalogue | None = None,
    description: OpenAPIConfig | None = None,
) -> Litestar:
    """Make the application of the pages; `front` is where it will be served."""
    catalogue = catalogue or words.catalogue()
    desk = Desk(site, Pages.load(catalogue), catalogue)

    def failed(request: AnyRequest, error: Exception) -> Response[Any]:
        return _failed(desk, request, error)

    def before(request: AnyRequest) -> Response[Any] | None:
        return _wrong_host(request, front)

    def after(response: Response[Any]) -> Response[Any]:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def the_site() -> Site:
        return site

    def the_desk() -> Desk:
        return desk

    return Litestar(
        route_handlers=[
            SignIn,
            Recordings,
            RecordingPage,
            Media,
            LogPages,
            OtherPages,
            Log,
            AppDoor,
            AppPages,
            PeoplePages,
            RolePages,
            GroupPages,
            alive,
            openapi,
            _static(HERE / "static"),
            *([mounted("/view", front.view)] if front.view else []),
        ],
        state=State({"front": front}),
        dependencies={
            "site": Provide(the_site, sync_to_thread=False),
            "desk": Provide(the_desk, sync_to_thread=False),
        },
        exception_handlers={Exception: failed},
        before_request=before,
        after_request=after,
        request_max_body_size=1 << 20,
        openapi_config=description,
        logging_config=None,
    )


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


@get("/openapi.json", media_type=MediaType.JSON, sync_to_thread=True)
def openapi(request: AnyRequest, site: NamedDependency[Site]) -> Response[bytes]:
    """Describe every route of both doors."""
    kept = request.app.state
    if "document" not in kept:
        kept.document = msgspec.json.encode(described(site, kept.front))
    return Response(kept.document, media_type=MediaType.JSON)


def described(site: Site, front: Front) -> dict[str, Any]:
    """Put the descriptions of both doors together."""
    scheme = SecurityScheme(
        type="apiKey", name=cookie_name(front.port), security_scheme_in="cookie"
    )
    parts = Components(security_schemes={"session": scheme})
    config = OpenAPIConfig("Lapel Evidence", "1", components=parts)
    ours = build(site, front, description=config).openapi_schema.to_schema()
    devices = device_door.described(site)
    ours["paths"] = dict(sorted({**devices["paths"], **ours["paths"]}.items()))
    for name, part in devices["components"].items():
        ours["components"].setdefault(name, {}).update(part)
    return ours


def _wrong_host(request: AnyRequest, front: Front) -> Response[Any] | None:
    """Refuse other names for this server: a page elsewhere may not point here."""
    if request.headers.get("host", "") in front.hosts:
        return None
    return Response("another host", status_code=421, media_type=MediaType.TEXT)


NOT_FOUND: Final = 404
_KNOWN: Final = {400, 403, 404, 405, 409, 413, 416, 429, 500, 503, 507}


def _failed(desk: Desk, request: AnyRequest, error: Exception) -> Response[Any]:
    """Answer an error as a page, or as JSON where JSON was asked for."""
    if isinstance(error, SignInNeededError):
        if request.method == "GET" and not _for_programs(request):
            return _headed(to_sign_in(request))
        error = RefusedError("token", "sign in first")
    if _for_programs(request):
        return _headed(as_json(error, request.url.path, desk.site.ground.entropy))
    reference = note(error, request.url.path, desk.site.ground.entropy)
    status = status_of(error)
    shown = status if status in _KNOWN else 500
    values: dict[str, object] = {
        "agency": desk.site.tenant.name,
        "status": shown,
        "reference": reference,
        "detail": words_of(error) if _tells(error, status) else "",
    }
    answer = desk.pages.answer("error.html", values, status)
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    if status in {429, 503}:
        answer.headers["Retry-After"] = "5"
    return _headed(answer)


def _for_programs(request: AnyRequest) -> bool:
    """Whether an address answers programs, in JSON, and not people."""
    path = request.url.path
    return path.endswith(".json") or path.startswith(("/log/", "/api/"))


def _tells(error: Exception, status: int) -> bool:
    """Whether a page says more: never what would tell hidden things from absent."""
    return isinstance(error, LapelError) and status != NOT_FOUND


def _headed(response: Response[Any]) -> Response[Any]:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
