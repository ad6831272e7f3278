"""The camera's radio on Linux's HCI user channel, as on a board with an adapter."""

import os
import subprocess
import sys
import sysconfig

import pytest

from tests.hil.machine import Machine, usual

pytestmark = pytest.mark.vm
PYTHON = "/usr/bin/python3"
ASKED = "import socket, sys; socket.AF_BLUETOOTH; print(*sys.version_info[:2])"


def suits() -> bool:
    """Whether Debian's Python has Bluetooth sockets, and takes our packages."""
    asked = subprocess.run(
        [PYTHON, "-c", ASKED], capture_output=True, text=True, check=False
    )
    return asked.stdout.split() == [str(part) for part in sys.version_info[:2]]


def test_an_app_reaches_the_peripheral_and_a_lost_adapter_is_told(
    machine: Machine,
) -> None:
    """Boots a machine without hardware support: half a minute."""
    if not suits():
        pytest.skip("needs Debian's Python with Bluetooth sockets, of this version")
    environment = usual(os.environ)  # noqa: TID251
    environment["PYTHONPATH"] = f"src:{sysconfig.get_path('purelib')}"

    ended = machine.run([PYTHON, "-m", "tests.hil.socket_job"], environment)

    assert ended.code == 0, ended.stdout + ended.stderr
    assert "echoed" in ended.stdout
    assert "then: the Bluetooth controller is gone" in ended.stdout
