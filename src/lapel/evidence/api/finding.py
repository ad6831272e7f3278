"""Which agency a request is for, before anything of it counts."""

from typing import Any

from litestar import Request

from lapel.evidence.server import Server
from lapel.evidence.site import Site


def site_of(
    request: Request[Any, Any, Any], server: Server, cookie: str = ""
) -> Site | None:
    """Give the agency that a request names, or the only one there is.

    A one-time link, what stands behind `Authorization: Bearer`, and a cookie begin with
    it; the first of these that is there counts.
    """
    link = str(request.path_params.get("secret", ""))
    for secret in (link, bearer(request) or "", cookie):
        if secret:
            return server.of_secret(secret)
    return server.only


def bearer(request: Request[Any, Any, Any]) -> str | None:
    """Give what stands behind `Authorization: Bearer`."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.casefold() == "bearer" else None
