"""Texts of pages: all through one catalogue, and none too long for its place."""

import gettext
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from typing_extensions import override

from lapel.base.ids import recording_name
from lapel.evidence.jobs.service import make_pictures
from lapel.evidence.web import app, clock, words
from lapel.evidence.web.visit import Front
from lapel.sim.agency import Agency
from lapel.sim.forge import Media, Story
from tests.evidence.world import PASSWORD

PORT = 8600
OPEN, SHUT = "\u27e6", "\u27e7"
NAMES = re.compile(
    r"Lapel|Evidence|body2|Port Ellery Police|Administrator|administrator|Europe/London"
    r"|auditor|supervisor|officer|evidence clerk"
    r"|admin"
    r"|GENESIS|SHA-256|UTC|lapel [a-z ]+|Space|Enter|Esc|Shift|Traffic stop|Disturbance"
    r"|Welfare check|Theft|Arrest|Use of force|Interview|Test, no value|NAME|FILE"
)


class Pseudo(gettext.NullTranslations):
    """Marks every text and makes it longer by two fifths."""

    @override
    def gettext(self, message: str) -> str:
        return OPEN + message + "~" * (2 * len(message) // 5) + SHUT

    @override
    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def bare(page: str) -> str:
    """Give the words of a page that did not come through the catalogue."""
    body = page[page.index("<body>") :]
    body = re.sub(f"{OPEN}[^{OPEN}{SHUT}]*{SHUT}", " ", body)
    body = re.sub(f"{OPEN}.*?{SHUT}", " ", body, flags=re.DOTALL)
    said = r'(<[^>]*?)\b(?:aria-label|placeholder|title|alt)="([^"]*)"'
    for _ in range(4):
        body = re.sub(said, r"\2 \1", body)
    shown = re.sub(r"<(code|pre|dd|kbd)\b.*?</\1>", " ", body, flags=re.DOTALL)
    shown = re.sub(r'class="[^"]*(mono|num|clock)[^"]*">[^<]*<', "><", shown)
    shown = re.sub(r"&[a-z]+;", " ", shown)
    return NAMES.sub(" ", re.sub(r"<[^>]*>", " ", shown))


@pytest.fixture
def client(agency: Agency, film: Media) -> Iterator[TestClient[Litestar]]:
    site = agency.site
    now = site.ground.clock.utc_ms()
    agency.take_in(
        agency.record(film, Story(bytes(16), now - 90_000, pre_event_ms=1500))
    )
    make_pictures(site)
    built = app.build(agency.server, Front(PORT), Pseudo())
    with TestClient(built, base_url=f"http://127.0.0.1:{PORT}") as made:
        made.post(
            f"/enrol/{agency.secret}",
            data={
                "password": PASSWORD,
                "again": PASSWORD,
            },
        )
        yield made


def test_no_text_of_a_page_is_hard_coded(
    client: TestClient[Litestar], agency: Agency
) -> None:
    page = f"/recordings/{recording_name(bytes(16))}"
    paths: tuple[str, ...] = (
        "/recordings",
        "/recordings?q=zz",
        "/recordings?tab=arriving",
        page,
    )
    paths += (f"{page}/custody", "/custody", "/held", "/devices", "/state")
    admin = agency.site.people.named("admin")
    assert admin is not None
    paths += ("/people", "/people/invite", f"/people/{admin.id}", "/groups")
    paths += ("/settings", "/settings/layer", "/settings/layer?scope=role/officer")
    paths += ("/settings/compliance", "/devices/X81004417")
    for path in (*paths, "/groups/new", "/roles", "/roles/new", "/roles/officer"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        left = set(re.findall(r"[A-Za-z]{4,}", bare(answer.text)))
        assert not left, (path, left)


def test_open_pages_go_through_the_catalogue_too(
    client: TestClient[Litestar],
) -> None:
    client.cookies.clear()
    for path in ("/sign-in", "/enrol/used", "/nothing"):
        left = set(re.findall(r"[A-Za-z]{4,}", bare(client.get(path).text)))
        assert not left, (path, left)


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (400, "0 s"),
        (12_000, "12 s"),
        (449_000, "7 min 29 s"),
        (6_420_000, "1 h 47 min"),
    ],
)
def test_lengths_are_said_as_the_guide_says(ms: int, said: str) -> None:
    assert clock.length(ms) == said


def test_times_stand_in_the_agency_s_zone_over_a_change_of_clocks() -> None:
    local = clock.Local(ZoneInfo("Europe/London"), words.catalogue())
    before = 1_792_889_999_000  # 2026-10-25 00:59:59 UTC, the last second of summer
    assert local.both(before) == "Sun 25 Oct, 01:59:59"
    assert local.offset(before) == "+01:00"
    assert local.both(before + 1000) == "Sun 25 Oct, 01:00:00"
    assert local.offset(before + 1000) == "+00:00"
    assert local.utc(before) == "2026-10-25T00:59:59.000Z"


def test_english_has_a_printer_s_apostrophe() -> None:
    assert words.catalogue().gettext("the camera's") == "the camera\u2019s"


def test_a_day_to_which_is_searched_ends_with_it_also_when_clocks_change() -> None:
    local = clock.Local(ZoneInfo("Europe/London"), words.catalogue())
    first, end = local.day_ms("2026-10-25"), local.day_ms("2026-10-25", after=True)
    assert first is not None
    assert end is not None
    assert end - first == 25 * 3_600_000
    assert local.both(end) == "Mon 26 Oct, 00:00:00"
    assert local.day_ms("9999-12-31", after=True) is None


def test_every_page_says_whose_clock_it_shows_and_utc_is_one_click_away(
    client: TestClient[Litestar],
) -> None:
    page = f"/recordings/{recording_name(bytes(16))}"
    for path in ("/recordings?q=X8", page, "/custody", "/devices"):
        local = client.get(path).text
        assert "Europe/London" in local
        found = re.search(r'<a href="(\?[^"]*utc=1)">', local)
        assert found is not None
        raw = client.get(path.split("?")[0] + found[1].replace("&amp;", "&")).text
        assert "Times are UTC" in raw
        assert "utc=1" not in raw.split("<footer")[1]
