"""Pages of people: who has an account, one account, and invitations."""

from collections.abc import Callable
from typing import Any, Final

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from lapel.base.errors import ConflictError, RefusedError
from lapel.base.permissions import Permission
from lapel.evidence.api.errors import note
from lapel.evidence.people import rules
from lapel.evidence.people.model import Invitation, Person
from lapel.evidence.web import acts, proof
from lapel.evidence.web.looking import veiled
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    front_of,
    own_form,
    visit,
)

SHOWN_ACTS: Final = 20
Fields = dict[str, str]
Act = Callable[[], object]


class PeoplePages(Controller):
    """Routes of accounts."""

    path = "/people"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def listed(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show everybody who has an account."""
        here = visit(request, desk.site, Permission.PEOPLE)
        everybody = desk.site.people.staff.everybody()
        values: dict[str, object] = {
            "here": "people",
            "everybody": everybody,
            "open_ones": sum(not one.person.closed for one in everybody),
            "lacking": sum(
                one.lacks is not None
                for one in everybody
                if one.person.has_password and not one.person.closed
            ),
        }
        return desk.page("people.html", here, values)

    @get("/invite", media_type=MediaType.HTML, sync_to_thread=True)
    def invitation(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[str]:
        """Show the form of an invitation."""
        here = visit(request, desk.site, Permission.EDIT_PEOPLE)
        return _invite_page(desk, here, {})

    @post("/invite", media_type=MediaType.HTML)
    async def invite(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Make an account, and show its one-time link once."""
        here = visit(request, desk.site, Permission.EDIT_PEOPLE)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        wanted = Invitation(
            fields.get("name", ""),
            fields.get("shown", ""),
            ticked(pairs, "role"),
            ticked(pairs, "group"),
        )
        staff = desk.site.people.staff
        try:
            made = await desk.site.in_thread(staff.invite, wanted, here.author())
        except (RefusedError, ConflictError) as error:
            shown: dict[str, object] = {
                "asked": wanted,
                **fault_of(request, desk, error),
            }
            return _invite_page(desk, here, shown, 409)
        return _link_page(request, desk, here, made)

    @get("/{person:str}", media_type=MediaType.HTML, sync_to_thread=True)
    def page(
        self, request: AnyRequest, desk: NamedDependency[Desk], person: FromPath[str]
    ) -> Response[str]:
        """Show one account: roles, groups, what was done with it and by it."""
        here = visit(request, desk.site, Permission.PEOPLE)
        return _person_page(desk, here, person, {})

    @post("/{person:str}", media_type=MediaType.HTML)
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk], person: FromPath[str]
    ) -> Response[Any]:
        """Change the name, roles or groups, or close or open the account."""
        here = visit(request, desk.site, Permission.EDIT_PEOPLE)
        pairs = await own_form(request, here)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        try:
            work = _change(desk, here, person, pairs)
            await desk.site.in_thread(work)
        except RefusedError as error:
            shown = fault_of(request, desk, error)
            return _person_page(desk, here, person, shown, 409)
        return Redirect(f"/people/{person}", status_code=303)

    @post("/{person:str}/link", media_type=MediaType.HTML)
    async def link(
        self, request: AnyRequest, desk: NamedDependency[Desk], person: FromPath[str]
    ) -> Response[Any]:
        """Make a new one-time link, and show it once."""
        here = visit(request, desk.site, Permission.EDIT_PEOPLE)
        pairs = await own_form(request, here)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        staff = desk.site.people.staff
        try:
            made = await desk.site.in_thread(staff.link_for, person, here.author())
        except RefusedError as error:
            shown = fault_of(request, desk, error)
            return _person_page(desk, here, person, shown, 409)
        return _link_page(request, desk, here, made)


def ticked(pairs: list[tuple[str, str]], name: str) -> frozenset[str]:
    """Give the values of every ticked box of this name."""
    return frozenset(value for key, value in pairs if key == name)


def fault_of(
    request: AnyRequest, desk: Desk, error: RefusedError | ConflictError
) -> dict[str, object]:
    """Say what was not done, and under which reference the log has it."""
    _ = desk.words.gettext
    known = {
        "last": _("Nobody else could administer. Give somebody that role first."),
        "more": _(
            "This goes beyond what you may do yourself. Somebody who may do it can."
        ),
        "name": _("A name is missing, or too long."),
        "role": _("Tick at least one role."),
        "empty": _("Tick at least one permission."),
        "used": _("Somebody has this role, perhaps in a closed account."),
        "built-in": _("This role is the same for every agency."),
        "closed": _("This account is closed. Open it first."),
        "sure": _("Tick the box first."),
        "banner": _("The text is too long, or has signs that cannot be shown."),
        "networks": _("One of these is neither an address nor a network."),
        "outside": _(
            "Your own address is not among them: you would lock yourself out."
        ),
        "taken": _("That name is taken. Choose another."),
    }
    reason = error.reason if isinstance(error, RefusedError) else "taken"
    reference = note(error, request.url.path, desk.site.ground.entropy)
    return {"fault": known.get(reason, str(error)), "reference": reference}


def _change(desk: Desk, here: Visit, person: str, pairs: list[tuple[str, str]]) -> Act:
    staff, author, fields = desk.site.people.staff, here.author(), dict(pairs)
    act = fields.get("act", "")
    if act == "name":
        return lambda: staff.rename(person, fields.get("shown", ""), author)
    if act == "roles":
        return lambda: staff.set_roles(person, ticked(pairs, "role"), author)
    if act == "groups":
        return lambda: staff.set_groups(person, ticked(pairs, "group"), author)
    if act == "open":
        return lambda: staff.reopen(person, author)
    if act == "close" and fields.get("sure"):
        return lambda: staff.close(person, author)
    raise RefusedError("sure", "tick the box first")


def _invite_page(
    desk: Desk, here: Visit, more: dict[str, object], status: int = 200
) -> Response[str]:
    people = desk.site.people
    mine = here.session.person
    choice = [
        (role, rules.can_give(mine, role)) for role, _count in people.roles.everything()
    ]
    values: dict[str, object] = {
        "here": "people",
        "choice": choice,
        "groups": people.groups.everything(),
        "asked": Invitation("", "", frozenset(), frozenset()),
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("invite.html", here, values, status)


def _link_page(
    request: AnyRequest, desk: Desk, here: Visit, made: tuple[Person, str]
) -> Response[str]:
    front = front_of(request)
    origin = front.public or f"http://localhost:{front.port}"
    values: dict[str, object] = {
        "here": "people",
        "one": made[0],
        "link": f"{origin}/enrol/{made[1]}",
    }
    return desk.page("invited.html", here, values)


def _person_page(
    desk: Desk,
    here: Visit,
    person: str,
    more: dict[str, object],
    status: int = 200,
) -> Response[str]:
    people, mine = desk.site.people, here.session.person
    one, groups = people.staff.one(person)
    by, on = people.staff.acts(person, SHOWN_ACTS)
    with desk.site.database.read() as connection:
        by = veiled(connection, desk.site.tenant.id, here, by)
    choice = [
        (role, rules.can_give(mine, role)) for role, _count in people.roles.everything()
    ]
    values: dict[str, object] = {
        "here": "people",
        "one": one,
        "choice": choice,
        "mine": groups,
        "groups": people.groups.everything(),
        "may_change": here.may(Permission.EDIT_PEOPLE) and rules.may_change(mine, one),
        "by": [acts.tell(act, desk.words) for act in by],
        "held": desk.site.holding.of_person(person),
        "on": [acts.tell(act, desk.words) for act in reversed(on)],
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("person.html", here, values, status)
