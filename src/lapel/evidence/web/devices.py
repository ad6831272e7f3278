"""Devices as pages: what the agency has, and all that is known of one device."""

from collections.abc import Callable
from typing import Any, Final

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from lapel.base.errors import NotFoundError, RefusedError
from lapel.base.ids import recording_name
from lapel.base.ids import serial as checked_serial
from lapel.base.permissions import Permission
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Target
from lapel.evidence.devices import standing
from lapel.evidence.devices.model import Device, Group, Kind, Move, Network
from lapel.evidence.journals.continuity import continuity
from lapel.evidence.web import acts, fleet, proof
from lapel.evidence.web.eyes import sees_all
from lapel.evidence.web.people import fault_of
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    own_form,
    visit,
)
from lapel.wire.custody import ObjectKind

_TYPED: Final = {"act": "", "name": "", "why": "", "label": "", "ssid": ""}
SHOWN_ACTS: Final = 50
EVERYDAY: Final = frozenset({Move.ASSIGN, Move.RETURN})
CHOICE_MOST: Final = 500
"""Accounts that the field for a holder offers; others are typed."""


class DevicePages(Controller):
    """Routes of devices."""

    path = "/devices"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def listed(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show every device and app, or the devices of one group."""
        here = visit(request, desk.site, Permission.DEVICES)
        wanted = str(request.query_params.get("group", ""))
        group = desk.site.device_groups.one(wanted) if wanted else None
        return devices_page(desk, here, group=group)

    @get("/{serial:str}", media_type=MediaType.HTML, sync_to_thread=True)
    def page(
        self, request: AnyRequest, desk: NamedDependency[Desk], serial: FromPath[str]
    ) -> Response[str]:
        """Show one device: who has it, how it is, and all that was done with it."""
        here = visit(request, desk.site, Permission.DEVICES)
        return _page(desk, here, _found(desk, serial), {})

    @post("/{serial:str}", media_type=MediaType.HTML)
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk], serial: FromPath[str]
    ) -> Response[Any]:
        """Give a camera to somebody, take it back, say that it is lost and so on.

        For a vehicle or accessory also what is written down of it.
        """
        here = visit(request, desk.site, Permission.DEVICES)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        act = fields.get("act", "")
        everyday = act in EVERYDAY
        needed = Permission.ASSIGN if everyday else Permission.EDIT_DEVICES
        visit(request, desk.site, needed)
        device = _found(desk, serial)
        if not everyday and act not in {fleet.NAME, fleet.PLACE}:
            asked_first = await proof.ask(request, desk, here, pairs)
            if asked_first is not None:
                return asked_first
        try:
            done = await desk.site.in_thread(_work(desk, here, device, fields))
        except RefusedError as error:
            shown = {**_fault(request, desk, error), "typed": {**_TYPED, **fields}}
            return _page(desk, here, device, shown, 409)
        if done is not None:
            return _page(desk, here, device, {"network": done})
        return Redirect(f"/devices/{device.serial}", status_code=303)


def devices_page(
    desk: Desk, here: Visit, code: str = "", group: Group | None = None
) -> Response[str]:
    """Show every device and app, or only a group; `code` is shown this once."""
    found = [
        one
        for one in desk.site.devices.everything()
        if group is None or one.serial in group.serials
    ]
    apps = desk.site.apps.everything()
    values: dict[str, object] = {
        "here": "devices",
        "cameras": [one for one in found if one.kind is Kind.CAMERA],
        "docks": [one for one in found if one.kind in {Kind.DOCK, Kind.SYNC}],
        "vehicles": [one for one in found if one.kind is Kind.VEHICLE],
        "accessories": [one for one in found if one.kind is Kind.ACCESSORY],
        "group": group,
        "apps": [(one, desk.site.people.find(one.person)) for one in apps],
        "code": code,
    }
    return desk.page("devices.html", here, values)


def _found(desk: Desk, serial: str) -> Device:
    device = desk.site.devices.find(checked_serial(serial))
    if device is None:
        raise NotFoundError("there is no such device")
    return device


def _work(
    desk: Desk, here: Visit, device: Device, fields: dict[str, str]
) -> Callable[[], Network | None]:
    if fields.get("act") in fleet.ACTS:
        return fleet.work(desk, here, device, fields)
    holding, who, why = desk.site.holding, here.who(), fields.get("why", "")
    serial, act = device.serial, fields.get("act", "")
    if act == Move.ASSIGN:
        name = fields.get("name", "").strip()
        person = desk.site.people.named(name)
        if person is None:
            raise RefusedError("person", "there is no such open account")
        return lambda: holding.assign(serial, person.id, who, why)
    if act == Move.RETURN:
        return lambda: holding.take_back(serial, who, why)
    if act not in {Move.LOSE, Move.FIND, Move.CLEAR, Move.RELEASE}:
        raise RefusedError("standing", "there is no such act")
    if act == Move.RELEASE and not fields.get("sure"):
        raise RefusedError("sure", "tick the box first")
    return lambda: holding.move(serial, Move(act), who, why)


def _fault(request: AnyRequest, desk: Desk, error: RefusedError) -> dict[str, object]:
    _ = desk.words.gettext
    known = {
        "person": _("There is no open account of that name."),
        "holds": _("This person has it already."),
        "standing": _("Where it stands, this cannot be done. The page shows what can."),
        "why": _("Say why, in at most 500 characters."),
    }
    if error.reason in known:
        return {**fault_of(request, desk, error), "fault": known[error.reason]}
    return fleet.faults(request, desk, error)


def _page(
    desk: Desk,
    here: Visit,
    device: Device,
    more: dict[str, object],
    status: int = 200,
) -> Response[str]:
    site, tenant = desk.site, desk.site.tenant.id
    target = Target(ObjectKind.DEVICE, device.serial)
    with site.database.read() as connection:
        logged = custody.acts_on(connection, tenant, target)
        journal = continuity(connection, tenant, device.serial)
    moves = standing.moves(device.standing, device.kind)
    may_assign = here.may(Permission.ASSIGN)
    may_edit = here.may(Permission.EDIT_DEVICES)
    values: dict[str, object] = {
        "here": "devices",
        "one": device,
        "moves": moves & EVERYDAY if may_assign else frozenset[Move](),
        "grave_moves": moves - EVERYDAY if may_edit else frozenset[Move](),
        "people": _choice(desk) if may_assign and Move.ASSIGN in moves else [],
        "network": None,
        "groups": [
            one
            for one in site.device_groups.everything()
            if device.serial in one.serials
        ],
        **fleet.about(desk, device),
        "history": site.holding.history(device.serial),
        "journal": journal,
        "waiting": [(recording_name(one.recording), one) for one in journal.waiting],
        "told": sees_all(here),
        "acts": [acts.tell(one, desk.words) for one in logged[-SHOWN_ACTS:][::-1]],
        "all_acts": len(logged),
        "fault": "",
        "reference": "",
        "typed": _TYPED,
        **more,
    }
    return desk.page("device.html", here, values, status)


def _choice(desk: Desk) -> list[tuple[str, str]]:
    everybody = desk.site.people.staff.everybody()
    open_ones = [one.person for one in everybody if not one.person.closed]
    return [(one.name, one.shown) for one in open_ones[:CHOICE_MOST]]
