"""A running agency for each worker: Evidence and a dock, and cameras as they come."""

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lapel.sim.actors import CameraActor, DockActor
from lapel.sim.children import Children
from lapel.sim.world import World

GOOD = {"authentic", "closed-by-power-loss"}
SOURCE = "synthetic:?size=160x120&rate=10"


@dataclass
class Town:
    """A world whose Evidence and dock run; cameras get bays of their own."""

    world: World
    dock: DockActor
    serials: Iterator[int]
    bays: Iterator[int]
    trust: Path
    used: dict[str, int] = field(default_factory=dict)

    def camera(self, fault: str | None = None, source: str = SOURCE) -> CameraActor:
        """Make and start a new camera."""
        serial = f"X{next(self.serials):08d}"
        camera = self.world.add_camera(serial, source)
        camera.start(faulty(fault))
        return camera

    def bay_of(self, camera: CameraActor) -> int:
        """Give the bay that belongs to a camera in these tests."""
        if camera.serial not in self.used:
            self.used[camera.serial] = next(self.bays)
        return self.used[camera.serial]

    def plug(self, camera: CameraActor) -> None:
        """Put a camera into its bay."""
        self.dock.plug(self.bay_of(camera), camera)

    def unplug(self, camera: CameraActor) -> None:
        """Take it out."""
        self.dock.unplug(self.bay_of(camera))

    def wait_step(self, camera: CameraActor, step: str = "done") -> dict[str, object]:
        """Wait until the camera's bay has come to a step."""
        return self.dock.wait_step(self.bay_of(camera), camera, step, 60)

    def adopt(self, camera: CameraActor) -> None:
        """Dock a new camera, and take it out again."""
        self.plug(camera)
        self.wait_step(camera)
        self.unplug(camera)
        camera.wait_mode("buffering")

    def record(self, camera: CameraActor, units: int = 2) -> None:
        """Record a little."""
        camera.press("event", "event")
        camera.wait_mode("event")
        camera.wait_units(units)
        camera.press("--hold", "3.1", "event")
        camera.wait_mode("buffering")

    def kept(self, camera: CameraActor, out: Path) -> list[dict[str, object]]:
        """What Evidence holds of a camera: exported, verified, with receipts."""
        out.mkdir(parents=True, exist_ok=True)
        found: list[dict[str, object]] = []
        for item in self.world.evidence.export(out):
            if item["camera"] == camera.serial:
                said = self.world.verify(Path(str(item["mp4"])), self.trust)
                assert said["code"] in GOOD, said
                assert item["receipt"]
                found.append({**item, **said})
        return found


def faulty(fault: str | None) -> dict[str, str]:
    """Environment in which a process dies at a point."""
    return {} if fault is None else {"LAPEL_FAULT": fault}


@pytest.fixture(scope="session")
def never_stop() -> Callable[[float], bool]:
    """Wait, and never ask to stop."""
    return threading.Event().wait


@pytest.fixture(scope="session")
def town(
    tmp_path_factory: pytest.TempPathFactory, never_stop: Callable[[float], bool]
) -> Iterator[Town]:
    """Start the agency of this worker."""
    folder = tmp_path_factory.mktemp("town")
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}  # noqa: TID251
    with Children(folder / "logs", environment) as children:
        world = World(folder, children, never_stop)
        world.evidence.start()
        dock = world.add_dock(200)
        dock.start()
        trust = world.evidence.trust(folder / "agency.pem")
        yield Town(world, dock, itertools.count(81_000_001), itertools.count(1), trust)
