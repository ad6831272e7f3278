"""The verifier's page in a browser: opened from disk, without a network."""

from collections.abc import Generator
from pathlib import Path
from urllib.request import pathname2url

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from lapel.proof.recording import judge
from lapel.proof.trust import Trust
from lapel.sim.forge import NOON_MS, Signer, authority, closing
from tests.golden import media
from tests.proof.parcel import parcel
from tests.proof.server import LOG, believing, receipt, told
from tests.proof.test_attacks import AGENCY, DATA, MADE
from tests.proof.twin import trust_files
from tools import verifier

pytestmark = pytest.mark.browser
TRUST = Trust((AGENCY.certificate,))


@pytest.fixture(scope="module")
def context() -> Generator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        made = browser.new_context(offline=True)
        yield made
        browser.close()


@pytest.fixture
def page(context: BrowserContext) -> Generator[Page]:
    made = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    made.on("console", lambda message: complaints.append(message.text))
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("request", lambda request: requests.append(request.url))
    made.clock.set_fixed_time(NOON_MS / 1000)
    address = "file://" + pathname2url(str(verifier.FILE))
    made.goto(address)
    yield made
    made.close()
    assert complaints == []
    assert requests == [address]


def give(page: Page, folder: Path, files: dict[str, bytes]) -> None:
    """Choose files, as a person does."""
    paths = [folder / name for name in files]
    for path in paths:
        path.write_bytes(files[path.name])
    page.locator("#files").set_input_files(paths)
    page.get_by_text("on this machine alone").wait_for()


def test_a_recording_is_judged_with_what_lies_beside_it(
    page: Page, tmp_path: Path
) -> None:
    trust = believing(TRUST)
    beside = {
        "a.closing": closing(MADE, DATA, sealed=False),
        "a.receipt": receipt(told(MADE, DATA, NOON_MS - 7)),
        "trust.pem": b"".join(trust_files(trust)),
    }
    give(page, tmp_path, {"a.mp4": DATA, **beside})
    verdict = page.locator(".verdict")
    assert verdict.locator("h2").inner_text() == "AUTHENTIC [authentic]"
    assert f"custody log {LOG.name}" in verdict.inner_text()
    give(page, tmp_path, {"b.mp4": DATA[:-9] + bytes(9)})
    assert "NOT CLOSED" in verdict.locator("h2").inner_text()
    changed = bytearray(DATA)
    changed[len(DATA) // 2] ^= 1
    give(page, tmp_path, {"c.mp4": bytes(changed)})
    report = judge(memoryview(changed), TRUST, NOON_MS)
    assert verdict.locator("h2").inner_text() == report.line


def test_a_package_is_believed_only_after_its_anchor_was_compared(
    page: Page, tmp_path: Path
) -> None:
    agency = authority("Northfield")
    whole = parcel(media(), Signer.of(agency), agency)
    give(page, tmp_path, {"p.zip": whole.data})
    title = page.locator(".verdict h2").first
    assert title.inner_text() == "SIGNED, SIGNER UNKNOWN [unknown-signer]"
    box = page.get_by_role("checkbox").first
    box.focus()
    page.keyboard.press("Space")
    page.get_by_role("heading", name="AUTHENTIC [authentic]").wait_for()
    assert "Northfield" in page.locator(".verdict dl").first.inner_text()
    assert "lapel verify" in page.locator(".verdict").last.inner_text()
    page.keyboard.press("Space")
    page.get_by_role("heading", name="SIGNER UNKNOWN").wait_for()


def test_custody_is_shown_and_a_changed_part_is_named(
    page: Page, tmp_path: Path
) -> None:
    agency = authority()
    whole = parcel(media(), Signer.of(agency), agency)
    trust = believing(Trust((agency.certificate,)))
    files = b"".join(trust_files(trust))
    give(page, tmp_path, {"w.zip": whole.data, "w.pem": files})
    page.get_by_role("heading", name="PACKAGE AS THE LOG SAYS").wait_for()
    assert page.locator(".custody li").count() == len(whole.numbers)
    assert "A. Okafor" in page.locator(".custody").inner_text()
    give(page, tmp_path, {"x.zip": whole.of({"report.txt": b"It was another."})})
    page.get_by_role("heading", name="PACKAGE TAMPERED").wait_for()
    assert "report.txt is not what was put in" in page.locator("#results").inner_text()
    assert page.locator(".verdict h2").first.inner_text() == "AUTHENTIC [authentic]"


def test_a_damaged_package_is_named_and_not_judged(page: Page, tmp_path: Path) -> None:
    agency = authority()
    data = parcel(media(), Signer.of(agency), agency).data
    path = tmp_path / "d.zip"
    path.write_bytes(data[:-3])
    page.locator("#files").set_input_files(path)
    page.get_by_text("d.zip: not a proof package").wait_for()
    assert page.locator(".verdict").count() == 0


def test_a_recording_larger_than_the_window_is_read_in_slices(
    page: Page, tmp_path: Path
) -> None:
    large = DATA + bytes(9 << 20)
    made = closing(MADE, large, sealed=False, links=3)
    trust = b"".join(trust_files(TRUST))
    give(page, tmp_path, {"l.mp4": large, "l.closing": made, "t.pem": trust})
    assert "TAMPERED" in page.locator(".verdict h2").inner_text()


def test_the_page_names_nothing_that_it_would_fetch() -> None:
    text = verifier.FILE.read_text()
    assert "default-src 'none'" in text
    for kind in ("http:", "fetch(", "XMLHttpRequest", "<link", "<img", "src="):
        assert kind not in text.replace("http://www.w3.org/2000/svg", "")
