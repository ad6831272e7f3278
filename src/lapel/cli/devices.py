"""`lapel evidence device`: what the agency has, and who has which camera."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from lapel.base.errors import NotFoundError
from lapel.evidence import start
from lapel.evidence.custody.model import Actor, Who
from lapel.evidence.devices.holding import Holding
from lapel.evidence.devices.model import Device, Move
from lapel.evidence.devices.service import listed
from lapel.evidence.people.service import People
from lapel.ports.system import SystemClock, system_entropy
from lapel.wire.custody import ActorKind

app = App(
    name="device",
    help="""Show what the agency has; say who has it, and what became of it.

    Example: lapel evidence device assign X81004417 mara --dir evidence
    """,
)
Place = Annotated[Path, Parameter(name="--dir", help="Evidence's folder.")]
Agency = Annotated[
    str, Parameter(name="--agency", help="The agency, where the server has several.")
]
Became = Literal["lost", "found", "cleared", "released"]
MOVES: Final = MappingProxyType(
    {
        "lost": Move.LOSE,
        "found": Move.FIND,
        "cleared": Move.CLEAR,
        "released": Move.RELEASE,
    }
)
OPERATOR: Final = Who(Actor(ActorKind.SYSTEM, "operator"), "operator", "", None)


@app.command(name="list")
def show(
    *,
    folder: Place,
    agency: Agency = "",
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Print every device: where it stands, who has it, when it was last here.

    Args:
        folder: Evidence's folder.
        agency: The agency, where the server has several.
        as_json: Print JSON.

    """
    ground, tenant = start.open_ground(folder, SystemClock(), system_entropy, agency)
    with ground.database.read() as connection:
        found = listed(connection, tenant.id)
    if as_json:
        sys.stdout.write(json.dumps([_plain(one) for one in found], indent=2) + "\n")
        return
    table = Table("serial", "kind", "name", "standing", "with", "last here", box=None)
    for one in found:
        seen = _time(one.seen_ms) if one.seen_ms else "never"
        table.add_row(
            one.serial,
            one.kind,
            one.label or "-",
            one.standing,
            one.wearer or "-",
            seen,
        )
    Console().print(table)


@app.command(name="assign")
def assign(
    serial: str, account: str, *, folder: Place, agency: Agency = "", why: str = ""
) -> None:
    """Give a camera to somebody; what it records from now on bears their name.

    Args:
        serial: The camera.
        account: Name that the person signs in with.
        folder: Evidence's folder.
        agency: The agency, where the server has several.
        why: Reason, for the custody log.

    """
    ground, tenant = start.open_ground(folder, SystemClock(), system_entropy, agency)
    base = (ground.database, ground.clock, ground.entropy, tenant.id)
    person = People(*base).named(account)
    if person is None:
        raise NotFoundError(f"there is no open account {account}")
    Holding(*base).assign(serial, person.id, OPERATOR, why)


@app.command(name="return")
def take_back(
    serial: str, *, folder: Place, agency: Agency = "", why: str = ""
) -> None:
    """Take a camera back; what it records from now on bears nobody's name.

    Args:
        serial: The camera.
        folder: Evidence's folder.
        agency: The agency, where the server has several.
        why: Reason, for the custody log.

    """
    ground, tenant = start.open_ground(folder, SystemClock(), system_entropy, agency)
    base = (ground.database, ground.clock, ground.entropy, tenant.id)
    Holding(*base).take_back(serial, OPERATOR, why)


@app.command(name="say")
def say(
    serial: str, became: Became, *, why: str, folder: Place, agency: Agency = ""
) -> None:
    """Say that a device is lost, found, cleared or released.

    `cleared`: nobody else had a device that was found, so it serves again.
    `released`: it is the agency's no longer. A camera erases its keys and pairings
    when it is next in a dock and everything on it was taken in.

    Args:
        serial: The device.
        became: What became of it.
        why: Reason, for the custody log.
        folder: Evidence's folder.
        agency: The agency, where the server has several.

    """
    ground, tenant = start.open_ground(folder, SystemClock(), system_entropy, agency)
    base = (ground.database, ground.clock, ground.entropy, tenant.id)
    Holding(*base).move(serial, MOVES[became], OPERATOR, why)


def _plain(one: Device) -> dict[str, object]:
    return {
        "serial": one.serial,
        "kind": str(one.kind),
        "model": one.model,
        "label": one.label or None,
        "version": one.version or None,
        "standing": str(one.standing),
        "with": one.wearer or None,
        "seen_ms": one.seen_ms,
    }


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
