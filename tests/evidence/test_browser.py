"""The pages in a real browser: the player, keys, and life without script."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from lapel.base.ids import recording_name
from lapel.sim.film import shoot
from tests.evidence.test_tus import add, place
from tests.evidence.world import PASSWORD, World, inhabited

pytestmark = pytest.mark.browser
SECONDS = 90


@dataclass
class Room:
    """A browser that is signed in."""

    world: World
    browser: Browser
    state: Path
    complaints: list[str] = field(default_factory=list[str])

    def page(self, *, script: bool = True, width: int = 1280) -> Page:
        context = self.browser.new_context(
            storage_state=self.state,
            java_script_enabled=script,
            viewport={"width": width, "height": 900},
        )
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._note(said.type, said.text))
        return page

    def _note(self, kind: str, words: str) -> None:
        if kind == "error":
            self.complaints.append(words)

    @property
    def recording(self) -> str:
        name = recording_name(self.world.sent[0].recording)
        return f"{self.world.server.url}/recordings/{name}"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("room")
    with inhabited(folder / "evidence", shoot(SECONDS), 2) as world:
        with world.dock() as dock:
            for sent in world.sent:
                where = place(dock, sent)
                add(dock, where, 0, sent.stored)
                dock.post(f"{where}/commit", content=sent.closing).raise_for_status()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            )
            page = browser.new_page()
            page.goto(world.server.run("enrol", "admin").strip())
            page.fill("#password", PASSWORD)
            page.fill("#again", PASSWORD)
            page.click("main button.btn-main")
            page.wait_for_url("**/recordings")
            page.context.storage_state(path=folder / "state.json")
            yield Room(world, browser, folder / "state.json")
            browser.close()


def opened(room: Room) -> Page:
    page = room.page()
    page.goto(room.recording)
    page.wait_for_selector("#player[data-ready]")
    return page


def at(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def wait_for_picture(page: Page, seconds: float) -> None:
    page.wait_for_function(
        "at => { const v = document.querySelector('video'); return !v.seeking"
        " && Math.abs(v.currentTime - at) < 0.5 && v.readyState >= 2 }",
        arg=seconds,
    )


def test_a_seek_fetches_what_it_shows_and_not_the_file(room: Room) -> None:
    page = room.page()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.headers.get("range", "")))
    page.goto(room.recording)
    page.wait_for_selector("#player[data-ready]")
    assert page.get_attribute("#player", "data-ready") == "source"
    wait_for_picture(page, 0)
    asked.clear()
    page.evaluate("document.querySelector('video').currentTime = 80")
    wait_for_picture(page, 80)
    index = page.evaluate(
        "fetch(document.querySelector('#player').dataset.index).then(a => a.json())"
    )
    first = next(r for r in asked if r)
    assert int(first.removeprefix("bytes=").split("-")[0]) >= index["parts"][80][0]
    assert float(page.evaluate("document.querySelector('video').duration")) == (
        pytest.approx(SECONDS, abs=0.2)
    )


def test_it_plays_to_the_end(room: Room) -> None:
    page = opened(room)
    page.evaluate(
        "() => { const v = document.querySelector('video'); v.muted = true;"
        f" v.currentTime = {SECONDS - 2}; v.play(); }}"
    )
    page.wait_for_function(
        "() => document.querySelector('video').ended", timeout=20_000
    )


def test_keys_move_the_picture(room: Room) -> None:
    page = opened(room)
    page.focus("#player")
    page.keyboard.press("ArrowRight")
    wait_for_picture(page, 5)
    page.keyboard.press("Shift+ArrowLeft")
    wait_for_picture(page, 4)
    page.keyboard.press("]")
    page.wait_for_function("() => document.querySelector('video').currentTime > 80")
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.keyboard.press("Escape")
    assert not page.is_visible("#keys")


def test_moments_are_links_into_the_picture(room: Room) -> None:
    page = opened(room)
    page.click(".moments li:last-child a")
    page.wait_for_function("() => document.querySelector('video').currentTime > 80")
    assert page.locator(".moments [aria-current]").count() == 1


def test_the_list_is_walked_and_filed_by_keys(room: Room) -> None:
    page = room.page()
    page.goto(f"{room.world.server.url}/recordings")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    assert page.locator(".pick:checked").count() == 2
    assert page.is_visible(".bulk")
    page.keyboard.press("Escape")
    assert page.locator(".pick:checked").count() == 0
    page.select_option("[data-file] >> nth=0", label="Theft")
    page.wait_for_selector("td:text-is('Theft')")


def test_enter_and_space_press_what_has_the_focus(room: Room) -> None:
    page = room.page()
    page.goto(f"{room.world.server.url}/recordings")
    page.locator(".nav.only-wide a[href='/custody']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/custody")
    page = opened(room)
    page.locator("[data-do=on]").focus()
    page.keyboard.press("Space")
    wait_for_picture(page, 5)
    assert page.evaluate("document.querySelector('video').paused")


def test_single_keys_can_be_turned_off(room: Room) -> None:
    page = opened(room)
    page.focus("#player")
    page.keyboard.press("?")
    page.uncheck("#keys [data-keys-on]")
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("#player[data-ready]")
    page.focus("#player")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("?")
    assert not page.is_visible("#keys")
    assert at(page) == 0


def test_a_page_that_lost_its_server_says_so_and_comes_back(room: Room) -> None:
    page = room.page()
    page.goto(f"{room.recording}")
    page.wait_for_selector("#player[data-ready]")
    seen = len(room.complaints)
    page.locator("#edit summary").click()
    page.fill("#title", "Typed while away")
    page.context.set_offline(True)
    page.wait_for_selector(".live:has-text('does not answer')")
    page.locator("#edit button.btn-main").click()
    page.wait_for_selector(".live:has-text('What you typed is kept')")
    assert page.input_value("#title") == "Typed while away"
    page.context.set_offline(False)
    page.wait_for_selector(".live:has-text('there again')")
    page.locator("#edit button.btn-main").click()
    page.wait_for_selector("h1:text-is('Typed while away')")
    del room.complaints[seen:]  # the browser notes each request that found nobody


def test_a_list_that_lost_its_server_is_fresh_when_it_is_back(room: Room) -> None:
    page = room.page()
    page.goto(f"{room.world.server.url}/recordings")
    seen = len(room.complaints)
    page.context.set_offline(True)
    page.wait_for_selector(".live:has-text('does not answer')")
    with page.expect_navigation():
        page.context.set_offline(False)
    del room.complaints[seen:]


def test_the_session_s_end_is_said_and_leads_back(room: Room) -> None:
    context = room.browser.new_context()
    page = context.new_page()
    page.goto(room.recording)
    assert "/sign-in" in page.url
    page.fill("#name", "admin")
    page.fill("#password", PASSWORD)
    page.click("main button.btn-main")
    assert page.url == room.recording


def test_without_script_the_browser_s_own_player_plays(room: Room) -> None:
    page = room.page(script=False)
    page.goto(room.recording)
    video = page.locator("video")
    assert video.get_attribute("controls") is not None
    assert video.get_attribute("src") is not None
    assert not page.is_visible(".controls")
    page.fill("#q", "X810")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recordings?q=X810")
    assert page.locator("[data-row]").count() == 2


@pytest.mark.parametrize("width", [360, 1280])
def test_a_title_without_spaces_makes_no_page_wider(room: Room, width: int) -> None:
    page = opened(room)
    page.click("#edit summary")
    page.fill("#title", "Wordwithoutend" * 14)
    page.click("#edit button.btn-main")
    page.wait_for_selector("h1:has-text('Wordwithoutend')")
    page = room.page(width=width)
    url = room.world.server.url
    for path in (f"{url}/recordings", room.recording, f"{room.recording}/custody"):
        page.goto(path)
        over = page.evaluate(
            "() => { const e = document.documentElement;"
            " return e.scrollWidth - e.clientWidth }"
        )
        assert over <= 0, path


def test_the_browser_had_nothing_to_complain_of(room: Room) -> None:
    assert room.complaints == []
