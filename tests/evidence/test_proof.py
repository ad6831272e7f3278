"""Proving anew who one is, and one's own sessions."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.errors import NotFoundError, RefusedError
from lapel.evidence.people import rules
from lapel.evidence.people.model import Credentials, Role, Session
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from tests.evidence.world import PASSWORD

PORT = 8600
HERE = "127.0.0.1"
Client = TestClient[Litestar]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000_000)


@pytest.fixture
def agency(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        yield made


@pytest.fixture
def client(agency: Agency) -> Iterator[Client]:
    built = app.build(agency.server, Front(PORT))
    with TestClient(built, base_url=f"http://127.0.0.1:{PORT}") as made:
        made.post(
            f"/enrol/{agency.secret}", data={"password": PASSWORD, "again": PASSWORD}
        )
        yield made


def send(client: Client, path: str, data: dict[str, str]) -> httpx.Response:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/account").text)
    assert found is not None
    return client.post(path, data={"csrf": found[1], **data})


def acts(client: Client) -> str:
    return client.get("/custody").text


def test_a_privileged_act_asks_who_it_is_and_goes_on_with_what_was_typed(
    client: Client, agency: Agency, clock: ManualClock
) -> None:
    clock.go_on(rules.PROOF_MS + 1)
    wanted = {"name": "jo", "shown": 'Jo "Ek"', "role": "officer"}
    asked = send(client, "/people/invite", wanted)
    assert asked.status_code == 403
    assert agency.site.people.named("jo") is None
    assert 'action="/people/invite"' in asked.text
    assert 'name="shown" value="Jo &#34;Ek&#34;"' in asked.text
    done = send(client, "/people/invite", {**wanted, "proof": PASSWORD})
    assert "/enrol/" in done.text
    again = send(client, "/people/invite", {**wanted, "name": "mo"})
    assert "/enrol/" in again.text
    assert "Proved anew who they are" in acts(client)


def test_every_privileged_door_asks(client: Client, clock: ManualClock) -> None:
    clock.go_on(rules.PROOF_MS + 1)
    film = f"/recordings/X80F4K2A1-20260413T213110Z-{'0' * 32}"
    for path in (
        "/people/invite",
        "/people/nobody",
        "/people/nobody/link",
        "/roles/new",
        "/groups/new",
        "/held/nothing",
    ):
        answer = send(client, path, {"name": "x", "decision": "release"})
        assert answer.status_code == 403, path
        assert "Is it you?" in answer.text, path
    for path in ("download", "package", "package/sealed"):
        answer = client.get(f"{film}/{path}")
        assert answer.status_code == 403, path
        assert 'action="/account/proof"' in answer.text
        assert f'value="{film}/{path}"' in answer.text
    for path in (f"/custody/export.{kind}" for kind in ("csv", "json", "pdf")):
        answer = client.get(path, params={"person": "x", "next": "y"})
        assert answer.status_code == 403, path
        assert f'value="{path}?person=x&amp;next=y"' in answer.text


def test_after_a_proof_one_comes_back_to_the_page_and_never_to_another_site(
    client: Client, clock: ManualClock
) -> None:
    clock.go_on(rules.PROOF_MS + 1)
    for wanted, place in (("/roles", "/roles"), ("//evil.test/", "/recordings")):
        answer = send(client, "/account/proof", {"next": wanted, "proof": PASSWORD})
        assert answer.url.path == place


def test_a_wrong_proof_counts_as_a_failed_try(
    client: Client, clock: ManualClock
) -> None:
    clock.go_on(rules.PROOF_MS + 1)
    for _ in range(rules.ACCOUNT_TRIES - 1):
        answer = send(client, "/roles/new", {"proof": "wrong velvet anchor"})
        assert answer.status_code == 403
        assert "more tr" in answer.text
    last = send(client, "/roles/new", {"proof": "wrong velvet anchor"})
    assert last.status_code == 429
    assert "This account rests" in last.text
    assert send(client, "/roles/new", {"proof": PASSWORD}).status_code == 429
    clock.go_on(rules.REST_MS + 1)
    assert "Is it you?" not in send(client, "/roles/new", {"proof": PASSWORD}).text


def test_a_proof_is_for_its_own_session_only(
    client: Client, agency: Agency, clock: ManualClock
) -> None:
    people = agency.site.people
    clock.go_on(rules.PROOF_MS + 1)
    other = people.sign_in(Credentials("admin", PASSWORD, HERE))
    clock.go_on(rules.PROOF_MS + 1)
    people.sessions.prove(other.session, PASSWORD, HERE)
    assert send(client, "/roles/new", {"name": "x"}).status_code == 403


def test_freshness_ends_after_five_minutes_and_never_lies_ahead() -> None:
    now = 1_795_000_000_000
    assert rules.is_fresh(now, now)
    assert rules.is_fresh(now - rules.PROOF_MS, now)
    assert not rules.is_fresh(now - rules.PROOF_MS - 1, now)
    assert not rules.is_fresh(now + 1, now)


def test_one_ends_one_s_own_sessions_and_nobody_else_s(
    client: Client, agency: Agency
) -> None:
    people = agency.site.people
    link = people.invite("second", "Second", Role.OFFICER)
    theirs = people.enrol(link, PASSWORD, HERE)
    mine = people.sign_in(Credentials("admin", PASSWORD, "192.0.2.7"))
    with pytest.raises(NotFoundError):
        people.sessions.end(mine.session, theirs.session.digest.hex(), HERE)
    assert "192.0.2.7" in client.get("/account").text
    wanted = {"session": mine.session.digest.hex()}
    for _ in range(2):
        assert "192.0.2.7" not in send(client, "/account/sessions", wanted).text
    assert people.session(mine.secret) is None
    assert people.session(theirs.secret) is not None
    elsewhere = Credentials("admin", PASSWORD, "192.0.2.8")
    more, *_ = [people.sign_in(elsewhere) for _ in range(3)]
    page = send(client, "/account/sessions", {"act": "others"}).text
    assert "192.0.2.8" not in page
    assert people.session(more.secret) is None
    assert people.session(theirs.secret) is not None
    assert "Sessions ended: 3" in acts(client)


def test_a_session_of_nobody_proves_nothing(agency: Agency) -> None:
    people = agency.site.people
    people.invite("jo", "Jo", Role.OFFICER)
    jo = people.named("jo")
    assert jo is not None
    with pytest.raises(RefusedError):
        people.sessions.prove(Session(jo, "", b"", 0), "", HERE)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_tries_from_one_ipv6_network_count_together(address: str, counted: str) -> None:
    assert rules.counted(address) == counted
