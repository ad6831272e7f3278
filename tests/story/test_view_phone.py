"""A phone's browser and a camera, each a process, on one air; what is said arrives.

Evidence, the dock and the camera are the real programs; the browser is an unmodified
Chromium with its own Web Bluetooth, which finds BlueZ on a bus of the test's own.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Page

from lapel.sim.actors import CameraActor
from lapel.sim.bluez.running import BluezAir, bluez_air
from lapel.sim.children import wait_for
from tests.evidence.world import PASSWORD
from tests.radio.browsing import Chooser, chromium
from tests.story.conftest import SOURCE, Town
from tests.story.test_view import annotated, pairing_mode

pytestmark = [pytest.mark.process, pytest.mark.browser, pytest.mark.bus]
PHONE = {"width": 390, "height": 844}
LINKED = "#link:text-is('Linked')"


@pytest.fixture(scope="module")
def phone() -> Iterator[BluezAir]:
    """An air, with a phone's Bluetooth on it."""
    with bluez_air() as made:
        yield made


@pytest.fixture
def camera(town: Town, phone: BluezAir) -> CameraActor:
    serial = f"X{next(town.serials):08d}"
    made = town.world.add_camera(serial, SOURCE)
    made.options = ("--air", phone.air.transport(serial))
    made.start()
    town.adopt(made)
    town.world.evidence.run("device", "assign", serial, "admin")
    return made


@pytest.fixture
def page(town: Town, phone: BluezAir) -> Iterator[Page]:
    """View's page, signed in."""
    with chromium(phone.environment) as browser:
        context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
        made = context.new_page()
        made.goto(town.world.evidence.run("enrol", "admin").strip())
        if made.locator("#password").count():
            made.fill("#password", PASSWORD)
            made.fill("#again", PASSWORD)
        made.click("main button.btn-main")
        made.wait_for_url("**/recordings")
        made.goto(f"{town.world.evidence.url}/view/")
        made.wait_for_selector("main section")
        yield made


def shown(camera: CameraActor) -> list[str]:
    """Read the colours that the camera flashes."""
    link = cast("dict[str, list[str]]", camera.state().get("link", {}))
    return link.get("flashes", [])


def said(page: Page, holds: Callable[[], bool], what: str) -> None:
    """Wait for another process while the page goes on."""

    def wait(seconds: float) -> bool:
        page.wait_for_timeout(seconds * 1000)
        return False

    wait_for(what, holds, wait, 30)


def pair(town: Town, camera: CameraActor, page: Page) -> None:
    """Pair as a person does, who compares the colours and confirms them on both."""
    page.click("[data-do=pair]")
    pairing_mode(town, camera)
    page.click("[data-do=look]")
    page.wait_for_selector("[data-do=same]", timeout=30_000)
    said(page, lambda: len(shown(camera)) == 8, "the camera to flash")
    words = page.locator(".flashes li").all_inner_texts()
    assert [word.split()[-1] for word in words] == shown(camera)
    camera.press("event")
    page.click("[data-do=same]")
    page.wait_for_selector("[data-trouble=find-again]", timeout=30_000)
    page.click("[data-do=connect]")
    page.wait_for_selector(LINKED, timeout=30_000)


def test_a_phone_pairs_annotates_loses_the_camera_and_comes_back(
    town: Town, camera: CameraActor, phone: BluezAir, page: Page
) -> None:
    """Over 10 s: six processes, a pairing by held buttons, a link that is lost."""
    chooser = Chooser(page)
    town.record(camera)
    pair(town, camera, page)
    assert chooser.chosen == 2
    assert page.locator("[data-recording]").count() == 1
    assert page.inner_text("[data-fact='state.battery']") == "100 %"

    phone.air.cut()
    page.wait_for_selector("[data-trouble]", timeout=30_000)
    page.wait_for_selector(LINKED, timeout=40_000)
    assert chooser.chosen == 2

    page.click("[data-recording]")
    page.check("[value='Theft']", force=True)
    page.fill("#ident", "26-118198")
    page.click("[data-do=save]")
    page.wait_for_selector("li:has-text('Described')", timeout=30_000)

    town.plug(camera)
    town.wait_step(camera)
    found = annotated(town, camera.serial)
    assert found is not None
    assert found[1:] == ("26-118198", "Theft")
    town.unplug(camera)


def test_a_computer_reaches_the_camera_by_its_own_bluetooth(
    town: Town, camera: CameraActor, phone: BluezAir, tmp_path: Path
) -> None:
    """Over 10 s: three processes; `lapel view` goes by an unmodified bleak."""

    def view(*words: str) -> object:
        where = ("--dir", tmp_path / "view", "--json")
        children, bus = town.world.children, phone.environment
        read: object = json.loads(children.run(["view", *words, *where], more=bus))
        return read

    view("enrol", town.world.evidence.run("code", "view").strip())
    pairing_mode(town, camera)
    assert view("pair", "--trust") == {"camera": camera.serial, "known_by": "grant"}
    town.record(camera)
    view("annotate", "last", "--title", "By bleak")
    listed = cast("list[dict[str, object]]", view("recordings"))
    assert [one["title"] for one in listed] == ["By bleak"]
    phone.air.cut()
    assert cast("dict[str, object]", view("state"))["held"] == 1


def test_recording_is_seen_at_a_glance(
    town: Town, camera: CameraActor, page: Page
) -> None:
    """Over 10 s: a pairing by held buttons, and a recording that begins."""
    Chooser(page)
    pair(town, camera, page)
    camera.press("event", "event")
    page.wait_for_selector("h1:has-text('Recording')", timeout=30_000)
    camera.press("--hold", "3.1", "event")
    page.wait_for_selector("[data-recording]", timeout=30_000)
    assert camera.state()["mode"] == "buffering"
