"""Pages of roles and groups."""

from typing import Any

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from lapel.base.errors import ConflictError, RefusedError
from lapel.base.permissions import NEEDS, Permission
from lapel.evidence.people import rules
from lapel.evidence.people.model import BUILT_IN, Group, Role
from lapel.evidence.web import proof, words
from lapel.evidence.web.people import fault_of, ticked
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    own_form,
    visit,
)

NEW = "new"
"""In an address: the role or group that is not there yet."""


class RolePages(Controller):
    """Routes of roles."""

    path = "/roles"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def listed(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show every role and what it allows."""
        here = visit(request, desk.site, Permission.PEOPLE)
        values: dict[str, object] = {
            "here": "people",
            "roles": desk.site.people.roles.everything(),
            "built_in": BUILT_IN,
            "said": words.permissions(desk.words),
        }
        return desk.page("roles.html", here, values)

    @get("/{role:str}", media_type=MediaType.HTML, sync_to_thread=True)
    def page(
        self, request: AnyRequest, desk: NamedDependency[Desk], role: FromPath[str]
    ) -> Response[str]:
        """Show one role, or the form of a new one."""
        here = visit(request, desk.site, Permission.ROLES)
        found = None if role == NEW else desk.site.people.roles.one(role)
        return _role_page(desk, here, found, {})

    @post("/{role:str}", media_type=MediaType.HTML)
    async def keep(
        self, request: AnyRequest, desk: NamedDependency[Desk], role: FromPath[str]
    ) -> Response[Any]:
        """Make a role, change it, or remove it."""
        here = visit(request, desk.site, Permission.ROLES)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        roles, author = desk.site.people.roles, here.author()
        found = None if role == NEW else roles.one(role)
        known = {str(one): one for one in Permission}
        wanted = frozenset(
            known[one] for one in ticked(pairs, "permission") if one in known
        )
        asked = None if found is None else found.id, fields.get("name", ""), wanted
        try:
            if fields.get("act") == "remove" and found is not None:
                await desk.site.in_thread(roles.remove, found.id, author)
            else:
                await desk.site.in_thread(roles.keep, *asked, author)
        except (RefusedError, ConflictError) as error:
            more = {
                "name": asked[1],
                "ticked": wanted,
                **fault_of(request, desk, error),
            }
            return _role_page(desk, here, found, more, 409)
        return Redirect("/roles", status_code=303)


class GroupPages(Controller):
    """Routes of groups."""

    path = "/groups"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def listed(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show every group and who is in it."""
        here = visit(request, desk.site, Permission.PEOPLE)
        everybody = desk.site.people.staff.everybody()
        values: dict[str, object] = {
            "here": "people",
            "groups": desk.site.people.groups.everything(),
            "names": {one.person.id: one.person.shown for one in everybody},
        }
        return desk.page("groups.html", here, values)

    @get("/{group:str}", media_type=MediaType.HTML, sync_to_thread=True)
    def page(
        self, request: AnyRequest, desk: NamedDependency[Desk], group: FromPath[str]
    ) -> Response[str]:
        """Show one group, or the form of a new one."""
        here = visit(request, desk.site, Permission.GROUPS)
        found = None if group == NEW else desk.site.people.groups.one(group)
        return _group_page(desk, here, found, {})

    @post("/{group:str}", media_type=MediaType.HTML)
    async def keep(
        self, request: AnyRequest, desk: NamedDependency[Desk], group: FromPath[str]
    ) -> Response[Any]:
        """Make a group, change it, or remove it."""
        here = visit(request, desk.site, Permission.GROUPS)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        groups, author = desk.site.people.groups, here.author()
        found = None if group == NEW else groups.one(group)
        name, members = fields.get("name", ""), ticked(pairs, "person")
        try:
            if fields.get("act") == "remove" and found is not None:
                await desk.site.in_thread(groups.remove, found.id, author)
            else:
                known = None if found is None else found.id
                await desk.site.in_thread(groups.keep, known, name, members, author)
        except (RefusedError, ConflictError) as error:
            more = {"name": name, "members": members, **fault_of(request, desk, error)}
            return _group_page(desk, here, found, more, 409)
        return Redirect("/groups", status_code=303)


def _role_page(
    desk: Desk,
    here: Visit,
    role: Role | None,
    more: dict[str, object],
    status: int = 200,
) -> Response[str]:
    mine = here.session.person
    values: dict[str, object] = {
        "here": "people",
        "role": role,
        "fixed": role in BUILT_IN
        or (role is not None and not rules.can_give(mine, role)),
        "name": role.name if role else "",
        "ticked": role.permissions if role else frozenset(),
        "choice": [(one, mine.may(one)) for one in Permission],
        "said": words.permissions(desk.words),
        "needs": NEEDS,
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("role.html", here, values, status)


def _group_page(
    desk: Desk,
    here: Visit,
    group: Group | None,
    more: dict[str, object],
    status: int = 200,
) -> Response[str]:
    everybody = desk.site.people.staff.everybody()
    values: dict[str, object] = {
        "here": "people",
        "group": group,
        "name": group.name if group else "",
        "members": group.members if group else frozenset(),
        "everybody": everybody,
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("group.html", here, values, status)
