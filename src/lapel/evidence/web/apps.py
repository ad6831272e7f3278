"""View's side of the pages' door: who is signed in, grants, and apps taken back."""

from typing import Any, Final

import msgspec
from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect

from lapel.base.errors import NotFoundError, RefusedError
from lapel.base.permissions import Permission
from lapel.crypto.digest import same
from lapel.evidence import start
from lapel.evidence.api.apps import (
    BODY_MOST,
    BY_CODE,
    Ask,
    Given,
    by_code,
    given,
)
from lapel.evidence.api.finding import bearer
from lapel.evidence.apps import rules
from lapel.evidence.server import Server
from lapel.evidence.site import Site
from lapel.evidence.tenants import door
from lapel.evidence.web.devices import devices_page
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    check_origin,
    own_form,
    session_of,
    site_here,
    visit,
)
from lapel.wire.machine_code import MachineCode

FORM: Final = "x-lapel-form"
"""Header that carries the session's secret, as the field `csrf` does in forms."""


class Around(msgspec.Struct, frozen=True):
    """Where the app is, and who is signed in: nobody, or who may use View."""

    agency: str
    person: str | None
    form: str | None
    may_use: bool


class AppDoor(Controller):
    """Routes that View calls."""

    path = "/api/v1/app"
    tags = ("apps",)

    @get("/session", sync_to_thread=True)
    def session(self, request: AnyRequest, server: NamedDependency[Server]) -> Around:
        """Tell who is signed in, and the secret that an act must bring along."""
        site = site_here(request, server)
        if site is None:
            return Around("", None, None, may_use=False)
        found = session_of(request, site)
        if found is None:
            return Around(site.tenant.name, None, None, may_use=False)
        allowed = found.person.may(Permission.VIEW)
        return Around(site.tenant.name, found.person.shown, found.csrf, allowed)

    @post(
        "/grant",
        status_code=200,
        request_max_body_size=BODY_MOST,
        sync_to_thread=True,
        security=[*SIGNED_IN, *BY_CODE],
    )
    def grant(
        self, request: AnyRequest, site: NamedDependency[Site], data: JSONBody[Ask]
    ) -> Given:
        """Give an app a grant for its link key; it lasts 30 days.

        The caller brings a one-time code, or is signed in: then the request comes from
        a page of ours and bears the session's secret in `X-Lapel-Form`.
        """
        if bearer(request) is not None:
            return by_code(request, site, data)
        here = visit(request, site, Permission.VIEW)
        check_origin(request)
        told = request.headers.get(FORM, "")
        if not same(told.encode(), here.session.csrf.encode()):
            raise RefusedError("form", "this page is from another session; reload it")
        asked = rules.wanted(data.key, data.role, data.instance)
        return given(site, site.apps.grant(asked, here.who(), here.session.person.id))


class AppPages(Controller):
    """What the Devices page does with apps."""

    path = "/devices/apps"
    tags = ("pages",)
    security = SIGNED_IN

    @post("/code", media_type=MediaType.HTML)
    async def code(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Show a one-time code for View on a computer, once."""
        here = visit(request, desk.site, Permission.VIEW)
        await own_form(request, here)
        person = here.session.person.id
        apps = desk.site.apps
        secret = await desk.site.in_thread(apps.make_code, here.who(), person)
        url = start.running(desk.site.ground.folder).device_url
        ca = door.authority(desk.site.ground.folder.door).fingerprint
        shown = MachineCode("view", url, ca, secret).encode()
        return devices_page(desk, here, shown)

    @post("/{instance:str}", media_type=MediaType.HTML)
    async def revoke(
        self, request: AnyRequest, desk: NamedDependency[Desk], instance: FromPath[str]
    ) -> Response[Any]:
        """Give an app no grant any more."""
        here = visit(request, desk.site, Permission.EDIT_DEVICES)
        fields = dict(await own_form(request, here))
        if fields.get("sure"):
            await desk.site.in_thread(desk.site.apps.revoke, instance, here.who())
        elif all(one.instance != instance for one in desk.site.apps.everything()):
            raise NotFoundError("there is no such app")
        return Redirect("/devices", status_code=303)
