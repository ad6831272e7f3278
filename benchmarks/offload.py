"""From camera to receipt: four cameras, one dock, beside what the parts cost alone."""

import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.floor import Floor, measure
from benchmarks.ingest import cpu_of
from benchmarks.report import Row
from lapel.camera.disk import Disk
from lapel.camera.models import model
from lapel.camera.recorder import Begun
from lapel.camera.recording import Recording, Unit
from lapel.camera.rulebook import Rulebook
from lapel.dock.cable import plug
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.actors import CameraActor
from lapel.sim.camera import MODEL, boot
from lapel.sim.children import Child, Children
from lapel.sim.forge import unit
from lapel.sim.packets import shape
from lapel.sim.world import World
from lapel.wire.media import Init
from lapel.wire.recording import Reason, Sound, Trigger, TriggerKind

CAMERAS: Final = 4
UNITS: Final = 256
UNIT: Final = 1 << 20
CORES: Final = 2


@dataclass(frozen=True, slots=True)
class Spent:
    """One offload: bytes, seconds, and CPU seconds of each side."""

    size: int
    wall_s: float
    camera_s: float
    dock_s: float
    server_s: float


def fill(folder: Path) -> int:
    """Write a recording into a camera that is off; gives its bytes."""
    files, clock = Disk(folder), SystemClock()
    keys = Rulebook(files, model(MODEL)).evidence_keys()
    bench = boot(files, clock, system_entropy, keys)
    trigger = Trigger(TriggerKind.BUTTON, b"")
    begun = Begun(trigger, clock.mono_ms(), 0, sound_before=False, continues=None)
    opening = bench.opening(shape(sound=False), begun)
    scale = Init.parse(opening.init).video.timescale
    recording, payload = Recording(bench.desk, opening), os.urandom(UNIT)
    for number in range(UNITS):
        data = unit(number + 1, number * scale, scale, payload)
        recording.add(Unit(data, 1000 * number, clock.mono_ms(), Sound.FILLED))
    size = recording.size
    recording.close(Reason.BUTTON)
    return size


def _process(child: Child | None) -> int:
    if child is None:
        raise RuntimeError("a process that was not started")
    return child.process.pid


def _adopted(world: World, number: int) -> CameraActor:
    camera = world.add_camera(f"X8200000{number}", "synthetic:?size=160x120&rate=5")
    camera.start()
    (dock,) = world.docks
    dock.plug(number, camera)
    dock.wait_step(number, camera, "done")
    dock.unplug(number)
    camera.wait_mode("buffering")
    return camera


def _spend(world: World) -> Spent:
    cameras = [_adopted(world, number) for number in range(1, CAMERAS + 1)]
    size = 0
    for camera in cameras:
        if camera.process is not None:
            camera.process.stop()
        size += fill(camera.folder)
        camera.options = ("--off",)
        camera.start()
    (dock,) = world.docks
    sides = (
        [_process(camera.process) for camera in cameras],
        [_process(dock.process)],
        [_process(world.evidence.process)],
    )
    before = [sum(cpu_of(process) for process in side) for side in sides]
    started = time.perf_counter()
    for number, camera in enumerate(cameras, start=1):
        plug(camera.folder, dock.folder, number)
    for number, camera in enumerate(cameras, start=1):
        dock.wait_step(number, camera, "done", 600)
    wall = time.perf_counter() - started
    after = [sum(cpu_of(process) for process in side) for side in sides]
    spent = [late - early for early, late in zip(before, after, strict=True)]
    if any(camera.recordings() for camera in cameras):
        raise RuntimeError("a recording is still on its camera")
    return Spent(size, wall, *spent)


def _terms(spent: Spent, floor: Floor) -> str:
    gb = spent.size / 1e9
    return (
        f"{gb:.2f} GB in {spent.wall_s:.1f} s; CPU s/GB: camera "
        f"{spent.camera_s / gb:.2f}, dock {spent.dock_s / gb:.2f}, server "
        f"{spent.server_s / gb:.2f}; limit {CORES} cores / (4 x TLS {floor.tls:.2f} + "
        f"2 x SHA-256 {floor.sha:.2f} + GCM {floor.gcm:.2f} + write and fsync "
        f"{floor.write:.2f})"
    )


def rows(folder: Path) -> list[Row]:
    """Measure; needs 3 GB in `folder`."""
    environment = dict(os.environ)  # noqa: TID251
    with Children(folder / "logs", environment) as children:
        world = World(folder, children, threading.Event().wait)
        world.evidence.start()
        world.add_dock(CAMERAS).start()
        spent = _spend(world)
    floor = measure(folder)
    limit = CORES / floor.cpu_per_gb
    speed = spent.size / 1e9 / spent.wall_s
    sys.stderr.write(f"offload: {speed:.2f} GB/s of {limit:.2f} GB/s\n")
    name, peer = "camera to receipt, 4 cameras", "the cost of its parts"
    return [Row(name, peer, speed / limit, 0.5, _terms(spent, floor))]
