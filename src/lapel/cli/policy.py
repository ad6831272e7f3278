"""`lapel evidence policy`: what the agency allows on its cameras' Bluetooth link."""

import json
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import App, Parameter

from lapel.base.errors import RefusedError
from lapel.cli.devices import OPERATOR
from lapel.evidence import start
from lapel.evidence.settings.choices import (
    AGENCY,
    Choices,
    Layer,
    all_of,
    differences,
    layered,
)
from lapel.evidence.settings.layers import Layers, Wanted, agency_choices
from lapel.evidence.settings.model import Policy
from lapel.ports.system import SystemClock, system_entropy
from lapel.wire.settings import Permitted

app = App(
    name="policy",
    help="""Show or change what cameras allow; they get it at their next docking.

    Example: lapel evidence policy --dir evidence --bluetooth on --view on
    """,
)


class Switch(Enum):
    """On or off."""

    ON = "on"
    OFF = "off"


class Demand(Enum):
    """What a pairing with View must be good for."""

    NONE = "none"
    GRANT = "grant"
    COMPARED = "compared"
    MORE_THAN_BUTTONS = "more-than-buttons"


class Permit(Enum):
    """What a wearer may change in View."""

    NONE = "none"
    VOLUME = "volume"
    VIBRATION = "vibration"
    LIGHTS = "lights"
    STEALTH = "stealth"


_PERMITTED: Final = {
    Permit.VOLUME: Permitted.VOLUME,
    Permit.VIBRATION: Permitted.VIBRATION,
    Permit.LIGHTS: Permitted.LIGHTS,
    Permit.STEALTH: Permitted.STEALTH,
}


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to change; what is left out stays.

    Parameters
    ----------
    bluetooth
        on or off, as a whole.
    view
        Pairing and sessions with View and View XL: on or off.
    demand
        What a pairing must be good for: grant, compared, more-than-buttons, or none;
        may stand more than once, and replaces what was demanded.
    permit
        What a wearer may change in View: volume, vibration, lights, stealth, or none;
        may stand more than once, and replaces what was permitted.

    """

    bluetooth: Switch | None = None
    view: Switch | None = None
    demand: tuple[Demand, ...] = ()
    permit: tuple[Permit, ...] = ()

    def applied(self, policy: Policy) -> Policy:
        """Give the policy after these changes; raises `RefusedError`."""
        changed: dict[str, object] = {}
        if self.bluetooth is not None:
            changed["bluetooth"] = self.bluetooth is Switch.ON
        if self.view is not None:
            changed["view_pairing"] = self.view is Switch.ON
        if self.demand:
            _alone(Demand.NONE, self.demand)
            changed["pairing_grant"] = Demand.GRANT in self.demand
            changed["pairing_compared"] = Demand.COMPARED in self.demand
            changed["pairing_button"] = Demand.MORE_THAN_BUTTONS not in self.demand
        if self.permit:
            _alone(Permit.NONE, self.permit)
            chosen = {_PERMITTED[one] for one in self.permit if one in _PERMITTED}
            changed["permitted"] = tuple(sorted(int(one) for one in chosen))
        return msgspec.structs.replace(policy, **changed)


def _changed(before: Policy, after: Policy) -> Choices:
    differing = differences(all_of(before), all_of(after))
    return {one.name: one.after for one in differing if one.after is not None}


def _alone(none: Enum, given: tuple[Enum, ...]) -> None:
    if none in given and len(given) > 1:
        raise RefusedError("policy", "`none` stands alone")


@app.default
def policy(
    *,
    folder: Annotated[Path, Parameter("--dir")],
    agency: str = "",
    changes: Annotated[Changes | None, Parameter("*")] = None,
) -> None:
    """Print the policy as JSON, after changing it as asked.

    Parameters
    ----------
    folder
        Evidence's folder.
    agency
        The agency, where the server has several.
    changes
        What is to change.

    """
    ground, tenant = start.open_ground(folder, SystemClock(), system_entropy, agency)
    with ground.database.read() as connection:
        version, chosen = agency_choices(connection, tenant.id)
    before = layered([Layer(AGENCY, version, 0, chosen)]).policy
    after = (changes or Changes()).applied(before)
    if after != before:
        asked = {**chosen, **_changed(before, after)}
        layers = Layers(ground.database, ground.clock, ground.entropy, tenant.id)
        layers.save(Wanted(AGENCY, version, asked), OPERATOR)
    sys.stdout.write(json.dumps(msgspec.to_builtins(after), indent=2) + "\n")
