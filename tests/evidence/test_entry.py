"""What holds for signing in: text, networks, accounts that nobody uses."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send

from lapel.cli.entry import sign_in as command
from lapel.evidence.people import rules
from lapel.evidence.people.model import Credentials, Role
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from tests.evidence.world import PASSWORD

PUBLIC = "https://evidence.example.org"
OURS = "192.0.2.7"
Client = TestClient[ASGIApp]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000_000)


@pytest.fixture
def agency(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        yield made


def seen_from(built: Litestar, address: str) -> ASGIApp:
    """Give the pages as they are when every request comes from this address."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            scope["client"] = (address, 50_000)
        await built(scope, receive, send)

    return asked


@pytest.fixture
def client(agency: Agency) -> Iterator[Client]:
    built = app.build(agency.server, Front(8600, PUBLIC))
    typed = {"password": PASSWORD, "again": PASSWORD}
    with TestClient(seen_from(built, "127.0.0.1"), base_url=PUBLIC) as made:
        made.headers["X-Forwarded-For"] = OURS
        made.post(f"/enrol/{agency.secret}", data=typed)
        yield made


def send(client: Client, data: dict[str, str]) -> httpx.Response:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/account").text)
    assert found is not None
    return client.post("/people/sign-in", data={"csrf": found[1], **data})


def test_a_text_stands_above_the_sign_in(client: Client, agency: Agency) -> None:
    kept = send(client, {"banner": "For police <only>.\nAll is logged."})
    assert kept.status_code == 200
    link = agency.site.people.invite("jo", "Jo", Role.OFFICER)
    entering = agency.site.people.link_for("admin")
    client.cookies.clear()
    for path in ("/sign-in", f"/enrol/{link}", f"/enrol/{entering}"):
        page = client.get(path).text
        assert "For police &lt;only&gt;.\nAll is logged." in page, path


def test_from_elsewhere_nothing_opens(client: Client, agency: Agency) -> None:
    people = agency.site.people
    link = people.invite("jo", "Jo", Role.OFFICER)
    assert send(client, {"networks": "192.0.2.0/24"}).status_code == 200
    assert "192.0.2.0/24" in client.get("/custody").text
    client.headers["X-Forwarded-For"] = "198.51.100.1"
    for path in ("/recordings", "/people", "/account"):
        assert client.get(path).url.path == "/sign-in"
    assert "You are at 198.51.100.1" in client.get("/sign-in").text
    right = {"name": "admin", "password": PASSWORD}
    assert client.post("/sign-in", data=right).status_code == 403
    assert "Not from here" in client.get(f"/enrol/{link}").text
    typed = {"password": PASSWORD, "again": PASSWORD}
    assert client.post(f"/enrol/{link}", data=typed).status_code == 403
    assert not people.has_password("jo")
    client.headers["X-Forwarded-For"] = OURS
    assert client.get("/people").url.path == "/people"


def test_a_visitor_cannot_make_up_where_they_are(client: Client) -> None:
    send(client, {"networks": "192.0.2.0/24"})
    client.headers["X-Forwarded-For"] = f"{OURS}, 198.51.100.1"
    assert client.get("/people").url.path == "/sign-in"
    client.headers["X-Forwarded-For"] = f"198.51.100.1, {OURS}"
    assert client.get("/people").url.path == "/people"


def test_only_a_proxy_on_this_machine_is_believed(agency: Agency) -> None:
    people = agency.site.people
    ticket = people.enrol(agency.secret, PASSWORD, OURS)
    for front, near in (
        (Front(8600, PUBLIC), "198.51.100.1"),
        (Front(8600), "127.0.0.1"),
    ):
        built = app.build(agency.server, front)
        base = PUBLIC if front.public else "http://127.0.0.1:8600"
        with TestClient(seen_from(built, near), base_url=base) as browser:
            browser.cookies.set("lapel_session_8600", ticket.secret)
            browser.headers["X-Forwarded-For"] = OURS
            page = browser.get("/people/sign-in").text
        assert f"You are at {near}," in page


def test_nobody_locks_themselves_out(client: Client, agency: Agency) -> None:
    for typed, said in (
        ("198.51.100.0/24", "lock yourself out"),
        ("192.0.2.0/33", "neither an address nor a network"),
        ("everywhere", "neither an address nor a network"),
        (" ".join(["192.0.2.7"] * 201), "neither an address nor a network"),
    ):
        answer = send(client, {"networks": typed, "banner": "kept as typed"})
        assert answer.status_code == 409, typed
        assert said in answer.text
        assert "kept as typed" in answer.text
    long = send(client, {"banner": "x" * (rules.BANNER_MOST + 1)})
    assert long.status_code == 409
    assert not agency.site.people.entry.rules().networks


def test_the_operator_lets_people_in_again(
    client: Client, agency: Agency, capsys: pytest.CaptureFixture[str]
) -> None:
    send(client, {"networks": "192.0.2.0/24", "banner": "Read this"})
    root = agency.site.ground.folder.root
    command(folder=root)
    told = json.loads(capsys.readouterr().out)
    assert told == {"banner": "Read this", "networks": ["192.0.2.0/24"], "needs": {}}
    command(folder=root, everywhere=True)
    told = json.loads(capsys.readouterr().out)
    assert told == {"banner": "Read this", "networks": [], "needs": {}}
    client.headers["X-Forwarded-For"] = "198.51.100.1"
    assert client.get("/people").url.path == "/people"


def test_an_account_that_nobody_uses_closes_and_the_last_administrator_stays(
    agency: Agency, clock: ManualClock
) -> None:
    people = agency.site.people
    people.enrol(agency.secret, PASSWORD, OURS)
    for name in ("second", "used"):
        people.enrol(people.invite(name, name, Role.OFFICER), PASSWORD, OURS)
    people.invite("never", "Never", Role.OFFICER)
    clock.go_on(rules.UNUSED_MS)
    people.sign_in(Credentials("used", PASSWORD, OURS))
    people.sweep()
    assert people.exists("never")
    clock.go_on(1)
    people.sweep()
    there = {name: people.exists(name) for name in ("admin", "second", "used", "never")}
    assert there == {"admin": True, "second": False, "used": True, "never": False}
    people.sign_in(Credentials("admin", PASSWORD, OURS))


@given(st.ip_addresses(), st.integers(0, 32))
def test_an_address_is_within_its_own_network(address: object, bits: int) -> None:
    read = rules.networks(f"{address}/{bits}, {address}")
    assert read is not None
    assert rules.is_within(read, str(address))
    assert rules.networks(" ".join(read)) == read


@given(st.text())
def test_whatever_is_typed_is_read_or_refused(typed: str) -> None:
    read = rules.networks(typed)
    assert read is None or all(rules.networks(one) == (one,) for one in read)
    text = rules.banner(typed)
    assert text is None or rules.banner(text) == text


def test_a_mapped_address_is_the_one_it_maps() -> None:
    assert rules.is_within(("192.0.2.0/24",), "::ffff:192.0.2.9")
    assert not rules.is_within(("192.0.2.0/24",), "unknown")
    assert rules.is_within((), "unknown")
