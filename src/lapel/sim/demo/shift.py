"""The shift itself: set up, put on, record, lose power, dock, keep, prove."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from lapel.base.clock import Clock
from lapel.sim.children import Child, Children, wait_for
from lapel.sim.demo.cameras import DemoCamera
from lapel.sim.demo.model import Outcome, Times, Told

BAYS: Final = 4
_RECORD_S: Final = 10.0
_OFFLOAD_LIMIT_S: Final = 120.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """Where the demo lives, what its cameras see, and for how long."""

    folder: Path
    sources: tuple[str, str, str]
    environment: Mapping[str, str]
    clock: Clock
    say: Say
    stop: threading.Event
    record_s: float = _RECORD_S


@dataclass
class Shift:
    """A running world; `play` takes it from nothing to the list."""

    plan: Plan
    children: Children
    url: str = ""
    sign_in: str = ""
    dock_status: str = ""
    cameras: list[DemoCamera] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)

    def play(self) -> Outcome:
        """Run the whole shift once."""
        self._mark()
        self._set_up()
        self._mark()
        self._record()
        self._mark()
        self._offload()
        told = self._prove()
        self._mark()
        return self._outcome(told)

    def _mark(self) -> None:
        self.marks.append(self.plan.clock.mono_ms())

    def _wait(self, seconds: float) -> bool:
        return self.plan.stop.wait(seconds)

    def _path(self, *names: str) -> Path:
        return self.plan.folder.joinpath(*names)

    def _set_up(self) -> None:
        self.plan.say("Starting Evidence, a dock with 4 bays and 3 cameras")
        evidence = self._start_evidence()
        self._start_dock()
        self._start_cameras(str(evidence["tenant"]), Path(str(evidence["ca"])))
        self.plan.say("The cameras are new: their first docking adopts them")
        self._dock_all("adopted")
        self._undock_all()

    def _start_evidence(self) -> dict[str, object]:
        words: list[str | Path] = ["evidence", "serve"]
        words += ["--dir", self._path("evidence")]
        words += ["--port", "0", "--device-port", "0", "--json"]
        words += ["--name", "Demo agency"]
        ready = self.children.start("evidence", words, read=True).first_line()
        self.url, self.sign_in = str(ready["url"]), str(ready["enrolment_link"])
        return ready

    def _start_dock(self) -> None:
        code = self.children.run(["evidence", "code", "--dir", self._path("evidence")])
        dock = self._path("dock")
        self.children.run(["dock", "adopt", "--dir", dock, code.strip()])
        words: list[str | Path] = ["dock", "run", "--dir", dock]
        words += ["--bays", str(BAYS), "--json"]
        self._follow(self.children.start("dock", words, read=True))

    def _follow(self, dock: Child) -> None:
        """Read the dock's lines, so that its pipe never fills."""
        self.dock_status = str(dock.first_line()["status"])
        threading.Thread(target=self._drain, args=(dock,), daemon=True).start()

    def _drain(self, dock: Child) -> None:
        if dock.process.stdout is not None:
            for _ in dock.process.stdout:
                pass

    def _start_cameras(self, tenant: str, authority: Path) -> None:
        factory = self._path("factory")
        kinds = (("X81000001", "body2"), ("X81000002", "body2"), ("F62000003", "flex2"))
        for (serial, model), source in zip(kinds, self.plan.sources, strict=True):
            camera = DemoCamera(
                self.children, serial, model, self._path("cameras", serial), source
            )
            voucher = camera.provision(factory, tenant, authority)
            maker = factory / "maker.pem"
            words: list[str | Path] = ["evidence", "voucher", "add", voucher]
            words += ["--dir", self._path("evidence"), "--maker", maker]
            self.children.run(words)
            camera.start()
            self.cameras.append(camera)

    def _bay(self, act: str, bay: int, *more: Path) -> None:
        where = ("--dir", self._path("dock"), "--bay", str(bay))
        self.children.run(["dock", act, *more, *where])

    def _dock_all(self, what: str) -> None:
        for bay, camera in enumerate(self.cameras, start=1):
            self._bay("plug", bay, camera.folder)
        for bay, camera in enumerate(self.cameras, start=1):
            wait_for(
                f"camera {camera.serial} to be {what}: {self._bays().get(bay)}",
                partial(self._is_done, bay, camera),
                self._wait,
                _OFFLOAD_LIMIT_S,
            )

    def _is_done(self, bay: int, camera: DemoCamera) -> bool:
        state = self._bays().get(bay, {})
        return state.get("camera") == camera.serial and state.get("step") == "done"

    def _bays(self) -> dict[int, dict[str, object]]:
        read = httpx.get(self.dock_status).json()
        return {int(bay["bay"]): bay for bay in read["bays"]}

    def _undock_all(self) -> None:
        for bay, camera in enumerate(self.cameras, start=1):
            self._bay("unplug", bay)
            camera.wait_mode("buffering", self._wait)

    def _record(self) -> None:
        self.plan.say(f"Recording {self.plan.record_s:.0f} s on each camera")
        for camera in self.cameras:
            camera.press("event", "event")
        for camera in self.cameras:
            camera.wait_mode("event", self._wait)
        self._wait(self.plan.record_s / 2)
        self.cameras[0].press("function")
        self._wait(self.plan.record_s / 2)
        victim = self.cameras[-1]
        self.plan.say(f"Camera {victim.serial} loses its power while it records")
        victim.kill()
        self.cameras[0].press("--hold", "3.2", "event")
        victim.start()
        victim.wait_mode("buffering", self._wait)

    def _offload(self) -> None:
        self.plan.say("Docking: recordings go to Evidence, receipts come back")
        self._dock_all("offloaded")

    def _prove(self) -> list[Told]:
        evidence = self._path("evidence")
        out = self._path("recordings")
        trust = self._path("agency.pem")
        self.children.run(["evidence", "trust", "--dir", evidence, "--out", trust])
        words: list[str | Path] = ["evidence", "export", "--dir", evidence]
        words += ["--out", out, "--json"]
        listed = json.loads(self.children.run(words))
        return [self._told(item, trust) for item in listed["recordings"]]

    def _told(self, item: Mapping[str, object], trust: Path) -> Told:
        mp4 = Path(str(item["mp4"]))
        verdict, code, seconds = self._verify(mp4, trust)
        serial = str(item["camera"])
        receipt = item.get("receipt")
        return Told(
            str(item["id"]),
            serial,
            seconds,
            str(item["sealed"]),
            str(item["envelope"]),
            str(mp4),
            verdict,
            code,
            None if receipt is None else str(receipt),
            self._deleted(serial, str(item["id"])),
        )

    def _verify(self, mp4: Path, trust: Path) -> tuple[str, str, float]:
        words: list[str | Path] = ["verify", mp4, "--trust", trust, "--json"]
        text = self.children.run(words, codes=(0, 1, 2, 3))
        (read,) = json.loads(text)["files"]
        return read["words"], read["code"], read["good_until"]["ms"] / 1000

    def _deleted(self, serial: str, recording: str) -> bool:
        """Whether no file of the recording is left on its camera."""
        (camera,) = [camera for camera in self.cameras if camera.serial == serial]
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
        complete = len({item.camera for item in told}) == len(self.cameras)
        return Outcome(
            complete and all(item.good for item in told),
            str(self.plan.folder),
            self.url,
            self.sign_in,
            str(self._path("agency.pem")),
            tuple(told),
            times,
        )
