"""The virtual machine itself."""

import os
import sys
from pathlib import Path

import pytest

from tests.hil.machine import Machine, usual

pytestmark = pytest.mark.vm
PROGRAM = """
import os, sys
print(os.getuid(), os.uname().release)
open("/etc/only-in-the-machine", "w").close()
print("said aside", file=sys.stderr)
sys.exit(7)
"""


def test_a_command_runs_as_root_on_another_kernel_and_changes_no_file_here(
    machine: Machine,
) -> None:
    """Boots a kernel without hardware support for it: ten to twenty seconds."""
    environment = usual(os.environ)  # noqa: TID251

    ended = machine.run([sys.executable, "-c", PROGRAM], environment)

    assert ended.code == 7
    assert ended.stdout.split() == ["0", machine.version]
    assert ended.stderr == "said aside\n"
    assert not Path("/etc/only-in-the-machine").exists()
