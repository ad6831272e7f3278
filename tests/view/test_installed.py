"""View's page as an installed app: exact files, offline, headers, own crypto."""

# pyright: standard

import json
import re
from typing import Protocol

import httpx
import pytest
from playwright.sync_api import Page

from tests.golden import VECTORS
from tests.view.room import Room
from tools import viewfiles

pytestmark = pytest.mark.browser
LINK = (
    "hello",
    "fragments",
    "cbor_cose",
    "noise",
    "noise-public",
    "sas",
    "frames",
    "grant",
    "wifi",
)
CONTROLLED = """async () => {
  await navigator.serviceWorker.ready;
  const [name] = await caches.keys();
  return [name, (await (await caches.open(name)).keys()).map((one) => one.url)];
}"""


class Line(Protocol):
    """A line to the browser's own tools."""

    def send(self, method: str) -> dict[str, list[dict[str, str]]]: ...


def installed(room: Room) -> tuple[Page, list[str]]:
    page = room.page(room.worn(), service_workers="allow")
    _, kept = page.evaluate(CONTROLLED)
    return page, kept


def test_exactly_the_listed_files_are_kept(room: Room) -> None:
    page, kept = installed(room)
    wanted = {str(httpx.URL(page.url).join(name)) for name in viewfiles.listed()}
    assert set(kept) == wanted
    assert not room.complaints


def test_it_works_without_network_after_the_first_visit(room: Room) -> None:
    page, _ = installed(room)
    page.wait_for_selector("text=Signed in, with a grant until")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("[data-do=pair]")
    page.wait_for_selector("text=Evidence is out of reach. The grant you have is used")
    page.goto(f"{room.view}?from=home#settings")
    page.wait_for_selector("[name=theme]")
    page.context.set_offline(False)
    room.complaints.clear()  # the browser notes each request that found nobody


def test_a_file_that_is_not_as_listed_is_never_kept(room: Room) -> None:
    context = room.context(room.worn(), service_workers="allow")
    context.route(
        "**/view/words.js", lambda route: route.fulfill(body="// another's words")
    )
    page = context.new_page()
    page.goto(f"{room.view}manifest.webmanifest")
    found = page.evaluate(
        """async () => {
          const made = await navigator.serviceWorker.register("sw.js");
          const worker = made.installing;
          return new Promise((give) => {
            const look = () => worker.state.match(/redundant|activated/)
              && give(worker.state);
            worker.addEventListener("statechange", look);
            look();
          });
        }"""
    )
    assert found == "redundant"


def test_browsers_offer_to_install_it(room: Room) -> None:
    page, _ = installed(room)
    line: Line = page.context.new_cdp_session(page)
    assert line.send("Page.getAppManifest")["errors"] == []
    errors = line.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in errors] in ([], ["in-incognito"])


def test_the_page_has_its_own_headers_and_others_have_no_bluetooth(room: Room) -> None:
    with room.server.client() as client:
        page = client.get("/view/")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        allowed = page.headers["permissions-policy"]
        assert "bluetooth=(self), geolocation=(self)" in allowed
        assert page.headers["cache-control"] == "no-cache"
        assert page.headers["x-content-type-options"] == "nosniff"
        tag = {"If-None-Match": page.headers["etag"]}
        assert client.get("/view/", headers=tag).status_code == 304
        other = client.get("/sign-in").headers["permissions-policy"]
        assert "bluetooth=()" in other
        assert (
            client.get("/view/sw.js")
            .headers["content-type"]
            .startswith("text/javascript")
        )
        assert client.get("/view", follow_redirects=False).headers["location"] == (
            "/view/"
        )


@pytest.mark.parametrize(
    "path", ["/view/nothing.js", "/view/../site.py", "/view/%2e%2e/%2e%2e/__init__.py"]
)
def test_nothing_but_the_folder_s_files_is_served(room: Room, path: str) -> None:
    with room.server.client() as client:
        assert client.get(path).status_code == 404


def test_the_page_has_no_script_inside_and_loads_nothing_from_elsewhere(
    room: Room,
) -> None:
    asked: list[str] = []
    page = room.context(room.worn()).new_page()
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto(room.view)
    page.wait_for_selector("[data-do=pair]")
    assert all(url.startswith(room.server.url) for url in asked)
    source = (viewfiles.WEB / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*src=)", source) == []
    assert " style=" not in source
    assert "bridge" not in "".join(
        path.read_text() for path in viewfiles.WEB.rglob("*.js")
    )


def test_every_golden_vector_holds_in_chromium_too(room: Room) -> None:
    vectors = {
        name: json.loads((VECTORS / f"{name}.json").read_text()) for name in LINK
    }
    source = (VECTORS.parent / "view" / "js" / "vectors.mjs").read_text()
    context = room.context(None)
    context.route(
        "**/view/vectors.mjs",
        lambda route: route.fulfill(body=source, content_type="text/javascript"),
    )
    page = context.new_page()
    page.goto(room.view)
    found = page.evaluate(
        """async (vectors) => {
          const { check } = await import("/view/vectors.mjs");
          return check(vectors, (name) => import(`/view/link/${name}`));
        }""",
        vectors,
    )
    assert not found["failed"]
    assert len(found["held"]) > 100
