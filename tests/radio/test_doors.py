"""Where programs get their radio from."""

import asyncio
import socket
import subprocess
import sys

import pytest

from lapel.base.errors import SetupError, UnreachableError
from lapel.radio.central import BumbleCentral
from lapel.radio.desktop import BleakCentral
from lapel.radio.doors import make_peripheral, open_central
from lapel.radio.host import split_name
from tests.radio.stages import Ear, environment

WITHOUT = """
import sys
sys.modules["bumble"] = sys.modules["bleak"] = None
from lapel.base.errors import SetupError
from lapel.radio.doors import make_peripheral, open_central
for act in (lambda: make_peripheral("x"), lambda: open_central("x"),
            lambda: open_central(None)):
    try:
        act()
    except SetupError as error:
        print(error)
"""

WARNING = """
import logging
from lapel.base.errors import SetupError
from lapel.radio.doors import make_peripheral
try:
    make_peripheral("pigeon:1")(print)
except SetupError:
    print("refused")
logging.getLogger("bumble.host").warning("garbage from a stranger")
"""


def test_a_transport_gives_a_bumble_radio_and_none_the_system_s() -> None:
    assert isinstance(open_central("tcp-client:127.0.0.1:1"), BumbleCentral)
    assert isinstance(open_central(None), BleakCentral)


@pytest.mark.process
def test_a_missing_library_is_named_with_the_extra_that_brings_it() -> None:
    said = subprocess.run(  # noqa: S603  # this interpreter
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert [line.split("`")[1] for line in said] == [
        "pip install 'lapel[radio]'",
        "pip install 'lapel[radio]'",
        "pip install 'lapel[view]'",
    ]


def test_where_no_controller_is_it_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(UnreachableError, match=str(port)):
        make_peripheral(f"tcp-client:127.0.0.1:{port}")(Ear())


@pytest.mark.process
def test_what_bumble_warns_of_does_not_reach_the_terminal() -> None:
    done = subprocess.run(  # noqa: S603  # this interpreter
        [sys.executable, "-c", WARNING], capture_output=True, text=True, check=True
    )

    assert (done.stdout, done.stderr) == ("refused\n", "")


@pytest.mark.parametrize("transport", ["", "pigeon:1", "tcp-client:x", "air:/y"])
def test_what_is_no_transport_is_refused(transport: str) -> None:
    with pytest.raises(SetupError, match="hci-socket:0"):
        make_peripheral(transport)(Ear())


def test_a_name_on_a_virtual_air_is_told_apart_from_where_it_is() -> None:
    assert split_name("air:127.0.0.1:9700/cam 1") == (
        "tcp-client:127.0.0.1:9700",
        "cam 1",
    )
    assert split_name("hci-socket:0") == ("hci-socket:0", "")


async def test_a_machine_without_bluetooth_is_said_to_be_so() -> None:
    with environment({"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"}):
        scan = BleakCentral().scan()
        with pytest.raises(SetupError, match="switch it on"):
            await anext(scan)
    await asyncio.sleep(0)
