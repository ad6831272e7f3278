"""The camera's process, a real host stack, a virtual air: pair, ask, come back."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from lapel.base.clock import ClockQuality
from lapel.camera.disk import Disk
from lapel.ports.system import SystemClock
from lapel.protocol.app_link import Wish
from lapel.protocol.link import Answered, Ended, Now, Why
from lapel.protocol.pairing import Identity
from lapel.radio.doors import open_central
from lapel.sim.air.running import Air
from lapel.sim.phone import LinkedCamera
from lapel.sim.talk import Talk
from lapel.wire.control import CameraMode, State

pytestmark = pytest.mark.process

CLOCK = SystemClock()
SOURCE = "synthetic:?size=64x48&rate=5&sound=0"
STARTED = {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PATH": os.defpath}


def now() -> Now:
    return Now(CLOCK.mono_ms(), CLOCK.utc_ms(), ClockQuality.RTC)


@dataclass
class Worn:
    """The folder of an adopted camera."""

    root: Path

    @contextmanager
    def run(self, transport: str) -> Generator["subprocess.Popen[str]"]:
        command = [sys.executable, "-m", "lapel.cli", "camera", "run"]
        options = ["--dir", str(self.root), "--source", SOURCE, "--air", transport]
        process = subprocess.Popen(  # noqa: S603
            [*command, *options],
            env=STARTED,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout
            process.stdout.readline()
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=20)

    def link(self) -> dict[str, object]:
        with suppress(OSError, ValueError):
            state = json.loads((self.root / "state.json").read_text())
            link: dict[str, object] = state["link"]
            return link
        return {}

    def chord(self) -> None:
        """Hold both buttons, in moments that have passed already."""
        end = CLOCK.mono_ms()
        keys = ("event", "function")
        lines = [f"{end - 3200} down {one}" for one in keys]
        lines += [f"{end - 10} up {one}" for one in keys]
        handle = os.open(self.root / "buttons", os.O_WRONLY | os.O_NONBLOCK)
        os.write(handle, ("\n".join(lines) + "\n").encode())
        os.close(handle)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  # a file of another process
            await asyncio.sleep(0.02)


@pytest.fixture
def adopted(tmp_path: Path) -> tuple[Worn, Identity]:
    first = LinkedCamera()
    identity = first.phone().identity
    files = Disk(tmp_path / "cam")
    for name, data in first.files.held.items():
        files.replace(name, bytes(data))
    return Worn(tmp_path / "cam"), identity


async def test_a_phone_pairs_with_the_process_and_finds_it_again(
    adopted: tuple[Worn, Identity],
) -> None:
    worn, identity = adopted
    with Air() as air:
        central = open_central(air.transport("phone"))
        pairing = Talk(identity, Wish(compare=False), now)
        with worn.run(air.transport("camera")):
            await until(lambda: worn.link().get("on_air") is True)
            worn.chord()
            await until(lambda: worn.link().get("pairing") is True)
            assert str(worn.link()["name"]).startswith("Camera ")
            await pairing.run(central)
            assert pairing.said(Ended) == [Ended(Why.PAIRED)]
            await until(lambda: worn.link().get("paired") == "view")
        with worn.run(air.transport("camera")):
            session = Talk(identity, Wish(pairing.kept[0]), now)
            await session.run(central)
        (answer,) = session.said(Answered)
        assert isinstance(answer.result, State)
        assert answer.result.mode is CameraMode.BUFFERING
        await central.close()


def test_without_its_air_a_camera_runs_and_says_so(
    adopted: tuple[Worn, Identity],
) -> None:
    worn, _ = adopted
    with worn.run("tcp-client:127.0.0.1:1") as process:
        assert process.stderr
        assert "radio is tried again" in process.stderr.readline()
        end = time.monotonic() + 20
        while not worn.link() and time.monotonic() < end:
            pass
        assert worn.link()["on_air"] is False
        assert process.poll() is None
