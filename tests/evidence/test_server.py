"""Several agencies on one server: founding, finding, signing in, machines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from structlog.testing import capture_logs

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import (
    MalformedError,
    NotFoundError,
    RefusedError,
    SetupError,
)
from lapel.dock.adopt import adopt_dock
from lapel.dock.evidence import Evidence
from lapel.evidence import start
from lapel.evidence.server import Server
from lapel.evidence.tenants import rules
from lapel.evidence.tenants.model import KeyRing, NewTenant
from lapel.evidence.web import app as pages
from lapel.evidence.web.visit import Front
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import AGENCY, Agency
from tests.evidence.apart import HERE, PORT
from tests.evidence.world import PASSWORD, lapel, serving

VALE = NewTenant("Vale Hill Police", "evidence", "Europe/London")


@dataclass(frozen=True)
class Host:
    """This machine."""

    clock: Clock = field(default_factory=SystemClock)
    entropy: Entropy = system_entropy


def found(agency: Agency, new: NewTenant) -> None:
    root = agency.server.home.root
    start.found(root, new, SystemClock(), system_entropy)


@pytest.mark.parametrize(
    "name", ["Port Ellery Police", "port ELLERY  police", "", "  ", "--", "x" * 101]
)
def test_a_name_that_is_taken_or_none_founds_nothing(agency: Agency, name: str) -> None:
    with pytest.raises(RefusedError):
        found(agency, NewTenant(name, "evidence", "UTC"))
    assert len(start.agencies(agency.server.home)) == 1


def test_an_agency_is_there_whole_or_not_at_all(agency: Agency) -> None:
    half = agency.server.home.agencies / ".new-0000"
    half.mkdir()
    agency.server.look()
    assert len(agency.server.sites) == 1
    found(agency, VALE)
    assert not half.exists()
    assert agency.server.only is agency.site
    agency.server.look()
    assert [one.tenant.name for one in agency.server.sites] == [
        agency.site.tenant.name,
        VALE.name,
    ]


def test_a_store_that_cannot_be_opened_stops_no_other(agency: Agency) -> None:
    bad = agency.server.home.agencies / "00ff"
    bad.mkdir()
    with capture_logs() as told:
        agency.server.look()
        agency.server.look()
    assert [one["event"] for one in told] == ["agency.closed"]
    found(agency, VALE)
    agency.server.look()
    assert agency.server.named("vale hill police") is not None


@pytest.mark.parametrize("held", [None, b"", b"this is not a database at all" * 99])
def test_a_broken_store_stops_no_start_and_becomes_no_agency(
    agency: Agency, held: bytes | None
) -> None:
    found(agency, VALE)
    agency.server.look()
    home, clock = agency.server.home, SystemClock()
    bad = home.agencies / "00ff"
    bad.mkdir()
    if held is not None:
        (bad / "evidence.db").write_bytes(held)
    again = start.prepare(home.root, AGENCY, clock, system_entropy)
    assert again.tenant == agency.site.tenant
    with capture_logs() as told:
        agency.server.look()
    assert [one["event"] for one in told] == ["agency.closed"]
    assert "00ff" in told[0]["error"]
    names = [tenant.name for _, tenant in start.agencies(home)]
    assert names == [agency.site.tenant.name, VALE.name]


def points(ring: KeyRing) -> set[bytes]:
    keys = (ring.receipt, ring.settings, ring.grant, ring.ca.key, *ring.evidence)
    return {key.public.point for key in keys}


def test_agencies_share_no_key_and_each_has_its_own_log(agency: Agency) -> None:
    other = agency.beside(VALE.name).site
    mine = agency.site.keys
    assert not points(other.keys) & points(mine)
    assert other.keys.thumbs != mine.thumbs
    assert other.vkey != agency.site.vkey
    other.checkpoints.refresh()
    head = other.checkpoints.newest()
    assert head is not None
    assert head.note.startswith(f"evidence/{other.tenant.id}\n")


def test_commands_ask_which_agency_is_meant(agency: Agency) -> None:
    found(agency, VALE)
    root, now = agency.server.home.root, SystemClock()
    with pytest.raises(MalformedError, match="--agency"):
        start.open_ground(root, now, system_entropy)
    with pytest.raises(NotFoundError, match=VALE.name):
        start.open_ground(root, now, system_entropy, "Elsewhere")
    ground, tenant = start.open_ground(root, now, system_entropy, "VALE hill police")
    ground.database.close()
    assert tenant.name == VALE.name


def test_nothing_is_founded_where_no_server_was(tmp_path: Path) -> None:
    with pytest.raises(SetupError):
        start.found(tmp_path, VALE, SystemClock(), system_entropy)
    assert not list(tmp_path.iterdir())


def test_a_secret_says_whose_it_is() -> None:
    secret = rules.secret("00ff", bytes(32))
    assert rules.tenant_of(secret) == "00ff"
    assert rules.tenant_of(secret.partition(".")[2]) == ""


@pytest.fixture
def browser(agency: Agency) -> Iterator[TestClient[Litestar]]:
    other = agency.beside(VALE.name)
    with TestClient(pages.build(agency.server, Front(PORT)), base_url=HERE) as made:
        typed = {"password": PASSWORD, "again": PASSWORD}
        for one in (agency, other):
            made.post(f"/enrol/{one.secret}", data=typed)
            made.cookies.clear()
        yield made


def test_people_name_their_agency_once(browser: TestClient[Litestar]) -> None:
    assert 'name="agency"' in browser.get("/sign-in").text
    typed = {"name": "admin", "password": PASSWORD, "agency": "vale hill POLICE"}
    answer = browser.post("/sign-in", data=typed)
    assert answer.url.path == "/recordings"
    assert VALE.name in answer.text
    assert browser.post("/sign-out").status_code == 403
    browser.cookies.delete(f"lapel_session_{PORT}")
    assert f'value="{VALE.name}"' in browser.get("/sign-in").text


def test_an_agency_that_is_not_here_is_said(browser: TestClient[Litestar]) -> None:
    typed = {"name": "admin", "password": PASSWORD, "agency": "Elsewhere"}
    answer = browser.post("/sign-in", data=typed)
    assert answer.status_code == 401
    assert "There is no such agency here." in answer.text
    assert 'value="Elsewhere"' in answer.text


def test_without_a_session_a_page_leads_to_signing_in(
    browser: TestClient[Litestar],
) -> None:
    for path in ("/", "/recordings", "/state"):
        answer = browser.get(path, follow_redirects=False)
        assert answer.headers["location"].startswith("/sign-in")
    assert browser.get("/api/v1/app/session").json()["person"] is None
    assert browser.get("/enrol/nothing").status_code == 404
    assert browser.get("/nowhere").status_code == 404


def test_a_dock_joins_the_agency_of_its_code(tmp_path: Path) -> None:
    with serving(tmp_path / "evidence") as server:
        told = server.run("agency", "add", VALE.name)
        assert "/enrol/" in told
        assert VALE.name in server.run("agency", "list")
        code = server.run("code", "--agency", VALE.name).strip()
        lapel("dock", "adopt", "--dir", tmp_path / "dock", code)
        machine = adopt_dock(
            tmp_path / "other", server.run("code", "--agency", VALE.name).strip()
        )
        door = Evidence(machine, Host())
        answer = door.call("GET", "/device/cameras/X81004417")
        assert answer.json()["known"] is False
        door.close()
    assert machine.tenant in server.run("agency", "list")
    assert machine.authority.fingerprint != machine.server.fingerprint


def test_a_server_opens_all_its_agencies_again(agency: Agency) -> None:
    other = agency.beside(VALE.name)
    again = Server(agency.server.home, SystemClock(), system_entropy, threads=1)
    try:
        assert again.site(other.site.tenant.id) is not None
        assert again.sites[0].tenant == agency.site.tenant
    finally:
        again.close()
