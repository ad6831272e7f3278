"""Grants for apps: what an app asks, and the door for those that bring a code."""

import base64
from typing import Any, Final

import msgspec
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from lapel.base.errors import RefusedError
from lapel.base.permissions import Permission
from lapel.evidence.api.finding import bearer
from lapel.evidence.apps import rules
from lapel.evidence.apps.model import Granted
from lapel.evidence.custody.model import Who
from lapel.evidence.devices.model import Kind
from lapel.evidence.people.service import actor_of
from lapel.evidence.site import Site

BODY_MOST: Final = 4096
BY_CODE: Final[list[dict[str, list[str]]]] = [{"code": []}]
"""What the description of a route says of who may take it."""


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An app's link key (base64url of the 65-byte point), role 2, and its UUID."""

    key: str
    role: int
    instance: str


class KnownCamera(msgspec.Struct, frozen=True):
    """A camera that this user may pair."""

    serial: str
    model: str
    wearer: str


class Given(msgspec.Struct, frozen=True):
    """The grant (COSE, base64url), by what to judge cameras, and until when."""

    grant: str
    grant_key: str
    tenant: str
    cameras: tuple[KnownCamera, ...]
    zone: str
    not_after: int


class Apps(Controller):
    """The route for apps that bring a one-time code."""

    path = "/api/v1/app"
    tags = ("apps",)
    security = BY_CODE

    @post(
        "/grant", status_code=200, request_max_body_size=BODY_MOST, sync_to_thread=True
    )
    def grant(
        self,
        request: Request[Any, Any, Any],
        site: NamedDependency[Site],
        data: JSONBody[Ask],
    ) -> Given:
        """Give an app a grant for its link key; it lasts 30 days."""
        return by_code(request, site, data)


def by_code(request: Request[Any, Any, Any], site: Site, data: Ask) -> Given:
    """Give a grant for a one-time code; raises RefusedError `token` without one."""
    code = bearer(request)
    if code is None:
        raise RefusedError("token", "bring a one-time code, or sign in first")
    address = request.client.host if request.client else "unknown"

    def who(person: str) -> Who:
        found = site.people.find(person)
        if found is None or not found.may(Permission.VIEW):
            raise RefusedError("code", "whoever made this code may not use View")
        return Who(actor_of(found), found.shown, str(found.role), address)

    asked = rules.wanted(data.key, data.role, data.instance)
    return given(site, site.apps.grant_by_code(asked, code, who))


def given(site: Site, granted: Granted) -> Given:
    """Put the answer together; the cameras are those that its person has now."""
    cameras = tuple(
        KnownCamera(one.serial, one.model, one.wearer)
        for one in site.devices.everything()
        if one.kind is Kind.CAMERA
        and one.serves
        and one.holder is not None
        and one.holder.person == granted.person
    )
    return Given(
        grant=_base64url(granted.grant),
        grant_key=_base64url(site.keys.grant.public.point),
        tenant=site.tenant.id,
        cameras=cameras,
        zone=site.tenant.zone,
        not_after=granted.not_after_ms,
    )


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
