"""Every fault point in camera, dock and server, each tried with kill -9.

Whatever died and wherever: after a restart every recording is closed, arrives, proves
itself, and leaves the camera only with its receipt.
"""

import random
import re
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from lapel.base.errors import LapelError
from lapel.sim.actors import CameraActor
from lapel.sim.children import Child, wait_for
from tests.conftest import seed
from tests.story.conftest import Town, faulty

pytestmark = pytest.mark.process

SOURCE = Path(__file__).parents[2] / "src" / "lapel"
POINTS = sorted(
    {
        name
        for path in SOURCE.rglob("*.py")
        for name in re.findall(r'point\("([a-z.-]+)"\)', path.read_text())
    }
)
NOT_ON_THIS_WAY = {
    "camera.release.owner": "a release; tests/camera tries it",
    "camera.pairing.hidden": "a pairing; tests/camera/test_link_faults.py tries it",
    "camera.pairing.kept": "the same",
    "camera.pairing.journaled": "the same",
    "camera.pairing.erased": "the same",
    "camera.annotation.journaled": "the same",
    "camera.annotation.noted": "the same",
    "camera.wearer.written": "the same",
    "camera.journal.trimmed": "a trim; tests/camera tries it",
    "ingest.after-hold": "a recording held aside; tests/evidence tries it",
}
RECOVERING = {"camera.recovery.cut", "camera.recovery.journaled"}
CAMERA = [p for p in POINTS if p.startswith("camera.") and p not in NOT_ON_THIS_WAY]
DOCK = [p for p in POINTS if p.startswith("dock.")]
SERVER = [
    p
    for p in POINTS
    if p.startswith(("ingest.", "journals.")) and p not in NOT_ON_THIS_WAY
]


NTH = {"camera.part.written": ":3", "camera.part.synced": ":3"}
"""Points that are passed once a second: die at the third second."""

FIXED = {
    "camera.part.synced",
    "camera.adopt.keys",
    "dock.copy.sent",
    "ingest.after-row",
}
"""Always tried; the others by the day, and all of them in `make deep`."""


def sampled(points: list[str], most: int) -> list[ParameterSet]:
    chosen = set(random.Random(seed()).sample(points, most)) | FIXED  # noqa: S311
    rest = pytest.mark.deep
    return [pytest.param(p, marks=() if p in chosen else rest) for p in points]


def died(child: Child | None) -> bool:
    return child is not None and not child.alive()


def revive(camera: CameraActor) -> bool:
    """Start a camera again if it died; says whether it did."""
    if not died(camera.process):
        return False
    camera.start()
    return True


def shift(town: Town, camera: CameraActor) -> bool:
    """Adopt, record, dock; a camera that dies is started again. Says whether it did."""
    revived = False
    for step in (dock_it, undock_it, begin, finish, dock_it):
        try:
            step(town, camera)
        except (LapelError, AssertionError):
            assert died(camera.process), "it hangs though it is alive"
        if revive(camera):
            revived = True
            if step in (dock_it, undock_it):
                step(town, camera)
    return revived


def settled(town: Town, camera: CameraActor) -> None:
    def there() -> bool:
        assert not died(camera.process)
        state = town.dock.bay(town.bay_of(camera))
        return (state["camera"], state["step"]) == (camera.serial, "done")

    wait_for("the docking to end", there, town.world.wait, 60)


def owned(camera: CameraActor) -> bool:
    return (camera.folder / "owner").exists()


def in_mode(town: Town, camera: CameraActor, mode: str) -> None:
    def there() -> bool:
        assert not died(camera.process)
        return camera.state().get("mode") == mode

    wait_for(f"mode {mode}", there, town.world.wait, 30)


def dock_it(town: Town, camera: CameraActor) -> None:
    if not (town.dock.folder / "bays" / str(town.bay_of(camera))).is_symlink():
        town.plug(camera)
    settled(town, camera)


def undock_it(town: Town, camera: CameraActor) -> None:
    if (town.dock.folder / "bays" / str(town.bay_of(camera))).is_symlink():
        town.unplug(camera)
    in_mode(town, camera, "buffering")


def begin(town: Town, camera: CameraActor) -> None:
    camera.press("event", "event")
    in_mode(town, camera, "event")


def finish(town: Town, camera: CameraActor) -> None:
    def recorded() -> bool:
        assert not died(camera.process)
        return camera.state().get("units", 0) in (2, 3, 4, 5)

    if camera.state().get("mode") == "event":
        wait_for("two units", recorded, town.world.wait, 30)
        camera.press("--hold", "3.1", "event")
    in_mode(town, camera, "buffering")


@pytest.mark.parametrize("point", sampled(CAMERA, 3))
def test_a_camera_that_dies_loses_nothing(
    town: Town, point: str, tmp_path: Path
) -> None:
    if point in RECOVERING:
        camera = town.camera()
        town.adopt(camera)
        begin(town, camera)
        camera.wait_units(2)
        camera.kill()
        camera.start(faulty(point))
        wait_for(
            "the recovery to die", lambda: died(camera.process), town.world.wait, 30
        )
        camera.start()
        in_mode(town, camera, "buffering")
        dock_it(town, camera)
    else:
        camera = town.camera(point + NTH.get(point, ""))
        assert shift(town, camera), f"{point} was never reached"
    assert camera.recordings() == []
    kept = town.kept(camera, tmp_path)
    assert len(kept) <= 2
    if not point.startswith("camera.start."):
        assert kept


@pytest.mark.parametrize("point", sampled(DOCK, 1))
def test_a_dock_that_dies_goes_on_where_it_was(
    town: Town, point: str, tmp_path: Path
) -> None:
    camera = town.camera()
    if not point.startswith("dock.adopt."):
        town.adopt(camera)
        town.record(camera)
    if point.startswith("dock.release."):
        town.world.evidence.run(
            "device", "say", camera.serial, "released", "--why", "a test"
        )
    town.dock.kill()
    town.dock.start(faulty(point))
    town.plug(camera)
    process = town.dock.process
    wait_for(f"the dock to die at {point}", lambda: died(process), town.world.wait, 40)
    town.dock.start()
    if point == "dock.release.got":
        town.wait_step(camera, "released")
    elif point == "dock.release.given":
        # The camera is nobody's by now: another agency's voucher may come.
        town.wait_step(camera, "problem")
    else:
        town.wait_step(camera)
    if point.startswith("dock.adopt."):
        town.unplug(camera)
        camera.wait_mode("buffering")
        town.record(camera)
        town.plug(camera)
        town.wait_step(camera)
    assert camera.recordings() == []
    assert owned(camera) != point.startswith("dock.release.")
    assert len(town.kept(camera, tmp_path)) == 1


@pytest.mark.parametrize("point", sampled(SERVER, 1))
def test_a_server_that_dies_takes_in_each_recording_once(
    town: Town, point: str, tmp_path: Path
) -> None:
    camera = town.camera()
    town.adopt(camera)
    town.record(camera)
    town.world.evidence.kill()
    town.world.evidence.start(faulty(point))
    town.plug(camera)
    process = town.world.evidence.process
    wait_for(
        f"the server to die at {point}", lambda: died(process), town.world.wait, 40
    )
    town.world.evidence.kill()
    assert camera.recordings() or point == "ingest.after-receipt"
    town.world.evidence.start()
    town.wait_step(camera)
    assert camera.recordings() == []
    assert len(town.kept(camera, tmp_path)) == 1


def test_every_fault_point_is_tried() -> None:
    assert set(CAMERA) | set(DOCK) | set(SERVER) | set(NOT_ON_THIS_WAY) == set(POINTS)
