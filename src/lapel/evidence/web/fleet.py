"""Pages that register vehicles and accessories, and what their own pages can change."""

import binascii
from collections.abc import Callable
from typing import Any, Final

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency

from lapel.base.errors import ConflictError, RefusedError
from lapel.base.permissions import Permission
from lapel.evidence.devices import rules
from lapel.evidence.devices.model import Device, Kind, Network, Purpose
from lapel.evidence.web import proof
from lapel.evidence.web.people import fault_of
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import SIGNED_IN, AnyRequest, Visit, own_form, visit

NAME: Final = "name"
PLACE: Final = "place"
NETWORK: Final = "network"
SHOW: Final = "show"
SECRET_ACTS: Final = frozenset({NETWORK, SHOW})
"""Acts on a vehicle's passphrase: who does them proves anew who they are."""
ACTS: Final = SECRET_ACTS | {NAME, PLACE}
_TYPED: Final = {"what": "", "label": "", "ssid": "", "serial": "", "purpose": ""}


class FleetPages(Controller):
    """Routes that put vehicles and accessories on record."""

    path = "/devices/add"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def form(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show how each kind of device comes to the agency."""
        here = visit(request, desk.site, Permission.EDIT_DEVICES)
        return _add_page(desk, here, {})

    @post("/", media_type=MediaType.HTML)
    async def add(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Register a vehicle or accessory; what is secret of it is shown this once."""
        here = visit(request, desk.site, Permission.EDIT_DEVICES)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        try:
            values = await desk.site.in_thread(_added, desk, here, fields)
        except (RefusedError, ConflictError) as error:
            typed = {key: fields.get(key, "") for key in _TYPED}
            more = {**faults(request, desk, error), "typed": typed}
            return _add_page(desk, here, more, 409)
        return desk.page("device-added.html", here, {"here": "devices", **values})


def work(
    desk: Desk, here: Visit, device: Device, fields: dict[str, str]
) -> Callable[[], Network | None]:
    """Give what an act on a device's own page does; `show` gives the network."""
    fleet, who, act = desk.site.fleet, here.who(), fields.get("act", "")
    serial = device.serial

    def do() -> Network | None:
        if act == SHOW:
            return fleet.network(serial, who)
        if act == NETWORK:
            fleet.set_network(serial, _network(desk, fields), who)
        elif act == PLACE:
            fleet.place(serial, fields.get("vehicle", ""), who)
        else:
            fleet.name(serial, fields.get("label", ""), who)
        return None

    return do


def faults(
    request: AnyRequest, desk: Desk, error: RefusedError | ConflictError
) -> dict[str, object]:
    """Put into words why something was not put on record."""
    _ = desk.words.gettext
    known = {
        "label": _("A name is needed, of at most 60 characters in one line."),
        "ssid": _("A network's name has 1 to 32 bytes, in one line."),
        "passphrase": _(
            "A passphrase has 8 to 63 letters, digits or signs, without accents, and "
            "no space at its ends."
        ),
        "serial": _("A serial has 4 to 16 of A to Z, 0 to 9 and -."),
        "key": _("A key is 64 digits of 0 to 9 and a to f; empty: one is made."),
        "what": _("Say what it is first."),
    }
    told = fault_of(request, desk, error)
    if isinstance(error, ConflictError):
        return {**told, "fault": _("A device of this serial is on record already.")}
    return {**told, "fault": known.get(error.reason, told["fault"])}


def about(desk: Desk, device: Device) -> dict[str, object]:
    """Give what a device's own page shows of a vehicle or an accessory."""
    fleet = desk.site.fleet
    everything = desk.site.devices.everything()
    names = {one.serial: one.label or one.serial for one in everything}
    vehicle = device.kind is Kind.VEHICLE
    accessory = fleet.accessory(device.serial)
    serving = [one for one in everything if one.kind is Kind.VEHICLE and one.serves]
    return {
        "ssid": fleet.ssid(device.serial) if vehicle else "",
        "aboard": [(one, names[one]) for one in fleet.aboard(device.serial)],
        "vehicle": accessory.vehicle if accessory else "",
        "vehicles": [(one.serial, names[one.serial]) for one in serving],
        "names": names,
    }


def _added(desk: Desk, here: Visit, fields: dict[str, str]) -> dict[str, object]:
    fleet, who, label = desk.site.fleet, here.who(), fields.get("label", "")
    if fields.get("what") == Kind.VEHICLE:
        network = _network(desk, fields)
        serial = fleet.add_vehicle(label, network, who)
        return {"serial": serial, "name": label, "network": network, "key": ""}
    if fields.get("what") != Kind.ACCESSORY or fields.get("purpose") not in {*Purpose}:
        raise RefusedError("what", "say what it is")
    serial = fields.get("serial", "").strip().upper()
    purpose = Purpose(fields["purpose"])
    key = fleet.add_accessory(serial, purpose, label, _key(fields), who)
    shown = "" if fields.get("key", "").strip() else key.hex()
    return {"serial": serial, "name": label, "network": None, "key": shown}


def _network(desk: Desk, fields: dict[str, str]) -> Network:
    """Read a network; an empty passphrase asks for one to be made."""
    typed = fields.get("passphrase", "")
    made = typed or rules.new_passphrase(desk.site.ground.entropy)
    return Network(fields.get("ssid", ""), made)


def _key(fields: dict[str, str]) -> bytes | None:
    typed = "".join(fields.get("key", "").split())
    if not typed:
        return None
    try:
        return binascii.unhexlify(typed)
    except ValueError as error:
        raise RefusedError("key", "a key is 64 hexadecimal digits") from error


def _add_page(
    desk: Desk, here: Visit, more: dict[str, object], status: int = 200
) -> Response[str]:
    values: dict[str, object] = {
        "here": "devices",
        "typed": _TYPED,
        "purposes": list(Purpose),
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("device-add.html", here, values, status)
