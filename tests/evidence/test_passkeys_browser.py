"""Passkeys in a real browser, with its own virtual authenticator."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import founded
from tests.evidence.world import PASSWORD, Server, serving

pytestmark = pytest.mark.browser
AUTHENTICATOR: dict[str, object] = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def tell(tool: CDPSession, what: str, values: dict[str, object]) -> dict[str, object]:
    """Tell the browser something of authenticators; give what it answers."""
    send: Callable[..., dict[str, object]] = getattr(tool, "send")  # noqa: B009
    return send(f"WebAuthn.{what}", values)


@dataclass
class Room:
    """A browser whose user has an authenticator and an account."""

    server: Server
    page: Page
    tool: CDPSession
    authenticator: str

    def add(self, name: str) -> None:
        self.page.goto(f"{self.server.url}/account")
        self.page.fill("#passkey-name", name)
        self.page.click("text=Add a passkey")
        self.page.wait_for_selector(f"b:text-is('{name}')")

    def verify(self, *, right: bool) -> None:
        """Let the authenticator know its user from now on, or not."""
        told: dict[str, object] = {
            "authenticatorId": self.authenticator,
            "isUserVerified": right,
        }
        tell(self.tool, "setUserVerified", told)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield made
        made.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("passkeys") / "evidence"
    with founded(folder, SystemClock(), system_entropy):
        pass
    with serving(folder) as made:
        yield made


@pytest.fixture
def room(server: Server, browser: Browser) -> Iterator[Room]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    tool = context.new_cdp_session(page)
    tell(tool, "enable", {})
    made = tell(tool, "addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto(server.run("enrol", "admin").strip())
    if page.query_selector("#again"):
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
    page.click("main button.btn-main")
    page.wait_for_url(re.compile("/(begin|recordings)$"))
    yield Room(server, page, tool, str(made["authenticatorId"]))
    context.close()


def test_a_passkey_signs_in_and_proves_who_it_is(room: Room) -> None:
    page = room.page
    room.add("This computer")
    page.context.clear_cookies()
    page.goto(f"{room.server.url}/sign-in?next=/people")
    page.click("text=Sign in with a passkey")
    page.wait_for_url(f"{room.server.url}/people")
    page.goto(f"{room.server.url}/account")
    assert "last used" in page.inner_text("main")


def test_nobody_verified_opens_nothing_and_the_page_says_so(room: Room) -> None:
    page = room.page
    room.add("Key")
    page.context.clear_cookies()
    room.verify(right=False)
    page.goto(f"{room.server.url}/sign-in")
    page.click("text=Sign in with a passkey")
    page.wait_for_selector("text=The browser gave no passkey")
    assert page.url.endswith("/sign-in")
    room.verify(right=True)
    page.click("text=Sign in with a passkey")
    page.wait_for_url("**/recordings")


def test_after_the_password_the_passkey_is_asked_for(room: Room) -> None:
    page = room.page
    room.add("Second")
    page.context.clear_cookies()
    page.goto(f"{room.server.url}/sign-in")
    page.fill("#name", "admin")
    page.fill("#password", PASSWORD)
    page.click("main button.btn-main")
    page.wait_for_selector("text=asks for its passkey")
    page.click("text=Sign in with a passkey")
    page.wait_for_url("**/recordings")


def test_without_script_pages_say_that_passkeys_need_it(room: Room) -> None:
    context = room.page.context.browser
    assert context is not None
    page = context.new_context(java_script_enabled=False).new_page()
    page.goto(f"{room.server.url}/sign-in")
    assert "Passkeys need script" in page.inner_text("main")
    assert not page.is_visible("text=Sign in with a passkey")
    page.goto(f"{room.server.url}/sign-in".replace("localhost", "127.0.0.1"))
    assert "bound to a name" in page.inner_text("main")
    page.context.close()
