"""Programs: what they may do, from where, until when; nothing else is theirs."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.base.permissions import Permission, with_needs
from lapel.evidence.clients import rules
from lapel.evidence.clients.model import NewClient
from lapel.evidence.clients.service import Clients
from lapel.evidence.custody import service as custody
from lapel.evidence.items.guarding import Guarding
from lapel.evidence.items.model import Eyes, Guard
from lapel.evidence.people.model import Author
from lapel.evidence.web import app as pages
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from lapel.sim.forge import Media
from tests.evidence.apart import furnish
from tests.evidence.test_guard_pages import hire, set_guard

NOW = 1_795_000_000_000
HERE = "http://127.0.0.1:8600"
ALL = frozenset(rules.GIVABLE)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def agency(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        yield made


@pytest.fixture
def clients(agency: Agency) -> Clients:
    return agency.site.clients


def author(agency: Agency, name: str = "admin") -> Author:
    person = agency.site.people.named(name)
    assert person is not None
    return Author(person, "::1")


def acts(agency: Agency) -> list[tuple[str, str, dict[int, str]]]:
    site = agency.site
    with site.database.read() as connection:
        found = custody.following(connection, site.tenant.id, -1, 500)
    return [(one.action, one.actor.name, dict(one.texts)) for one in found]


def test_a_program_comes_in_with_what_it_was_let_do(
    agency: Agency, clients: Clients
) -> None:
    new = NewClient("  Night   copy ", frozenset({Permission.WATCH}), "", 1)
    made, secret = clients.make(new, author(agency))
    assert made.name == "Night copy"
    assert made.permissions == with_needs({Permission.WATCH})
    person = clients.enter(secret, "192.0.2.1")
    assert (person.shown, person.permissions) == ("Night copy", made.permissions)
    assert clients.one(made.id).used_ms == NOW
    assert agency.site.people.named("Night copy") is None
    action, _, texts = acts(agency)[-1]
    assert (action, texts[3], texts[5]) == (
        "client.made",
        "any:recordings:find any:recordings:watch",
        "Night copy",
    )
    root = agency.site.ground.folder.root
    kept = [
        p for p in root.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()
    ]
    assert not kept


def test_a_secret_ends_by_time_by_renewal_and_by_word(
    agency: Agency, clients: Clients, clock: ManualClock
) -> None:
    by = author(agency)
    made, first = clients.make(NewClient("a", ALL, "", 1), by)
    clock.go_on(rules.DAY_MS - 1)
    clients.enter(first, "::1")
    clock.go_on(1)
    _refused(clients, first)
    _, second = clients.renew(made.id, 30, by)
    _refused(clients, first)
    clients.enter(second, "::1")
    clients.end(made.id, by)
    clients.end(made.id, by)
    _refused(clients, second)
    with pytest.raises(RefusedError) as refused:
        clients.renew(made.id, 30, by)
    assert refused.value.reason == "ended"
    assert [one for one, _, _ in acts(agency)[-3:]] == [
        "client.made",
        "client.secret-made",
        "client.ended",
    ]


def _refused(clients: Clients, secret: str, address: str = "::1") -> None:
    with pytest.raises(RefusedError) as refused:
        clients.enter(secret, address)
    assert refused.value.reason == "token"


def test_a_program_comes_from_where_it_was_said_to(
    agency: Agency, clients: Clients
) -> None:
    new = NewClient("a", ALL, "192.0.2.0/24\n2001:db8::1", 1)
    _, secret = clients.make(new, author(agency))
    for address in ("192.0.2.7", "2001:db8::1"):
        clients.enter(secret, address)
    for address in ("192.0.3.7", "2001:db8::2", "unknown", ""):
        _refused(clients, secret, address)


@given(st.text(max_size=80))
def test_no_other_secret_opens_anything(guess: str) -> None:
    with pytest.raises(RefusedError):
        KNOWN[0].enter(guess, "::1")


KNOWN: list[Clients] = []


@pytest.fixture(autouse=True)
def _known(clients: Clients, agency: Agency) -> None:
    clients.make(NewClient("known", ALL, "", 1), author(agency))
    KNOWN[:] = [clients]


def test_what_is_refused_changes_nothing(agency: Agency, clients: Clients) -> None:
    by, before = author(agency), acts(agency)
    for new, reason in (
        (NewClient("", ALL, "", 1), "name"),
        (NewClient("x" * 61, ALL, "", 1), "name"),
        (NewClient("x", frozenset(), "", 1), "empty"),
        (NewClient("x", frozenset({Permission.CONFIDENTIAL}), "", 1), "empty"),
        (NewClient("x", frozenset({Permission.EDIT_PEOPLE}), "", 1), "empty"),
        (NewClient("x", ALL, "", 0), "days"),
        (NewClient("x", ALL, "", 367), "days"),
        (NewClient("x", ALL, "somewhere", 1), "networks"),
    ):
        with pytest.raises(RefusedError) as refused:
            clients.make(new, by)
        assert refused.value.reason == reason
    with pytest.raises(ConflictError):
        clients.make(NewClient("KNOWN", ALL, "", 1), by)
    hire(agency, "jo")
    with pytest.raises(RefusedError) as refused:
        clients.make(NewClient("x", ALL, "", 1), author(agency, "jo"))
    assert refused.value.reason == "more"
    for act in (
        lambda: clients.end("nothing", by),
        lambda: clients.renew("nothing", 1, by),
    ):
        with pytest.raises(NotFoundError):
            act()
    assert [one for one in acts(agency)[len(before) :] if "client" in one[0]] == []


# ---- The routes


@pytest.fixture
def door(agency: Agency) -> Iterator[TestClient[Litestar]]:
    built = pages.build(agency.server, Front(8600))
    with TestClient(built, base_url=HERE) as made:
        yield made


def ask(door: TestClient[Litestar], path: str, secret: str) -> httpx.Response:
    return door.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"})


def test_a_program_reads_what_it_may_and_is_told_what_it_may_not(
    agency: Agency, clients: Clients, door: TestClient[Litestar], film: Media
) -> None:
    ids = furnish(agency, film, "ours")
    by = author(agency)
    wanted = frozenset({Permission.WATCH, Permission.DEVICES})
    _, secret = clients.make(NewClient("reader", wanted, "", 1), by)
    (found,) = ask(door, "/recordings", secret).json()["recordings"]
    assert (found["id"], found["camera"]) == (ids.recording, ids.serial)
    assert ask(door, f"/recordings/{ids.recording}", secret).json() == found
    assert acts(agency)[-1][:2] == ("recording.viewed", acts(agency)[-1][1])
    assert acts(agency)[-1][1].startswith("client/")
    assert ids.serial in {one["serial"] for one in ask(door, "/devices", secret).json()}
    for path in (f"/recordings/{ids.recording}/package", "/custody"):
        refused = ask(door, path, secret)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission")
    for wrong in ("", "x", f"{ids.tenant}.x", secret[:-1]):
        refused = ask(door, "/recordings", wrong)
        assert (refused.status_code, refused.json()["code"]) == (401, "token")
    assert ask(door, "/recordings?before=x", secret).status_code == 400
    plain = door.get("/api/v1/recordings")
    assert (plain.status_code, plain.json()["code"]) == (401, "token")


def test_a_program_s_secret_opens_no_page(
    clients: Clients, door: TestClient[Litestar], agency: Agency
) -> None:
    _, secret = clients.make(NewClient("reader", ALL, "", 1), author(agency))
    for path in ("/recordings", "/custody", "/custody/export.json", "/people"):
        headers = {"Authorization": f"Bearer {secret}"}
        answer = door.get(path, headers=headers, follow_redirects=False)
        assert answer.status_code in {303, 401}


def test_the_log_comes_in_pieces_and_its_words_only_for_who_may(
    agency: Agency, clients: Clients, door: TestClient[Litestar], film: Media
) -> None:
    ids = furnish(agency, film, "ours")
    only = frozenset({Permission.CUSTODY})
    _, secret = clients.make(NewClient("copier", only, "", 1), author(agency))
    first = ask(door, "/custody", secret).json()
    assert [one["number"] for one in first["acts"]] == list(range(first["size"]))
    guard = Guarding(Guard.CONFIDENTIAL, frozenset(), "a minor")
    set_guard(agency, ids.recording, guard, Eyes("", frozenset(Permission)))
    then = ask(door, f"/custody?after={first['size'] - 1}", secret).json()
    looked, guarded = then["acts"]
    assert looked["action"] == "custody.viewed"
    assert (guarded["action"], guarded["veiled"]) == ("recording.guard-set", True)
    assert guarded["texts"] == {}
    size = then["size"]
    last = ask(door, f"/custody?after={size}", secret).json()
    assert last["acts"] == []
    assert ask(door, f"/custody?after={size}", secret).json()["size"] == size + 1


def test_no_program_sees_a_confidential_recording(
    agency: Agency, clients: Clients, door: TestClient[Litestar], film: Media
) -> None:
    ids = furnish(agency, film, "ours")
    _, secret = clients.make(NewClient("all", ALL, "", 1), author(agency))
    for guard, status in ((Guard.RESTRICTED, 200), (Guard.CONFIDENTIAL, 404)):
        wanted = Guarding(guard, frozenset(), "why")
        set_guard(agency, ids.recording, wanted, Eyes("", frozenset(Permission)))
        for path in ("", "/package"):
            answer = ask(door, f"/recordings/{ids.recording}{path}", secret)
            assert answer.status_code == status
    assert ask(door, "/recordings", secret).json()["recordings"] == []
