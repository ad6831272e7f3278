"""A second factor that a role asks for: nothing else is open until it is there."""

from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Final

import httpx
import pytest
from litestar.testing import TestClient

from lapel.base.errors import NotFoundError, RefusedError
from lapel.evidence.people import rules
from lapel.evidence.people.model import (
    Author,
    Credentials,
    Factor,
    Need,
    Role,
    SecondNeededError,
)
from lapel.evidence.store.database import Quiet
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from tests.evidence.authenticator import Authenticator
from tests.evidence.test_factors import Client, now_of, with_app
from tests.evidence.test_factors import send as send_factor
from tests.evidence.test_guard_pages import hire
from tests.evidence.test_passkeys import BASE, add, enter
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


def ask(agency: Agency, *roles: str, need: Need = Need.ANY) -> None:
    needs = dict.fromkeys(roles, need)
    agency.site.people.entry.keep("", "", author(agency), needs)


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
    assert agency.site.people.entry.lacks(jo) is Need.ANY
    ask(agency)
    assert agency.site.people.entry.lacks(jo) is None


def test_it_is_set_on_the_page_told_and_kept_by_other_changes(
    agency: Agency, client: Client
) -> None:
    page = client.get("/people/sign-in").text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    asked = {"officer": Need.ANY, "auditor": Need.ANY}
    sent = {"csrf": csrf, "banner": "", "networks": ""}
    sent |= {f"need-{role}": str(need) for role, need in asked.items()}
    sent |= {"need-supervisor": ""}
    assert client.post("/people/sign-in", data=sent).status_code == 200
    entry = agency.site.people.entry
    assert entry.rules().needs == asked
    for role, need in (("officer", "much"), ("nothing", "any")):
        wrong = {**sent, f"need-{role}": need}
        refused = client.post("/people/sign-in", data=wrong)
        assert refused.status_code in {400, 404}
        assert entry.rules().needs == asked
    assert "second factor: auditor, officer" in client.get("/custody").text
    entry.open_everywhere(author(agency).who())
    assert entry.rules().needs == asked
    with pytest.raises(NotFoundError):
        ask(agency, "nothing")


def test_what_was_kept_before_passkeys_could_be_asked_for_counts(
    agency: Agency,
) -> None:
    ask(agency, "officer")
    with agency.site.database.write(Quiet.SETUP) as connection:
        connection.exec_driver_sql("UPDATE entry_rules SET roles = 'auditor\nofficer'")
    kept = {"auditor": Need.ANY, "officer": Need.ANY}
    assert agency.site.people.entry.rules().needs == kept


def test_the_list_of_people_says_who_has_and_lacks_what(
    agency: Agency, client: Client, clock: ManualClock
) -> None:
    assert "Password alone" in client.get("/people").text
    assert "lacks" not in client.get("/people").text
    with_app(client, clock)
    assert "Password alone" not in client.get("/people").text
    _, secret = hire(agency, "jo")
    typed = {"password": PASSWORD, "again": PASSWORD}
    with TestClient(app.build(agency.server, Front(8600)), base_url=HERE) as other:
        other.post(f"/enrol/{secret}", data=typed)
    ask(agency, Role.OFFICER.id)
    told = client.get("/people").text
    assert "One lacks what a role asks for" in told
    assert "Lacks a second factor" in told


# ---- A passkey


def test_who_has_no_passkey_asks_nobody_for_one(
    agency: Agency, client: Client, clock: ManualClock
) -> None:
    with_app(client, clock)
    with pytest.raises(RefusedError) as refused:
        ask(agency, Role.OFFICER.id, need=Need.PASSKEY)
    assert refused.value.reason == "no-passkey"
    page = client.get("/people/sign-in").text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    sent = {"csrf": csrf, "banner": "", "networks": "", "need-officer": "passkey"}
    told = client.post("/people/sign-in", data=sent)
    assert told.status_code == 409
    assert "Add a passkey to your own account first" in told.text
    assert agency.site.people.entry.rules().needs == {}


