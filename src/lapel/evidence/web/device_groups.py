"""Pages of groups of devices."""

from typing import Any, Final

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from lapel.base.errors import ConflictError, RefusedError
from lapel.base.permissions import Permission
from lapel.evidence.devices.model import Group
from lapel.evidence.web.people import fault_of, ticked
from lapel.evidence.web.roles import NEW
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import SIGNED_IN, AnyRequest, Visit, own_form, visit

LISTED_MOST: Final = 1000
"""Devices that a group's page lists; those in the group come first."""


class DeviceGroupPages(Controller):
    """Routes of groups of devices."""

    path = "/devices/groups"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def listed(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show every group and what is in it."""
        here = visit(request, desk.site, Permission.DEVICES)
        everything = desk.site.devices.everything()
        values: dict[str, object] = {
            "here": "devices",
            "groups": desk.site.device_groups.everything(),
            "names": {one.serial: one.label or one.serial for one in everything},
        }
        return desk.page("device-groups.html", here, values)

    @get("/{group:str}", media_type=MediaType.HTML, sync_to_thread=True)
    def page(
        self, request: AnyRequest, desk: NamedDependency[Desk], group: FromPath[str]
    ) -> Response[str]:
        """Show one group, or the form of a new one."""
        here = visit(request, desk.site, Permission.EDIT_DEVICES)
        found = None if group == NEW else desk.site.device_groups.one(group)
        return _page(desk, here, found, {})

    @post("/{group:str}", media_type=MediaType.HTML)
    async def keep(
        self, request: AnyRequest, desk: NamedDependency[Desk], group: FromPath[str]
    ) -> Response[Any]:
        """Make a group, change it, or remove it."""
        here = visit(request, desk.site, Permission.EDIT_DEVICES)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        groups, who = desk.site.device_groups, here.who()
        found = None if group == NEW else groups.one(group)
        name, serials = fields.get("name", ""), ticked(pairs, "serial")
        try:
            if fields.get("act") == "remove" and found is not None:
                await desk.site.in_thread(groups.remove, found.id, who)
            else:
                known = None if found is None else found.id
                await desk.site.in_thread(groups.keep, known, name, serials, who)
        except (RefusedError, ConflictError) as error:
            more = {"name": name, "inside": serials, **fault_of(request, desk, error)}
            return _page(desk, here, found, more, 409)
        return Redirect("/devices/groups", status_code=303)


def _page(
    desk: Desk,
    here: Visit,
    group: Group | None,
    more: dict[str, object],
    status: int = 200,
) -> Response[str]:
    inside = group.serials if group else frozenset[str]()
    everything = desk.site.devices.everything()
    everything.sort(key=lambda one: (one.serial not in inside, one.kind, one.serial))
    values: dict[str, object] = {
        "here": "devices",
        "group": group,
        "name": group.name if group else "",
        "inside": inside,
        "everything": everything[:LISTED_MOST],
        "more_than": max(0, len(everything) - LISTED_MOST),
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("device-group.html", here, values, status)
