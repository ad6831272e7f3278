"""`lapel air` as a process."""

import json
import os
import struct
from pathlib import Path

import pytest

from lapel.radio.central import BumbleCentral
from lapel.radio.peripheral import bumble_peripheral
from lapel.sim.children import Child, Children
from tests.radio.stages import Ear, find, shown

ENVIRONMENT = {
    "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
    "PATH": os.defpath,
}

pytestmark = pytest.mark.process


def started(children: Children, *words: str) -> tuple[Child, dict[str, object]]:
    """Start an air on free ports."""
    options = ["--port", "0", "--door", "0", "--json", *words]
    child = children.start("air", ["air", *options], read=True)
    return child, child.first_line()


async def test_hosts_of_other_processes_meet_are_moved_and_captured(
    tmp_path: Path,
) -> None:
    capture = tmp_path / "air.pcap"
    with Children(tmp_path / "logs", ENVIRONMENT) as children:
        child, ports = started(children, "--capture", str(capture))
        where = f"air:127.0.0.1:{ports['hosts']}"
        camera = bumble_peripheral(f"{where}/cam1")(Ear())
        camera.show(shown())
        phone = BumbleCentral(f"{where}/phone")
        near = await find(phone, lambda _: True)

        door = ["--door", str(ports["door"])]
        children.run(["air", "place", "cam1", "20", *door])
        far = await find(phone, lambda one: one.rssi < near.rssi)
        listed = json.loads(children.run(["air", "hosts", "--json", *door]))
        refused = children.run(["air", "place", "x", "1", *door], codes=(66,))

        assert far.place == near.place
        assert {"name": "cam1", "place": [20.0, 0.0]} in listed["hosts"]
        assert not refused
        camera.close()
        await phone.close()
        child.stop()
        assert child.process.returncode == 0
    assert struct.unpack_from("<I", capture.read_bytes())[0] == 0xA1B23C4D
    assert len(capture.read_bytes()) > 100


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with Children(tmp_path / "logs", ENVIRONMENT) as children:
        _, ports = started(children)

        children.run(["air", "--port", str(ports["hosts"])], codes=(75,))
