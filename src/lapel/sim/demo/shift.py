"""The shift itself: set up, put on, record, lose power, dock, keep, prove."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lapel.base.clock import Clock
from lapel.sim.actors import CameraActor
from lapel.sim.children import Children
from lapel.sim.demo.model import Outcome, Times, Told
from lapel.sim.world import World

BAYS: Final = 4
CAMERAS: Final = (
    ("X81000001", "body2"),
    ("X81000002", "body2"),
    ("F62000003", "flex2"),
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """Where the demo lives, what its cameras see, and for how long."""

    folder: Path
    sources: tuple[str, str, str]
    clock: Clock
    say: Say
    stop: threading.Event
    record_s: float = 10.0


@dataclass
class Shift:
    """A running world; `play` takes it from nothing to the list."""

    plan: Plan
    world: World
    cameras: list[CameraActor] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, plan: Plan, children: Children) -> "Shift":
        """Make the world in the plan's folder."""
        return cls(plan, World(plan.folder, children, plan.stop.wait))

    def play(self) -> Outcome:
        """Run the whole shift once."""
        self._mark()
        self._set_up()
        self._mark()
        self._record()
        self._mark()
        self.plan.say("Docking: recordings go to Evidence, receipts come back")
        self._dock_all()
        told = self._prove()
        self._mark()
        return self._outcome(told)

    def _mark(self) -> None:
        self.marks.append(self.plan.clock.mono_ms())

    def _set_up(self) -> None:
        self.plan.say("Starting Evidence, a dock with 4 bays and 3 cameras")
        self.world.evidence.start()
        self.world.add_dock(BAYS).start()
        for (serial, model), source in zip(CAMERAS, self.plan.sources, strict=True):
            camera = self.world.add_camera(serial, source, model)
            camera.start()
            self.cameras.append(camera)
        self.plan.say("The cameras are new: their first docking adopts them")
        self._dock_all()
        for bay, camera in enumerate(self.cameras, start=1):
            self.world.docks[0].unplug(bay)
            camera.wait_mode("buffering")

    def _dock_all(self) -> None:
        (dock,) = self.world.docks
        for bay, camera in enumerate(self.cameras, start=1):
            dock.plug(bay, camera)
        for bay, camera in enumerate(self.cameras, start=1):
            dock.wait_step(bay, camera, "done")

    def _record(self) -> None:
        self.plan.say(f"Recording {self.plan.record_s:.0f} s on each camera")
        for camera in self.cameras:
            camera.press("event", "event")
        for camera in self.cameras:
            camera.wait_mode("event")
        self.plan.stop.wait(self.plan.record_s / 2)
        self.cameras[0].press("function")
        self.plan.stop.wait(self.plan.record_s / 2)
        victim = self.cameras[-1]
        self.plan.say(f"Camera {victim.serial} loses its power while it records")
        victim.kill()
        self.cameras[0].press("--hold", "3.2", "event")
        victim.start()
        victim.wait_mode("buffering")

    def _prove(self) -> list[Told]:
        trust = self.world.evidence.trust(self.plan.folder / "agency.pem")
        listed = self.world.evidence.export(self.plan.folder / "recordings")
        return [self._told(item, trust) for item in listed]

    def _told(self, item: Mapping[str, object], trust: Path) -> Told:
        mp4 = Path(str(item["mp4"]))
        said = self.world.verify(mp4, trust)
        start, end = str(said.get("start_ms", 0)), str(said.get("end_ms", 0))
        camera, receipt = str(item["camera"]), item.get("receipt")
        return Told(
            str(item["id"]),
            camera,
            (int(end) - int(start)) / 1000,
            str(item["sealed"]),
            str(item["envelope"]),
            str(mp4),
            str(said["words"]),
            str(said["code"]),
            None if receipt is None else str(receipt),
            self._deleted(self.world.cameras[camera], str(item["id"])),
        )

    def _deleted(self, camera: CameraActor, recording: str) -> bool:
        """Whether no file of the recording is left on its camera."""
        named = (recording, recording.replace("-", ""))
        names = [path.name for path in camera.folder.rglob("*") if path.is_file()]
        return not any(name.startswith(named) for name in names)

    def _outcome(self, told: Sequence[Told]) -> Outcome:
        begin, set_up, recorded, ended = self.marks
        times = Times(
            (set_up - begin) / 1000,
            (recorded - set_up) / 1000,
            (ended - recorded) / 1000,
            (ended - begin) / 1000,
        )
        complete = {item.camera for item in told} == {c.serial for c in self.cameras}
        evidence = self.world.evidence
        return Outcome(
            complete and all(item.good for item in told),
            str(self.plan.folder),
            evidence.url,
            str(evidence.ready["enrolment_link"]),
            str(self.plan.folder / "agency.pem"),
            tuple(told),
            times,
        )
