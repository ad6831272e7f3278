"""A second factor that a role asks for: nothing else is open until it is there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from litestar.testing import TestClient

from lapel.base.errors import NotFoundError
from lapel.evidence.people.model import Author, Role
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from tests.evidence.test_factors import Client, with_app
from tests.evidence.test_factors import send as send_factor
from tests.evidence.test_guard_pages import hire
from tests.evidence.world import PASSWORD

HERE: Final = "http://127.0.0.1:8600"
SHUT: Final = ("/recordings", "/people", "/devices", "/custody", "/settings", "/state")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000_000)


@pytest.fixture
def agency(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        yield made


@pytest.fixture
def client(agency: Agency) -> Iterator[Client]:
    built = app.build(agency.server, Front(8600))
    with TestClient(built, base_url=HERE) as made:
        typed = {"password": PASSWORD, "again": PASSWORD}
        made.post(f"/enrol/{agency.secret}", data=typed)
        yield made


def author(agency: Agency) -> Author:
    person = agency.site.people.named("admin")
    assert person is not None
    return Author(person, "::1")


def ask(agency: Agency, *roles: str) -> None:
    agency.site.people.entry.keep("", "", author(agency), frozenset(roles))


def get(client: Client, path: str) -> httpx.Response:
    return client.get(path, follow_redirects=False)


def test_who_lacks_one_is_led_to_their_account_and_then_goes_on(
    agency: Agency, client: Client, clock: ManualClock
) -> None:
    ask(agency, Role.ADMINISTRATOR.id)
    for path in SHUT:
        answer = get(client, path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "Your role asks for a second factor" in client.get("/account").text
    refused = get(client, "/custody/export.json")
    assert (refused.status_code, refused.json()["code"]) == (409, "second")
    with_app(client, clock)
    for path in SHUT:
        assert get(client, path).status_code == 200
    assert "Your role asks" not in client.get("/account").text
    send_factor(client, {"act": "remove", "sure": "yes"})
    assert get(client, "/people").status_code == 303


def test_roles_that_do_not_ask_go_on_as_before(agency: Agency, client: Client) -> None:
    ask(agency, Role.OFFICER.id)
    assert get(client, "/people").status_code == 200
    jo, _ = hire(agency, "jo")
    assert agency.site.people.entry.lacks_factor(jo)
    ask(agency)
    assert not agency.site.people.entry.lacks_factor(jo)


def test_it_is_set_on_the_page_told_and_kept_by_other_changes(
    agency: Agency, client: Client
) -> None:
    page = client.get("/people/sign-in").text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    sent = {"csrf": csrf, "banner": "", "networks": "", "role": ["officer", "auditor"]}
    assert client.post("/people/sign-in", data=sent).status_code == 200
    entry = agency.site.people.entry
    assert entry.rules().roles == ("auditor", "officer")
    assert "second factor: auditor, officer" in client.get("/custody").text
    entry.open_everywhere(author(agency).who())
    assert entry.rules().roles == ("auditor", "officer")
    with pytest.raises(NotFoundError):
        ask(agency, "nothing")


def test_the_list_of_people_says_who_has_one(
    client: Client, clock: ManualClock
) -> None:
    assert "Password alone" in client.get("/people").text
    with_app(client, clock)
    assert "Password alone" not in client.get("/people").text
