"""Each main task of the service, done by keyboard alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import founded
from lapel.sim.forge import Media
from tests.evidence.apart import furnish
from tests.evidence.world import PASSWORD, serving

pytestmark = pytest.mark.browser
NAME: Final = """() => {
  const one = document.activeElement;
  const label = one.labels?.[0]?.textContent;
  const said = one.getAttribute("aria-label") ?? label ?? one.textContent;
  return [said.trim().replace(/\\s+/g, " "), one.matches(":focus-visible")];
}"""
MOST: Final = 80


class Hands:
    """Somebody without a mouse."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.url + path)

    def to(self, name: str) -> None:
        """Walk to the control of this name; it must be seen to have the focus."""
        passed: list[str] = []
        for _ in range(MOST):
            self.page.keyboard.press("Tab")
            said, seen = self.page.evaluate(NAME)
            passed.append(said[:30])
            if said.startswith(name):
                assert seen, name
                return
        raise AssertionError(f"no way by Tab to {name}; on it lay {passed}")

    def press(self, name: str, *, leads: bool = True) -> None:
        """Walk to a control and press it."""
        self.to(name)
        if not leads:
            self.page.keyboard.press("Enter")
            return
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type(self, name: str, words: str) -> None:
        """Walk to a field and write over what is in it."""
        self.to(name)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(words)

    @property
    def text(self) -> str:
        """What the page says."""
        return self.page.inner_text("main")


@pytest.fixture(scope="module")
def start(
    tmp_path_factory: pytest.TempPathFactory, film: Media
) -> Iterator[tuple[Browser, str, Path]]:
    folder = tmp_path_factory.mktemp("keys")
    with founded(folder / "evidence", SystemClock(), system_entropy) as agency:
        furnish(agency, film, "ours")
        secret = agency.secret
    with serving(folder / "evidence") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        page = browser.new_page()
        hands = Hands(page, server.url)
        hands.open(f"/enrol/{secret}")
        hands.type("Password", PASSWORD)
        hands.type("The same again", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/recordings")
        page.context.storage_state(path=folder / "state.json")
        yield browser, server.url, folder / "state.json"
        browser.close()


@pytest.fixture
def hands(start: tuple[Browser, str, Path]) -> Iterator[Hands]:
    browser, url, state = start
    context = browser.new_context(storage_state=state)
    yield Hands(context.new_page(), url)
    context.close()


def test_signing_out_and_in(start: tuple[Browser, str, Path]) -> None:
    browser, url, _ = start
    context = browser.new_context()
    hands = Hands(context.new_page(), url)
    hands.open("/sign-in")
    hands.type("Account", "admin")
    hands.type("Password", PASSWORD)
    hands.press("Sign in")
    assert hands.page.url.endswith("/recordings")
    hands.press("Administrator, administrator", leads=False)
    hands.press("Sign out")
    assert "/sign-in" in hands.page.url
    context.close()


def test_finding_naming_and_filing_a_recording(hands: Hands) -> None:
    hands.open("/recordings")
    hands.page.keyboard.press("/")
    hands.page.keyboard.type("X8")
    with hands.page.expect_navigation():
        hands.page.keyboard.press("Enter")
    hands.page.keyboard.press("j")
    with hands.page.expect_navigation():
        hands.page.keyboard.press("Enter")
    hands.press("Edit title", leads=False)
    hands.type("Title", "Corner of the market")
    hands.press("Save")
    assert "Corner of the market" in hands.text


def test_playing_a_recording(hands: Hands) -> None:
    hands.open("/recordings")
    hands.page.keyboard.press("j")
    with hands.page.expect_navigation():
        hands.page.keyboard.press("Enter")
    hands.page.wait_for_selector("#player[data-ready]")
    hands.to("Play")
    hands.page.keyboard.press("Space")
    hands.page.wait_for_function(
        "() => document.querySelector('video').currentTime > 0"
    )


def test_taking_custody_out(hands: Hands) -> None:
    hands.open("/custody")
    for name in ("For paper", "As a table", "With proofs"):
        hands.to(name)
        with hands.page.expect_download() as taken:
            hands.page.keyboard.press("Enter")
        assert taken.value.failure() is None


def test_inviting_somebody_and_closing_their_account(hands: Hands) -> None:
    hands.open("/people")
    hands.press("Invite")
    hands.type("Name", "Robin Vale")
    hands.type("Account", "robin")
    hands.to("auditor")
    hands.page.keyboard.press("Space")
    hands.press("Make the link")
    assert "Robin Vale" in hands.text
    hands.open("/people")
    hands.press("Robin Vale")
    hands.press("Close the account", leads=False)
    hands.to("Robin Vale shall not sign in")
    hands.page.keyboard.press("Space")
    hands.press("Close the account")
    assert "closed" in hands.text


def test_making_a_group_and_a_role(hands: Hands) -> None:
    hands.open("/groups/new")
    hands.type("Name", "Night shift")
    hands.press("Save")
    assert "Night shift" in hands.text
    hands.open("/roles/new")
    hands.type("Name", "Reader")
    hands.to("Find recordings")
    hands.page.keyboard.press("Space")
    hands.press("Save")
    assert "Reader" in hands.text


def test_changing_what_holds_for_signing_in(hands: Hands) -> None:
    hands.open("/people/sign-in")
    hands.type("Text to read first", "For work only.")
    hands.press("Save")
    hands.open("/sign-in")
    assert "For work only." in hands.text


def test_giving_a_camera_to_somebody(hands: Hands) -> None:
    hands.open("/devices")
    hands.press("X8")
    hands.press("Take it back")
    hands.type("Give it to", "admin")
    hands.press("Give it")
    assert "Administrator since" in hands.text
    hands.press("It is lost", leads=False)
    hands.type("Why", "Fell into the river")
    hands.press("Say it is lost")
    assert "This device is lost" in hands.text


def test_choosing_settings(hands: Hands) -> None:
    hands.open("/settings")
    hands.press("Change what counts")
    hands.type("Seconds kept from before", "45")
    hands.type("Why", "As decided")
    hands.press("Look at what it does")
    assert "30 s → 45 s" in hands.text
    hands.press("Save it")
    assert "As decided" in hands.text


def test_deciding_on_what_is_held_aside(hands: Hands) -> None:
    hands.open("/held")
    hands.press("Refuse for good", leads=False)
    hands.to("This file shall not be taken in")
    hands.page.keyboard.press("Space")
    hands.press("Refuse for good")
    assert "Nothing is held aside" in hands.text


def test_one_s_own_password_and_sessions(hands: Hands) -> None:
    hands.open("/account")
    hands.press("Add an app")
    assert "code" in hands.text
