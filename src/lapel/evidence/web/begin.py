"""First steps: what a new agency does before its first recording comes in.

Nothing of this is kept: each step is done when what it is about is there.
"""

from dataclasses import dataclass

from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency

from lapel.base.permissions import Permission
from lapel.evidence.devices.model import Kind
from lapel.evidence.settings.choices import AGENCY
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import SIGNED_IN, AnyRequest, Visit, visit


@dataclass(frozen=True, slots=True)
class Step:
    """One step: whether it is done, what it is, why, and where it is done."""

    done: bool
    what: str
    why: str
    link: str = ""
    go: str = ""
    command: str = ""


class BeginPages(Controller):
    """The route of the first steps."""

    path = "/begin"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def page(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show the steps, those that are done and those that are not."""
        here = visit(request, desk.site, Permission.EDIT_DEVICES)
        found = steps(desk, here)
        values: dict[str, object] = {
            "here": "begin",
            "steps": found,
            "left": sum(not one.done for one in found),
        }
        return desk.page("begin.html", here, values)


def steps(desk: Desk, here: Visit) -> list[Step]:
    """List the steps in their order."""
    _ = desk.words.gettext
    site = desk.site
    devices = site.devices.everything()
    mine = site.people.factors.of(here.session.person)
    everybody = site.people.staff.everybody()
    chosen = any(one.layer.scope == AGENCY for one in site.layers.everything())
    return [
        Step(
            mine.app or bool(mine.passkeys),
            _("Protect your own account"),
            _("With a passkey or an app, a stolen password alone opens nothing."),
            "/account",
            _("Go to your account"),
        ),
        Step(
            sum(not one.person.closed for one in everybody) > 1,
            _("Invite a second person"),
            _("One who can administer too, so that nobody is ever locked out."),
            "/people/invite",
            _("Invite somebody"),
        ),
        Step(
            any(one.kind is Kind.DOCK and one.serves for one in devices),
            _("Connect a dock"),
            _("Make a one-time code on the server's machine, and type it at the dock."),
            command="lapel evidence code dock --dir FOLDER",
        ),
        Step(
            any(one.kind is Kind.CAMERA and one.serves for one in devices),
            _("Bring the first camera"),
            _("Add the manufacturer's voucher, then put the camera into the dock."),
            command="lapel evidence voucher add FILE --dir FOLDER",
        ),
        Step(
            any(one.holder for one in devices),
            _("Give a camera to somebody"),
            _("What it records from then on bears their name, and they see it here."),
            "/devices",
            _("Go to the devices"),
        ),
        Step(
            chosen,
            _("Choose what cameras do"),
            _("The beginning is careful. Look at it once, and save what you want."),
            "/settings",
            _("Go to the settings"),
        ),
    ]
