"""kill -9 at each write of the link: old or new, and whoever was paired gets in."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lapel.base import faults
from lapel.camera.peer import FILE
from lapel.sim.phone import LinkedCamera, Phone
from lapel.sim.storage import MemoryFiles
from lapel.wire.control import LinkVerb, Recordings, RecordingsBefore
from lapel.wire.pairing import Pairings
from tests.camera.link_child import NAME

pytestmark = pytest.mark.process

SOURCE = Path(__file__).parents[2] / "src"
CHILD = Path(__file__).parent / "link_child.py"
POINTS = {
    "camera.pairing.hidden": (2, "paired"),
    "camera.pairing.kept": (2, "paired"),
    "camera.pairing.journaled": (2, "paired"),
    "camera.annotation.journaled": (1, "paired paired-again"),
    "camera.annotation.noted": (1, "paired paired-again"),
    "camera.wearer.written": (1, "paired paired-again annotated"),
    "camera.pairing.erased": (1, "paired paired-again annotated chosen"),
}
"""Each point, at which time it ends the process, and what had been done by then."""


def killed_at(folder: Path, point: str) -> tuple[LinkedCamera, Phone]:
    """Run until the point, and boot from what the disk has."""
    nth, done = POINTS[point]
    environment = {
        "PYTHONPATH": f"{SOURCE}{os.pathsep}{SOURCE.parent}",
        "PATH": os.defpath,
        faults.VARIABLE: f"{point}:{nth}",
    }
    command = [sys.executable, str(CHILD), str(folder)]
    ended = subprocess.run(command, env=environment, check=False)  # noqa: S603
    assert ended.returncode == -signal.SIGKILL
    assert (folder / "done").read_text() == done
    root = folder / "cam"
    held = {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".new"
    }
    worn = LinkedCamera(MemoryFiles(held))
    worn.clock.go_on(600_000)
    worn.camera.switch(on=True)
    worn.step()
    phone = worn.phone(NAME)
    phone.pairings = Pairings.decode((folder / "phone").read_bytes())
    return worn, phone


def title(phone: Phone) -> str | None:
    call = phone.open()
    asked = RecordingsBefore(None)
    (one,) = call.asked(LinkVerb.RECORDINGS, asked, Recordings).page
    return one.title


@pytest.mark.parametrize("point", [one for one in POINTS if "erased" not in one])
def test_whoever_was_paired_gets_back_in(point: str, tmp_path: Path) -> None:
    worn, phone = killed_at(tmp_path, point)
    before = "annotation" not in point and "wearer" not in point
    assert title(phone) == (None if before else "Stop")
    silent = worn.camera.speaker.chosen.volume == 0
    assert silent == (point == "camera.wearer.written")


def test_a_pairing_that_was_erased_is_gone(tmp_path: Path) -> None:
    worn, phone = killed_at(tmp_path, "camera.pairing.erased")
    assert worn.files.size(FILE) is None
    with pytest.raises(TimeoutError):
        phone.open()


def test_every_point_of_the_link_is_tried() -> None:
    text = "".join(path.read_text() for path in SOURCE.rglob("lapel/camera/*.py"))
    points = set(re.findall(r'point\("(camera\.[a-z]+\.[a-z]+)"\)', text))
    ours = {"pairing", "annotation", "wearer"}
    assert {point for point in points if point.split(".")[1] in ours} == set(POINTS)
