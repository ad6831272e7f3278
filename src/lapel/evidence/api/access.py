"""Who calls the device door: the token behind `Authorization: Bearer`."""

from typing import Any, Final

from litestar import Request

from lapel.base.errors import RefusedError
from lapel.evidence.api.finding import bearer
from lapel.evidence.devices.model import Caller
from lapel.evidence.site import Site

BY_TOKEN: Final[list[dict[str, list[str]]]] = [{"device": []}]
"""What the description of a route says of who may take it."""


def caller_of(request: Request[Any, Any, Any], site: Site) -> Caller:
    """Give the device that signed in; raises RefusedError `token`."""
    secret = bearer(request)
    found = site.devices.caller(secret) if secret else None
    if found is None:
        raise RefusedError("token", "sign in first: POST /device/token")
    return found
