"""A camera on a real file system that has no room left."""

import subprocess
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

from lapel.wire.port import Code, Verb
from tests.camera.test_process import Worn, wait


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """Mount a file system of 8 MB where the camera's folder will be."""
    place = tmp_path / "cam"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603
        pytest.skip("needs leave to mount, which this container does not give")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)  # noqa: S603, S607


def fill(path: Path) -> None:
    """Take all the room that there is."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.mark.root
@pytest.mark.process
def test_a_disk_that_fills_up_under_a_recording_costs_none_of_it(
    small_disk: Path,
) -> None:
    worn = Worn.new(small_disk)
    ballast = worn.root / "ballast"
    with worn.run() as process:
        wait(lambda: float(str(worn.state()["buffered_seconds"])) > 2)
        worn.press("event", "event")
        wait(lambda: int(str(worn.state()["units"])) > 2)
        fill(ballast)
        wait(lambda: worn.state()["mode"] == "buffering")
        assert "memory full" in str(worn.state()["sounds"])
        process.kill()
    with worn.run():
        worn.plug()
        hello = worn.host(owned=False).ask(Verb.HELLO)
        assert hello.code is Code.DONE
    ballast.unlink()
    (kept,) = worn.recover().desk.store.kept()
    assert kept.closing is not None
