"""First steps of a new agency: derived from what is there, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from lapel.evidence.people.model import Author, Role
from lapel.evidence.settings.choices import AGENCY
from lapel.evidence.settings.layers import Wanted
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from tests.evidence.test_factors import with_app
from tests.evidence.test_guard_pages import hire
from tests.evidence.world import PASSWORD

TYPED = {"password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000_000)


@pytest.fixture
def agency(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        yield made


@pytest.fixture
def client(agency: Agency) -> Iterator[TestClient[Litestar]]:
    built = app.build(agency.server, Front(8600))
    with TestClient(built, base_url="http://127.0.0.1:8600") as made:
        yield made


def done(client: TestClient[Litestar]) -> list[bool]:
    page = client.get("/begin").text
    found = re.findall(r"</h2><span class=\"st st-wash (good|idle)\">", page)
    return [one == "good" for one in found]


def test_who_sets_an_agency_up_begins_with_the_first_steps(
    agency: Agency, client: TestClient[Litestar], clock: ManualClock
) -> None:
    secret = agency.secret
    begun = client.post(f"/enrol/{secret}", data=TYPED, follow_redirects=False)
    assert begun.headers["location"] == "/begin"
    wanted = [False] * 6
    assert done(client) == wanted
    person = agency.site.people.named("admin")
    assert person is not None
    by = Author(person, "::1")

    def holds(place: int) -> bool:
        wanted[place] = True
        return done(client) == wanted

    agency.machine("DOCK-1")
    assert holds(2)
    agency.camera("X81004417")
    assert holds(3)
    with_app(client, clock)
    assert holds(0)
    other, _ = hire(agency, "jo")
    assert holds(1)
    agency.site.holding.assign("X81004417", other.id, by.who())
    assert holds(4)
    agency.site.layers.save(Wanted(AGENCY, 0, {"replay": True}), by.who())
    assert holds(5)
    assert "All are done" in client.get("/begin").text


def test_others_begin_with_the_recordings(
    agency: Agency, client: TestClient[Litestar]
) -> None:
    _, officer = hire(agency, "jo")
    one = client.post(f"/enrol/{officer}", data=TYPED, follow_redirects=False)
    assert one.headers["location"] == "/recordings"
    assert client.get("/begin").status_code == 404
    agency.camera("X81004417")
    client.cookies.clear()
    _, second = hire(agency, "ada", Role.ADMINISTRATOR)
    later = client.post(f"/enrol/{second}", data=TYPED, follow_redirects=False)
    assert later.headers["location"] == "/recordings"