def test_where_a_passkey_is_asked_for_no_code_opens_anything(
    agency: Agency, clock: ManualClock
) -> None:
    key, people = Authenticator(), agency.site.people
    built = app.build(agency.server, Front(8600, BASE))
    typed = {"password": PASSWORD, "again": PASSWORD}
    with TestClient(built, base_url=BASE) as client:
        client.post(f"/enrol/{agency.secret}", data=typed)
        secret, codes = with_app(client, clock)
        add(client, key)
        ask(agency, Role.ADMINISTRATOR.id, need=Need.PASSKEY)
        assert get(client, "/people").status_code == 200
        client.cookies.clear()
        name = {"name": "admin", "password": PASSWORD}
        asked = client.post("/sign-in", data=name).text
        assert "asks for its passkey" in asked
        assert 'name="code"' not in asked
        for code in (now_of(secret, clock), codes[0]):
            with pytest.raises(SecondNeededError) as needed:
                people.sign_in(Credentials("admin", PASSWORD, "::1"))
            assert not needed.value.app
            with pytest.raises(NotFoundError):
                people.second(needed.value.secret, code, "::1")
        assert enter(client, key).url.path == "/people"
        ask(agency, Role.ADMINISTRATOR.id)
        with pytest.raises(SecondNeededError) as needed:
            people.sign_in(Credentials("admin", PASSWORD, "::1"))
        ticket = people.second(needed.value.secret, codes[0], "::1")
        assert ticket.session.person.name == "admin"


def test_who_lacks_the_passkey_comes_in_by_their_app_and_adds_one(
    agency: Agency, clock: ManualClock
) -> None:
    key, people = Authenticator(), agency.site.people
    built = app.build(agency.server, Front(8600, BASE))
    typed = {"password": PASSWORD, "again": PASSWORD}
    with TestClient(built, base_url=BASE) as client:
        client.post(f"/enrol/{agency.secret}", data=typed)
        _, codes = with_app(client, clock)
        with agency.site.database.write(Quiet.SETUP) as connection:
            connection.exec_driver_sql(
                "INSERT INTO entry_rules (tenant, banner, networks, roles)"
                " VALUES (?, '', '', 'administrator passkey')",
                (agency.site.tenant.id,),
            )
        assert get(client, "/people").headers["location"] == "/account"
        assert "Your role asks for a passkey" in client.get("/account").text
        with pytest.raises(SecondNeededError) as needed:
            people.sign_in(Credentials("admin", PASSWORD, "::1"))
        ticket = people.second(needed.value.secret, codes[0], "::1")
        assert ticket.session.person.name == "admin"
        add(client, key)
        assert get(client, "/people").status_code == 200
        assert "Lacks a passkey" not in client.get("/people").text


# ---- The rule

HAS: Final = [
    frozenset(some) for count in range(3) for some in combinations(Factor, count)
]


@pytest.mark.parametrize(("need", "has"), list(product([None, *Need], HAS)))
def test_every_need_is_met_by_what_it_says(
    need: Need | None, has: frozenset[Factor]
) -> None:
    met = {
        None: True,
        Need.ANY: has != frozenset(),
        Need.PASSKEY: Factor.PASSKEY in set(has),
    }[need]
    assert rules.lacking(need, has) is (None if met else need)


@pytest.mark.parametrize(("one", "two"), list(product([None, *Need], [None, *Need])))
def test_of_two_roles_the_stronger_need_counts(
    one: Need | None, two: Need | None
) -> None:
    asked = {"officer": one, "auditor": two, "clerk": Need.PASSKEY}
    needs = {role: need for role, need in asked.items() if need}
    order = [None, *Need]
    strongest = max(one, two, key=order.index)
    assert rules.needed(needs, (Role.OFFICER, Role.AUDITOR)) is strongest
    assert rules.needed(needs, ()) is None
