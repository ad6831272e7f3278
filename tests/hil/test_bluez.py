"""Linux's own Bluetooth, from kernel to bleak, against the camera's radio."""

import os
import sys

import pytest

from tests.hil.machine import Machine, usual

pytestmark = pytest.mark.vm


def test_bluetoothd_and_bleak_reach_the_peripheral_and_values_come_back(
    machine: Machine,
) -> None:
    """Boots a machine without hardware support, and bluetoothd in it: a minute."""
    command = [sys.executable, "-m", "tests.hil.bluez_job"]

    ended = machine.run(command, usual(os.environ))  # noqa: TID251

    assert ended.code == 0, ended.stdout + ended.stderr
    assert "echoed; seen again as C0:00:00:00:00:02" in ended.stdout
