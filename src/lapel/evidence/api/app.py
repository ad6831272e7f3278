"""The device door as one application: TLS 1.3 in front, JSON and octets behind."""

from typing import Any

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from lapel.base.errors import RefusedError
from lapel.evidence.api.apps import Apps
from lapel.evidence.api.cameras import Cameras
from lapel.evidence.api.errors import as_json
from lapel.evidence.api.finding import site_of
from lapel.evidence.api.log import Log, extends
from lapel.evidence.api.machines import Machines
from lapel.evidence.api.tus import BASE, Uploads, offers
from lapel.evidence.server import Server
from lapel.evidence.site import Site

BODY_MOST = 1 << 20


def described(server: Server) -> dict[str, Any]:
    """Describe the routes of this door in OpenAPI; it serves none of that itself."""
    scheme = SecurityScheme(type="http", scheme="bearer")
    code = SecurityScheme(type="http", scheme="bearer")
    parts = Components(security_schemes={"device": scheme, "code": code})
    config = OpenAPIConfig("Lapel Evidence", "1", components=parts)
    return build(server, config).openapi_schema.to_schema()


def build(server: Server, description: OpenAPIConfig | None = None) -> Litestar:
    """Make the application of the device door."""

    def failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        answer = as_json(error, request.url.path, server.entropy)
        if request.url.path.startswith("/device/uploads"):
            answer.headers.update(BASE)
            if isinstance(error, HTTPException) and error.headers:
                answer.headers.update(error.headers)
        return answer

    def the_server() -> Server:
        return server

    def the_site(request: Request[Any, Any, Any]) -> Site:
        site = site_of(request, server)
        if site is None:
            raise RefusedError("token", "sign in first: POST /device/token")
        return site

    return Litestar(
        route_handlers=[Machines, Cameras, Uploads, Log, Apps, extends],
        dependencies={
            "server": Provide(the_server, sync_to_thread=False),
            "site": Provide(the_site, sync_to_thread=False),
        },
        exception_handlers={Exception: failed},
        before_request=offers,
        request_max_body_size=BODY_MOST,
        openapi_config=description,
        logging_config=None,
    )
