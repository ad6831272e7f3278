"""A wearer pairs a camera with `lapel view`, and what is said reaches Evidence."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from lapel.base import about
from lapel.crypto.digest import sha256
from lapel.sim.actors import CameraActor
from lapel.sim.air.running import Air
from lapel.sim.children import wait_for
from tests.story.conftest import SOURCE, Town

pytestmark = pytest.mark.process


class Viewer:
    """`lapel view` with a folder and a radio of its own."""

    def __init__(self, town: Town, folder: Path, transport: str) -> None:
        self._town = town
        self._where = ("--dir", folder, "--air", transport, "--json")

    def __call__(self, *words: str) -> dict[str, object]:
        read: dict[str, object] = json.loads(self._run(*words))
        return read

    def recordings(self) -> list[dict[str, object]]:
        read: list[dict[str, object]] = json.loads(self._run("recordings"))
        return read

    def _run(self, *words: str) -> str:
        return self._town.world.children.run(["view", *words, *self._where])


@pytest.fixture(scope="module")
def air() -> Iterator[Air]:
    with Air() as running:
        yield running


@pytest.fixture
def camera(town: Town, air: Air) -> CameraActor:
    """A camera of the agency, on the air."""
    serial = f"X{next(town.serials):08d}"
    made = town.world.add_camera(serial, SOURCE)
    made.options = ("--air", air.transport(serial))
    made.start()
    town.adopt(made)
    return made


@pytest.fixture
def view(town: Town, air: Air, tmp_path: Path) -> Viewer:
    return Viewer(town, tmp_path / "view", air.transport("laptop"))


def pairing_mode(town: Town, camera: CameraActor) -> None:
    """Hold both buttons."""
    camera.press("--hold", "3.3", "--together", "event", "function")

    def pairing() -> bool:
        link = cast("dict[str, object]", camera.state().get("link", {}))
        return link.get("pairing") is True

    wait_for("pairing mode", pairing, town.world.wait, 10)


def pair(town: Town, camera: CameraActor, view: Viewer) -> dict[str, object]:
    pairing_mode(town, camera)
    return view("pair", "--trust")


def follow(town: Town, camera: CameraActor, *policy: str) -> None:
    """Change the agency's policy, and dock the camera."""
    town.world.evidence.run("policy", *policy)
    town.adopt(camera)


def annotated(town: Town, serial: str) -> tuple[str, str, str] | None:
    """Read title, id and category of the camera's recording in Evidence."""
    (database,) = (town.world.folder / "evidence").glob("*.db")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        found: tuple[str, str, str] | None = connection.execute(
            "SELECT r.title, r.ident, c.name FROM recordings r"
            " JOIN categories c ON c.id = r.category WHERE r.serial = ?",
            (serial,),
        ).fetchone()
    connection.close()
    return found


def runs(town: Town, serial: str) -> tuple[int, bool]:
    """Read which settings the camera says it runs, and whether it was given those."""
    (database,) = (town.world.folder / "evidence").glob("*.db")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        version, hashed, document = connection.execute(
            "SELECT h.runs_version, h.runs_hash, d.document FROM journal_heads h"
            " JOIN settings_documents d ON d.serial = h.serial WHERE h.serial = ?"
            " ORDER BY d.version DESC LIMIT 1",
            (serial,),
        ).fetchone()
    connection.close()
    return int(version), sha256(document) == hashed


def test_a_camera_says_which_settings_it_runs(town: Town, camera: CameraActor) -> None:
    """Over 10 s: three processes, and two dockings."""
    version, given = runs(town, camera.serial)
    assert given
    listed = json.loads(town.world.evidence.run("device", "list", "--json"))
    (dock,) = (one for one in listed if one["kind"] == "dock")
    assert dock["version"] == about.version()
    follow(town, camera, "--permit", "volume")
    assert runs(town, camera.serial) == (version + 1, True)
    follow(town, camera, "--permit", "volume", "--permit", "stealth")


def test_what_is_said_with_view_reaches_evidence(
    town: Town, camera: CameraActor, view: Viewer
) -> None:
    """Over 10 s: three processes, a real host stack, pairing by held buttons."""
    town.world.evidence.run("device", "assign", camera.serial, "admin")
    code = town.world.evidence.run("code", "view").strip()
    assert view("enrol", code) == {
        "tenant": town.world.evidence.tenant,
        "cameras": [camera.serial],
    }
    town.record(camera)
    assert pair(town, camera, view) == {"camera": camera.serial, "known_by": "grant"}
    state = view("state")
    assert (state["mode"], state["held"], state["clock"]) == ("buffering", 1, "server")
    category = cast("list[str]", view("settings")["categories"])[0]
    view("annotate", "last", "--title", "Door", "--id", "A 17", "--category", category)
    assert [one["title"] for one in view.recordings()] == ["Door"]
    town.plug(camera)
    town.wait_step(camera)
    assert annotated(town, camera.serial) == ("Door", "A 17", category)
    town.unplug(camera)
    camera.wait_mode("buffering")
    assert view.recordings() == []
    view("unpair")


def test_the_camera_goes_on_recording_while_it_is_annotated(
    town: Town, camera: CameraActor, view: Viewer
) -> None:
    """Over 10 s: pairing by held buttons, and a recording that grows."""
    follow(town, camera, "--demand", "none")
    assert pair(town, camera, view) == {"camera": None, "known_by": "button"}
    follow(town, camera, "--demand", "more-than-buttons")
    camera.press("event", "event")
    camera.wait_mode("event")
    camera.wait_units(2)
    view("annotate", "last", "--title", "Under way", "--position", "52.52,13.405")
    before = camera.state()["units"]
    assert isinstance(before, int)
    camera.wait_units(before + 2)
    state = view("state")
    assert state["mode"] == "event"
