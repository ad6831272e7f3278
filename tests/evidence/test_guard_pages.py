"""Recordings that not everybody may see: how that is set, and what pages show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.errors import RefusedError
from lapel.base.ids import recording_name
from lapel.base.permissions import (
    Permission,
)
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Who
from lapel.evidence.items import guarding
from lapel.evidence.items import service as items
from lapel.evidence.items.guarding import NAMED_MOST, WHY_MOST, Guarding
from lapel.evidence.items.model import Eyes, Guard, Search
from lapel.evidence.people.model import Author, Invitation, Person, Role
from lapel.evidence.web import app as pages
from lapel.evidence.web.looking import REASON_MS
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from lapel.sim.forge import Media, Story
from tests.evidence.test_apart import ROUTES
from tests.evidence.world import PASSWORD

NOW: Final = 1_795_000_000_000
CAMERA: Final = "X81004417"
ALL: Final = frozenset(Permission)
HERE: Final = "http://127.0.0.1:8600"


# ---- Setting a guard


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def agency(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        made.camera(CAMERA)
        yield made


def admin(agency: Agency) -> Person:
    person = agency.site.people.named("admin")
    assert person is not None
    return person


def me_of(agency: Agency) -> Who:
    return Author(admin(agency), "::1").who()


def hire(agency: Agency, name: str, role: Role = Role.OFFICER) -> tuple[Person, str]:
    asked = Invitation(name, name.title(), frozenset({role.id}), frozenset())
    return agency.site.people.staff.invite(asked, Author(admin(agency), "::1"))


def link_for(agency: Agency, may: frozenset[Permission]) -> str:
    """Invite somebody with a role of its own; gives their link."""
    author = Author(admin(agency), "::1")
    role = agency.site.people.roles.keep(None, "Made for eve", may, author)
    asked = Invitation("eve", "Eve", frozenset({role}), frozenset())
    return agency.site.people.staff.invite(asked, author)[1]


def recorded(agency: Agency, film: Media, by: str) -> str:
    site = agency.site
    site.holding.assign(CAMERA, by, me_of(agency))
    story = Story(site.ground.entropy(16), site.ground.clock.utc_ms())
    sent = agency.record(film, story, CAMERA)
    agency.take_in(sent)
    site.holding.take_back(CAMERA, me_of(agency))
    return recording_name(sent.recording)


def acts(agency: Agency, name: str) -> list[tuple[str, dict[int, str]]]:
    site = agency.site
    with site.database.read() as connection:
        found = custody.following(connection, site.tenant.id, -1, 500)
    return [(one.action, dict(one.texts)) for one in found if one.target.name == name]


def set_guard(agency: Agency, name: str, wanted: Guarding, eyes: Eyes) -> None:
    site = agency.site
    with site.database.write() as connection:
        item = next(
            one
            for one in items.search(
                connection, site.tenant.id, Eyes("", ALL), Search(), None
            ).items
            if recording_name(one.id) == name
        )
        who = me_of(agency)
        guarding.guard(connection, site.stamp(), who, eyes, (item, wanted))


def test_a_guard_is_set_and_told_with_who_was_named_and_why(
    agency: Agency, film: Media
) -> None:
    ana, _ = hire(agency, "ana")
    name, eyes = recorded(agency, film, ana.id), Eyes("", ALL)
    wanted = Guarding(Guard.RESTRICTED, frozenset({ana.id}), "  a   complaint ")
    set_guard(agency, name, wanted, eyes)
    set_guard(agency, name, wanted, eyes)
    set_guard(agency, name, Guarding(Guard.OPEN, frozenset(), "settled"), eyes)
    told = [
        (action, texts.get(3), texts.get(4), texts[5])
        for action, texts in acts(agency, name)
        if action.endswith(("guard-set", "access-set"))
    ]
    assert told == [
        ("recording.guard-set", "restricted", "open", "a complaint"),
        ("recording.access-set", "Ana", None, "a complaint"),
        ("recording.guard-set", "open", "restricted", "settled"),
        ("recording.access-set", None, "Ana", "settled"),
    ]


def test_a_guard_that_is_refused_changes_nothing(agency: Agency, film: Media) -> None:
    ana, _ = hire(agency, "ana")
    gone, _ = hire(agency, "gone")
    agency.site.people.staff.close(gone.id, Author(admin(agency), "::1"))
    other = agency.beside("Vale Hill Police").site.people.named("admin")
    assert other is not None
    name = recorded(agency, film, ana.id)
    before = acts(agency, name)
    clerk = Eyes("clerk", Role.CLERK.permissions)
    nobody = frozenset[str]()
    many = frozenset(str(number) for number in range(NAMED_MOST + 1))
    for wanted, reason in (
        (Guarding(Guard.RESTRICTED, nobody, " "), "why"),
        (Guarding(Guard.RESTRICTED, nobody, "x" * (WHY_MOST + 1)), "why"),
        (Guarding(Guard.RESTRICTED, frozenset({gone.id}), "why"), "person"),
        (Guarding(Guard.RESTRICTED, frozenset({other.id}), "why"), "person"),
        (Guarding(Guard.RESTRICTED, frozenset({"nobody"}), "why"), "person"),
        (Guarding(Guard.OPEN, many, "why"), "many"),
        (Guarding(Guard.CONFIDENTIAL, nobody, "why"), "self"),
    ):
        with pytest.raises(RefusedError) as refused:
            set_guard(agency, name, wanted, clerk)
        assert refused.value.reason == reason
    assert acts(agency, name) == before


# ---- The pages


@dataclass
class Browser:
    """Somebody who is signed in."""

    client: TestClient[Litestar]

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path, follow_redirects=False)

    def post(self, path: str, page: str, **fields: str) -> httpx.Response:
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get(page).text)
        assert found
        data = {**fields, "csrf": found[1]}
        return self.client.post(path, data=data, follow_redirects=False)


@pytest.fixture
def doors(agency: Agency) -> Iterator["Doors"]:
    with (
        TestClient(pages.build(agency.server, Front(8600)), base_url=HERE) as one,
        TestClient(pages.build(agency.server, Front(8600)), base_url=HERE) as two,
    ):
        yield Doors(agency, [one, two])


@dataclass
class Doors:
    """The pages, and browsers for those who come."""

    agency: Agency
    free: list[TestClient[Litestar]]

    def enter(self, secret: str) -> Browser:
        client = self.free.pop()
        typed = {"password": PASSWORD, "again": PASSWORD}
        client.post(f"/enrol/{secret}", data=typed)
        return Browser(client)


def test_an_officer_learns_nothing_of_what_others_recorded(
    doors: Doors, film: Media
) -> None:
    agency = doors.agency
    ana, _ = hire(agency, "ana")
    jo, secret = hire(agency, "jo")
    hers, his = recorded(agency, film, ana.id), recorded(agency, film, jo.id)
    officer = doors.enter(secret)
    listed = officer.get("/recordings").text
    assert his in listed
    assert hers not in listed
    begun = Story(agency.site.ground.entropy(16), NOW)
    coming = agency.record(film, begun, "X81009999")
    agency.send(coming, coming.stored[:100])
    waiting = officer.get("/recordings?tab=arriving").text
    assert "Arriving" not in waiting
    assert "X81009999" not in waiting
    absent = recording_name(bytes(16))
    for (way, path), call in ROUTES.items():
        if "{recording}" not in call.path or path.startswith(("/device/", "/api/")):
            continue
        if way != "get":
            continue
        asked = call.path.replace("{recording}", hers)
        none = call.path.replace("{recording}", absent)
        one, two = officer.get(asked), officer.get(none)
        assert (one.status_code, two.status_code) == (404, 404), path
        assert "Ana" not in one.text
    title = {"title": "mine now", "version": "1"}
    for name, status in ((hers, 404), (his, 303)):
        sent = officer.post(f"/recordings/{name}", "/recordings", **title)
        assert sent.status_code == status
    assert officer.get(f"/recordings/{his}/download").status_code == 404


def test_a_supervisor_sees_what_their_group_recorded(doors: Doors, film: Media) -> None:
    agency = doors.agency
    ana, _ = hire(agency, "ana")
    ben, _ = hire(agency, "ben")
    boss, secret = hire(agency, "boss", Role.SUPERVISOR)
    me = Author(admin(agency), "::1")
    agency.site.people.groups.keep(None, "Night", frozenset({ana.id, boss.id}), me)
    near, far = recorded(agency, film, ana.id), recorded(agency, film, ben.id)
    supervisor = doors.enter(secret)
    listed = supervisor.get("/recordings").text
    assert near in listed
    assert far not in listed
    assert near not in supervisor.get("/recordings?whose=own").text
    assert near in supervisor.get("/recordings?whose=group").text
    assert supervisor.get(f"/recordings/{near}").status_code == 200
    assert supervisor.get(f"/recordings/{far}").status_code == 404


def test_of_a_confidential_recording_every_look_has_a_reason(
    doors: Doors, film: Media, clock: ManualClock
) -> None:
    agency = doors.agency
    ana, _ = hire(agency, "ana")
    name = recorded(agency, film, ana.id)
    page = f"/recordings/{name}"
    boss = doors.enter(agency.secret)
    set_guard(
        agency,
        name,
        Guarding(Guard.CONFIDENTIAL, frozenset(), "a minor"),
        Eyes("", ALL),
    )
    assert "Why you look at it" in boss.get(page).text
    for path in ("/video", "/index.json", "/picture", "/closing", "/package"):
        shut = boss.get(page + path)
        assert (shut.status_code, shut.headers.get("location")) == (303, page), path
    assert boss.post(page, page, act="look", why=" ").status_code == 409
    title = {"title": "unseen", "version": "1", "category": "", "ident": ""}
    assert boss.post(page, page, **title).status_code == 409
    assert boss.post(page, page, act="look", why="the review").status_code == 303
    assert "Who may see it" in boss.get(page).text
    assert boss.get(page + "/index.json").status_code == 200
    action, texts = acts(agency, name)[-1]
    assert (action, texts[5]) == ("recording.viewed", "the review")
    assert boss.get(page + "/custody").status_code == 200
    assert boss.get(f"/custody/export.csv?recording={name}").status_code == 200
    assert boss.get(page + "/package").status_code == 200
    told = {action: texts.get(5) for action, texts in acts(agency, name)}
    for action in ("custody.viewed", "custody.exported", "recording.packaged"):
        assert told[action] == "the review", action
    clock.go_on(REASON_MS - 1)
    assert boss.get(page + "/index.json").status_code == 200
    clock.go_on(REASON_MS - 1)
    assert boss.get(page + "/index.json").status_code == 200
    clock.go_on(REASON_MS)
    assert boss.get(page + "/index.json").status_code == 303


def test_who_reads_the_log_says_why_on_the_page_of_custody(
    doors: Doors, film: Media
) -> None:
    agency = doors.agency
    ana, _ = hire(agency, "ana")
    name = recorded(agency, film, ana.id)
    page = f"/recordings/{name}"
    boss = doors.enter(agency.secret)
    boss.post(page, page, title="The quiet house", version="1", category="", ident="")
    guarded = Guarding(Guard.CONFIDENTIAL, frozenset(), "a minor")
    set_guard(agency, name, guarded, Eyes("", ALL))
    may = {Permission.FIND, Permission.CUSTODY, Permission.CONFIDENTIAL}
    reader = doors.enter(link_for(agency, frozenset(may)))
    shut = reader.get(page + "/custody")
    assert shut.status_code == 200
    assert "quiet house" not in shut.text
    for kind in ("csv", "json", "pdf"):
        asks = reader.get(f"/custody/export.{kind}?recording={name}")
        assert (asks.status_code, asks.headers["location"]) == (303, page + "/custody")
    assert not [1 for action, _ in acts(agency, name) if action.startswith("custody")]
    said = {"act": "look", "then": "/custody"}
    empty = reader.post(page, page + "/custody", **said, why="")
    assert empty.status_code == 409
    assert 'value="/custody"' in empty.text
    on = reader.post(page, page + "/custody", **said, why="the yearly audit")
    assert on.headers["location"] == page + "/custody"
    assert "quiet house" in reader.get(page + "/custody").text
    assert acts(agency, name)[-1][1][5] == "the yearly audit"
    assert reader.get(page).status_code == 404
    away = {**said, "then": "//elsewhere.example"}
    led = reader.post(page, page + "/custody", **away, why="the yearly audit")
    assert led.headers["location"] == page


def test_who_is_named_sees_it_and_nobody_else_finds_a_word_of_it(
    doors: Doors, film: Media
) -> None:
    agency = doors.agency
    ana, _ = hire(agency, "ana")
    auditor, secret = hire(agency, "audit", Role.AUDITOR)
    name = recorded(agency, film, ana.id)
    boss = doors.enter(agency.secret)
    page = f"/recordings/{name}"
    boss.post(page, page, title="The quiet house", version="1", category="", ident="")
    fields = {
        "act": "guard",
        "guard": "1",
        "named": "ana, nobody",
        "why": "a complaint",
    }
    assert boss.post(page, page, **fields).status_code == 409
    kept = boss.post(page, page, **{**fields, "named": "ana"})
    assert kept.status_code == 303
    reader = doors.enter(secret)
    assert name not in reader.get("/recordings").text
    for path in (page, f"{page}/custody", f"/custody/export.csv?recording={name}"):
        assert reader.get(path).status_code == 404
    for path in ("/custody", "/custody/export.csv", "/custody/export.json"):
        told = reader.get(path).text
        assert "quiet house" not in told
        assert "complaint" not in told
        assert name in told or path == "/custody"
    assert "Of a recording that you may not see" in reader.get("/custody").text
    assert "quiet house" in boss.get("/custody").text
    assert auditor.id != ana.id


def test_only_who_may_classify_sets_a_guard(doors: Doors, film: Media) -> None:
    agency = doors.agency
    jo, secret = hire(agency, "jo")
    name = recorded(agency, film, jo.id)
    officer = doors.enter(secret)
    page = f"/recordings/{name}"
    fields = {"act": "guard", "guard": "1", "named": "jo", "why": "mine"}
    assert "Change who may see it" not in officer.get(page).text
    assert officer.post(page, page, **fields).status_code == 404
    assert not [a for a, _ in acts(agency, name) if "guard" in a]
