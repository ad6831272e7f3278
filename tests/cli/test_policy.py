"""`lapel evidence policy`: what is asked changes, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lapel.base.errors import RefusedError
from lapel.cli.policy import Changes, Demand, Permit, Switch
from lapel.evidence.settings.model import Policy
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import founded

BEFORE = Policy(pre_event_s=60, pairing_grant=True, permitted=(0,))


def test_what_is_left_out_stays() -> None:
    assert Changes().applied(BEFORE) == BEFORE
    on = Changes(bluetooth=Switch.ON, view=Switch.ON).applied(BEFORE)
    assert (on.bluetooth, on.view_pairing) == (True, True)
    assert (on.pre_event_s, on.pairing_grant, on.permitted) == (60, True, (0,))
    assert not Changes(view=Switch.OFF).applied(on).view_pairing


def test_demands_and_permissions_replace_those_before() -> None:
    changes = Changes(
        demand=(Demand.COMPARED, Demand.MORE_THAN_BUTTONS),
        permit=(Permit.STEALTH, Permit.LIGHTS),
    )
    after = changes.applied(BEFORE)
    demands = (after.pairing_grant, after.pairing_compared, after.pairing_button)
    assert demands == (False, True, False)
    assert after.permitted == (2, 3)
    none = Changes(demand=(Demand.NONE,), permit=(Permit.NONE,)).applied(after)
    demands = (none.pairing_grant, none.pairing_compared, none.pairing_button)
    assert demands == (False, False, True)
    assert none.permitted == ()


@pytest.mark.parametrize(
    "changes",
    [
        Changes(demand=(Demand.NONE, Demand.GRANT)),
        Changes(permit=(Permit.NONE, Permit.VOLUME)),
    ],
)
def test_none_stands_alone(changes: Changes) -> None:
    with pytest.raises(RefusedError):
        changes.applied(BEFORE)


@pytest.mark.process
def test_the_command_prints_what_holds_and_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    with founded(folder, SystemClock(), system_entropy):
        pass

    def run(*words: str) -> dict[str, object]:
        command = [sys.executable, "-m", "lapel.cli", "evidence", "policy"]
        done = subprocess.run(  # noqa: S603
            [*command, "--dir", str(folder), *words],
            check=True,
            capture_output=True,
            text=True,
        )
        told: dict[str, object] = json.loads(done.stdout)
        return told

    assert run()["bluetooth"] is True
    words = ("--bluetooth", "off", "--view", "off", "--permit", "volume")
    changed = run(*words, "--permit", "stealth")
    assert (changed["bluetooth"], changed["view_pairing"]) == (False, False)
    assert changed["permitted"] == [0, 3]
    assert run() == changed
