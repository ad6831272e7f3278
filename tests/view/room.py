"""Evidence with View's page, a worn camera, and a browser between them."""

# pyright: standard

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lapel.base.clock import ClockQuality
from lapel.crypto.cose import sign
from lapel.crypto.keys import PrivateKey
from lapel.crypto.noise import P256Pair
from lapel.evidence.people.model import Author
from lapel.ports.system import SystemClock, system_entropy
from lapel.protocol.pairing import APPS, Identity, Policy, Trust
from lapel.sim.agency import founded
from lapel.wire.control import Listed
from lapel.wire.grant import Grant, GrantRole
from tests.evidence.world import PASSWORD, Server, serving
from tests.view.worn import Worn

NEWEST = (b"\x09" * 16).hex()
LINKED = "#link:text-is('Linked')"
SCRIPT = Path(__file__).parent / "js" / "radio.js"
SERIAL = "B2-004417"
PHONES_MOST = 12
PHONE = {"width": 390, "height": 844}
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@dataclass(frozen=True)
class Agency:
    """What is needed to make cameras of the agency."""

    grant_key: PrivateKey
    tenant: str

    def camera(self, *, granted: bool = True, serial: str = SERIAL) -> Identity:
        pair = P256Pair.fresh(system_entropy)
        until = SystemClock().utc_ms() + 86_400_000
        grant = Grant(pair.point, GrantRole.CAMERA, serial, None, until, self.tenant)
        signed = sign("grant", grant.encode(), self.grant_key) if granted else b""
        trust = Trust(APPS, self.grant_key.public, self.tenant)
        return Identity(pair, signed, trust, system_entropy)


@dataclass
class Room:
    """A server, a browser that has signed in, and cameras."""

    server: Server
    browser: Browser
    agency: Agency
    signed_in: Path
    complaints: list[str] = field(default_factory=list[str])
    phones: int = 0

    def worn(self, *, granted: bool = True, policy: Policy | None = None) -> Worn:
        worn = Worn(
            self.agency.camera(granted=granted), SystemClock(), policy or Policy()
        )
        worn.listed = shift(worn.now.utc_ms)
        return worn

    def context(self, worn: Worn | None, **more: object) -> BrowserContext:
        self.phones += 1
        if self.phones % PHONES_MOST == 0:
            self.take_back()
        wanted: dict[str, object] = {
            "viewport": PHONE,
            "service_workers": "block",
            **more,
        }
        wanted.setdefault("storage_state", self.signed_in)
        context = self.browser.new_context(**cast("dict[str, Any]", wanted))
        if worn is not None:
            context.expose_binding("lapelRadio", radio_of(worn))
            context.add_init_script(path=SCRIPT)
        return context

    def take_back(self) -> None:
        """Take every phone's app out of use: a person may have sixteen."""
        context = self.browser.new_context(storage_state=self.signed_in)
        page = context.new_page()
        page.goto(f"{self.server.url}/devices")
        csrf = page.input_value("[name=csrf] >> nth=0")
        forms = page.locator("form[action^='/devices/apps/']")
        found = [one.get_attribute("action") for one in forms.all()]
        origin = {"Origin": self.server.url}
        for address in filter(None, found):
            if not address.endswith("/code"):
                where = f"{self.server.url}{address}"
                context.request.post(
                    where, form={"csrf": csrf, "sure": "1"}, headers=origin
                )
        context.close()

    def page(self, worn: Worn | None, **more: object) -> Page:
        page = self.context(worn, **more).new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._note(said.type, said.text))
        page.goto(self.view)
        page.wait_for_selector("main section")
        return page

    @property
    def view(self) -> str:
        return f"{self.server.url}/view/"

    def _note(self, kind: str, words: str) -> None:
        if kind == "error":
            self.complaints.append(words)


def radio_of(worn: Worn) -> Callable[[object, str], str]:
    """Give the function that the page calls."""
    return lambda _page, given: worn.radio(given)


def shift(now_ms: int) -> list[Listed]:
    """Two recordings of this shift, and one of the week before."""
    minute = 60_000
    told = (
        (7, 61 * minute, 22 * minute, "Interview"),
        (9, 33 * minute, 449_000, None),
        (3, 7 * 1440 * minute, 5 * minute, None),
    )
    return [
        Listed(
            bytes([seq]) * 16,
            seq,
            now_ms - ago,
            ClockQuality.SERVER,
            lasted,
            False,
            None,
            None,
            category,
        )
        for seq, ago, lasted, category in told
    ]


@contextmanager
def opened(folder: Path) -> Generator[Room]:
    """Open the room."""
    with founded(folder / "evidence", SystemClock(), system_entropy) as made:
        made.camera(SERIAL)
        admin = made.site.people.named("admin")
        assert admin is not None
        made.site.holding.assign(SERIAL, admin.id, Author(admin, "::1").who())
        agency = Agency(made.site.keys.grant, made.site.tenant.id)
    with serving(folder / "evidence") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=ARGS
        )
        page = browser.new_page()
        page.goto(server.run("enrol", "admin").strip())
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
        page.click("main button.btn-main")
        page.wait_for_url("**/recordings")
        state = folder / "state.json"
        page.context.storage_state(path=state)
        page.context.close()
        yield Room(server, browser, agency, state)
        browser.close()


def pair(page: Page, worn: Worn) -> None:
    """Pair by the page, as a person does."""
    page.click("[data-do=pair]")
    worn.chord()
    page.click("[data-do=look]")
    page.wait_for_selector("[data-do=same]")
    page.click("[data-do=same]")
    page.wait_for_selector("[data-trouble=find-again]")
    connect(page)


def paired(room: Room) -> tuple[Worn, Page]:
    worn = room.worn()
    page = room.page(worn)
    pair(page, worn)
    return worn, page


def connect(page: Page) -> None:
    """Tap Connect: the list has one entry."""
    page.click("[data-do=connect]")
    page.wait_for_selector(LINKED)
