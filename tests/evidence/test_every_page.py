"""Every page of the map, in a real browser: for everybody, on every width, calm.

A page is looked at because its route is in the crawler's table; none is named twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import founded
from lapel.sim.forge import Media
from tests import axe
from tests.evidence.apart import Call, furnish
from tests.evidence.test_apart import NAMELESS, ROUTES
from tests.evidence.world import PASSWORD, serving

pytestmark = [pytest.mark.browser, pytest.mark.npm]
OVER: Final = """() => { const e = document.documentElement;
  return e.scrollWidth - e.clientWidth }"""
MOVING: Final = """() => document.getAnimations()
  .filter((one) => one.effect?.getComputedTiming().duration > 0).length"""
OPEN: Final = """() => document.querySelectorAll("details")
  .forEach((one) => { one.open = true })"""
SEND: Final = """([path, fields]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  const csrf = document.querySelector("[name=csrf]");
  for (const [name, value] of Object.entries({ csrf: csrf?.value ?? "", ...fields })) {
    const field = document.createElement("input");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""
ALSO: Final = (
    "/nothing",
    "/recordings?q=nothing+fits",
    "/recordings?before=x",
    "/devices/{vehicle}",
    "/devices/{accessory}",
    "/devices?group={team}",
    "/devices/groups/new",
)
"""Pages without a route of their own: what is not there, what finds nothing."""
ANSWERS: Final = (
    ("/sign-in", {"name": "admin", "password": "not the password"}, "did not work"),
    ("/account", {"act": "password", "password": "a", "again": "b"}, "password"),
    ("/account/factor", {"act": "begin"}, "code"),
    ("/people/invite", {"shown": "", "name": ""}, "name"),
    ("/roles/new", {"name": ""}, "name"),
    ("/devices/add", {"what": "vehicle", "label": "Car", "ssid": ""}, "network"),
    ("/devices/add", {"what": "vehicle", "label": "Car", "ssid": "Car 1"}, "record"),
    ("/devices/groups/new", {"name": ""}, "name"),
    ("/people/provider", {"issuer": "http://x.org", "name": "x"}, "https"),
    ("/programs", {"name": ""}, "name"),
    (
        "/programs",
        {"name": "Nightly", "permission": "any:custody:read", "days": "1"},
        "Its secret",
    ),
)
"""Forms that are not taken, or lead on, and a word of what they then show."""


@dataclass(frozen=True)
class Visitor:
    """A browser that is signed in where everything is, and where one comes from."""

    browser: Browser
    url: str
    state: Path
    pages: tuple[str, ...]

    def context(
        self, width: int = 1280, theme: Literal["light", "dark"] = "light"
    ) -> BrowserContext:
        return self.browser.new_context(
            storage_state=self.state,
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce",
        )


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory, film: Media) -> Iterator[Visitor]:
    folder = tmp_path_factory.mktemp("map")
    with founded(folder / "evidence", SystemClock(), system_entropy) as agency:
        ids = furnish(agency, film, "ours")
        secret = agency.secret
    calls = {way: Call(way[1], 200) for way in NAMELESS} | ROUTES
    paths = [ids.fill(call.path) for (way, _), call in calls.items() if way == "get"]
    with serving(folder / "evidence") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        page = browser.new_page()
        page.goto(f"{server.url}/enrol/{secret}")
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
        page.click("main button.btn-main")
        page.wait_for_url("**/recordings")
        page.context.storage_state(path=folder / "state.json")
        found = [
            path
            for path in sorted({*paths, *map(ids.fill, ALSO)})
            if not path.startswith("/device/")
            and "text/html" in _kind(page, server.url + path)
        ]
        yield Visitor(browser, server.url, folder / "state.json", tuple(found))
        browser.close()


def _kind(page: Page, address: str) -> str:
    answer = page.request.get(address, headers={"Accept": "text/html"}, max_redirects=0)
    return answer.headers.get("content-type", "")


def test_the_map_is_whole(visitor: Visitor) -> None:
    known = ("/sign-in", "/recordings", "/custody", "/people", "/nothing")
    assert set(known) <= {path.partition("?")[0] for path in visitor.pages}
    assert len(visitor.pages) > 20


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.timeout(120)  # Chromium draws each page, and axe reads all of it.
def test_no_page_shuts_anybody_out(
    visitor: Visitor, theme: Literal["light", "dark"]
) -> None:
    context = visitor.context(theme=theme)
    page = context.new_page()
    found: dict[str, list[str]] = {}
    for path in visitor.pages:
        page.goto(visitor.url + path)
        page.evaluate(OPEN)
        found[path] = axe.faults(page)
        assert page.locator("h1").count() == 1, path
    context.close()
    assert {path: some for path, some in found.items() if some} == {}


@pytest.mark.timeout(120)  # As above.
def test_no_answer_to_a_form_shuts_anybody_out(visitor: Visitor) -> None:
    context = visitor.context()
    page = context.new_page()
    for path, fields, word in ANSWERS:
        page.goto(f"{visitor.url}/account")
        with page.expect_navigation():
            page.evaluate(SEND, [path, fields])
        assert word in page.inner_text("main"), path
        assert axe.faults(page) == [], path
    context.close()


@pytest.mark.parametrize("width", [320, 640, 768, 1280])
def test_no_page_is_wider_than_its_window(visitor: Visitor, width: int) -> None:
    """320 is a phone, or 1280 at 400 %; 640 is 1280 at 200 %."""
    context = visitor.context(width)
    page = context.new_page()
    for path in visitor.pages:
        page.goto(visitor.url + path)
        assert page.evaluate(OVER) <= 0, path
        assert page.evaluate(MOVING) == 0, path
    context.close()
