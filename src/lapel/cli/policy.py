"""`lapel evidence policy`: what the agency allows its cameras on Bluetooth."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from cyclopts import App, Parameter

from lapel.base.errors import MalformedError
from lapel.evidence import start
from lapel.evidence.custody.service import Stamp
from lapel.evidence.settings import service as settings
from lapel.evidence.settings.model import Policy
from lapel.ports.system import SystemClock, system_entropy
from lapel.wire.settings import Permitted

app = App(
    name="policy",
    help="""Show or change what the agency allows View; cameras follow when docked.

Example: lapel evidence policy --dir evidence --grant on --permit volume --permit lights
""",
)
OnOff = Literal["on", "off"]


@Parameter(name="*")
@dataclass(frozen=True)
class Change:
    """What is to change; what is not named stays."""

    bluetooth: OnOff | None = None
    """Cameras may be on the air."""
    view: OnOff | None = None
    """Cameras may be paired with View."""
    grant: OnOff | None = None
    """A pairing must show a grant of the agency."""
    compared: OnOff | None = None
    """In a pairing people must compare codes."""
    button: OnOff | None = None
    """Having pressed the camera's buttons is enough."""
    permit: tuple[str, ...] | None = None
    """What wearers may change: volume, vibration, lights, stealth; or none."""

    def of(self, policy: Policy) -> Policy:
        """Give the policy after the change; raises `MalformedError`."""
        wanted = {
            "bluetooth": self.bluetooth,
            "view_pairing": self.view,
            "pairing_grant": self.grant,
            "pairing_compared": self.compared,
            "pairing_button": self.button,
            "permitted": None if self.permit is None else permitted(self.permit),
        }
        changes = {
            name: value == "on" if isinstance(value, str) else value
            for name, value in wanted.items()
            if value is not None
        }
        return msgspec.structs.replace(policy, **changes)


UNCHANGED: Final = Change()


def permitted(names: tuple[str, ...]) -> tuple[int, ...]:
    """Read names of settings that wearers may change; `none` alone for none."""
    if names == ("none",):
        return ()
    known = {one.name.lower(): int(one) for one in Permitted}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise MalformedError(f"{unknown[0]}: one of {', '.join(known)}, or none")
    return tuple(sorted({known[name] for name in names}))


@app.default
def policy(
    *,
    folder: Annotated[Path, Parameter(name="--dir", help="Evidence's folder.")],
    change: Change = UNCHANGED,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Show the policy, after the change if there is one.

    Args:
        folder: Evidence's folder.
        change: What is to change.
        as_json: Print one JSON object.

    """
    ground, tenant = start.open_ground(folder, SystemClock(), system_entropy)
    stamp = Stamp(tenant.id, ground.clock.utc_ms(), ground.entropy)
    with ground.database.write() as connection:
        before = settings.policy(connection, tenant.id)
        after = change.of(before)
        if after != before:
            settings.set_policy(connection, stamp, after)
    told = _told(after)
    if as_json:
        sys.stdout.write(json.dumps(told) + "\n")
        return 0
    for name, value in told.items():
        sys.stdout.write(f"{name:10} {_words(value)}\n")
    return 0


def _words(value: bool | Sequence[str]) -> str:  # noqa: FBT001 - it is what is shown
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(value) or "none"


def _told(policy: Policy) -> dict[str, bool | Sequence[str]]:
    names = [Permitted(number).name.lower() for number in policy.permitted]
    return {
        "bluetooth": policy.bluetooth,
        "view": policy.view_pairing,
        "grant": policy.pairing_grant,
        "compared": policy.pairing_compared,
        "button": policy.pairing_button,
        "permit": names,
    }
