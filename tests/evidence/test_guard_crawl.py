"""Every route, tried with a recording that is not for whoever asks."""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.ids import parse_recording_name, recording_name
from lapel.base.permissions import SCOPED, Deed, Permission, Scope
from lapel.evidence.clients.model import NewClient
from lapel.evidence.clients.rules import GIVABLE
from lapel.evidence.people.model import Author, Invitation
from lapel.evidence.store.database import Quiet
from lapel.evidence.web import app as pages
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from lapel.sim.forge import Media
from lapel.wire.cbor import Value
from lapel.wire.journal import EntryKind
from tests.evidence.apart import HERE, PORT, Call, Ids, Inside, furnish, inside
from tests.evidence.book import SERIAL, Book
from tests.evidence.test_apart import ALSO, NAMELESS, ROUTES
from tests.evidence.test_journals import take
from tests.evidence.world import PASSWORD

WIDE: Final = frozenset(
    SCOPED[deed][scope] for deed in Deed for scope in (Scope.GROUP, Scope.ANY)
)
NARROW: Final = (
    frozenset(Permission)
    - WIDE
    - {
        Permission.RESTRICTED,
        Permission.CONFIDENTIAL,
        Permission.CLASSIFY,
    }
)
"""Everything that can be given, but of recordings only what is one's own."""
TITLE: Final = "The quiet house"
ABSENT: Final = recording_name(bytes(16))


@dataclass(frozen=True)
class World:
    """An agency with a recording of somebody else, and somebody who may do much."""

    ids: Ids
    us: Inside
    folder: Path

    def rows(self) -> list[tuple[Any, ...]]:
        """Give all that is kept of the recording itself."""
        with closing(sqlite3.connect(self.us.agency.site.database.path)) as connection:
            asked = parse_recording_name(self.ids.recording)
            found = connection.execute("SELECT * FROM recordings WHERE id = ?", [asked])
            return found.fetchall()


def _enrolled(agency: Agency, client: TestClient[Litestar]) -> str:
    """Let somebody in who may do all but see what others recorded; gives their form."""
    boss = agency.site.people.named("admin")
    assert boss is not None
    author = Author(boss, "::1")
    role = agency.site.people.roles.keep(None, "Nearly all", NARROW, author)
    asked = Invitation("jo", "Jo", frozenset({role}), frozenset())
    _, secret = agency.site.people.staff.invite(asked, author)
    client.post(f"/enrol/{secret}", data={"password": PASSWORD, "again": PASSWORD})
    return str(client.get("/api/v1/app/session").json()["form"])


def _program(agency: Agency) -> str:
    boss = agency.site.people.named("admin")
    assert boss is not None
    may = frozenset(GIVABLE) - {Permission.RESTRICTED, Permission.CONFIDENTIAL}
    new = NewClient("narrow", may, "", 90)
    return agency.site.clients.make(new, Author(boss, "::1"))[1]


@pytest.fixture
def world(tmp_path: Path, film: Media) -> Iterator[World]:
    clock = ManualClock(1_795_000_000_000)
    with founded(tmp_path / "evidence", clock, system_entropy) as agency:
        ids = furnish(agency, film, "ours")
        agency.site.checkpoints.refresh()
        with inside(agency) as boss:
            title = {"title": TITLE, "category": "", "version": "1", "ident": "C-1"}
            boss.send("post", Call("/recordings/{recording}", 303, title), ids)
        with agency.site.database.write(Quiet.SETUP) as connection:
            connection.exec_driver_sql("UPDATE recordings SET guard = 1")
        built = pages.build(agency.server, Front(PORT))
        with TestClient(built, base_url=HERE) as client:
            csrf = _enrolled(agency, client)
            us = Inside(agency, client, client, csrf, _program(agency))
            yield World(ids, us, tmp_path)


@contextmanager
def inside_again(agency: Agency) -> Generator[TestClient[Litestar]]:
    """Sign the administrator in once more."""
    built = pages.build(agency.server, Front(PORT))
    with TestClient(built, base_url=HERE) as client:
        typed = {"name": "admin", "password": PASSWORD}
        client.post("/sign-in", data=typed)
        yield client


def _same(one: httpx.Response, two: httpx.Response) -> bool:
    """Tell whether two answers say the same, but for the number of the log."""
    told = [_told(answer) for answer in (one, two)]
    return one.status_code == two.status_code and told[0] == told[1]


def _told(answer: httpx.Response) -> str:
    """Give what an answer says, without the names that somebody asked with."""
    where = answer.headers.get("location", "")
    if answer.status_code >= 400 and "json" in answer.headers["content-type"]:
        body: dict[str, str] = {**answer.json(), "reference": ""}
        where += str(sorted(body.items()))
    return str(where)


def _asks(call: Call) -> bool:
    return "{recording}" in str((call.path, call.form, call.content))


def test_no_route_tells_a_recording_that_is_not_one_s_own_from_none(
    world: World,
) -> None:
    before, tried = world.rows(), 0
    assert TITLE in str(before)
    none = replace(world.ids, recording=ABSENT)
    for way, call in [
        *((way, call) for (way, _), call in ROUTES.items()),
        *(("post", call) for call in ALSO),
    ]:
        if not _asks(call) or call.path.startswith("/device/"):
            continue
        tried += 1
        one, two = world.us.send(way, call, world.ids), world.us.send(way, call, none)
        assert one.status_code in {403, 404} or "/recordings/file" in call.path
        assert _same(one, two), (way, call.path)
        for word in (TITLE, "C-1", world.ids.serial):
            assert word not in one.text, (way, call.path)
        assert world.rows() == before, (way, call.path)
    assert tried >= 17


def test_no_other_page_has_a_word_of_it(world: World) -> None:
    named = {("get", "/people/{person}"), ("get", "/devices/{serial}")}
    for way, path in sorted(NAMELESS | named):
        if way != "get":
            continue
        call = ROUTES.get((way, path), Call(path, 200))
        text = world.us.send(way, call, world.ids).text
        assert TITLE not in text, path
        assert "C-1<" not in text, path
        if "custody" not in path:
            assert world.ids.recording not in text, path


def test_programs_and_files_of_the_log_have_none_of_its_words(world: World) -> None:
    for path in ("/custody/export.json", "/custody/export.csv", "/api/v1/custody"):
        answer = world.us.send("get", Call(path, 200), world.ids)
        assert answer.status_code == 200
        assert world.ids.recording in answer.text
        assert TITLE not in answer.text, path


def test_of_what_is_still_on_a_camera_only_those_who_see_all_get_the_names(
    world: World,
) -> None:
    agency = world.us.agency
    book = Book(agency.camera(SERIAL))
    gone = bytes(range(16))
    start: dict[int, Value] = {1: gone, 2: None, 3: (0, b"")}
    take(agency, book.write(EntryKind.BOOT), book.write(EntryKind.START, start))
    page = Call(f"/devices/{SERIAL}", 200)
    with inside_again(agency) as boss:
        assert recording_name(gone)[:13] in boss.get(page.path).text
    told = world.us.send("get", page, world.ids).text
    assert "1 recording that its journal names" in told
    assert recording_name(gone)[:13] not in told


def test_a_second_file_of_a_recording_that_is_hidden_has_no_name(world: World) -> None:
    agency = world.us.agency
    with agency.site.database.write(Quiet.SETUP) as connection:
        asked = parse_recording_name(world.ids.recording)
        connection.exec_driver_sql("UPDATE held SET recording = ?", (asked,))
    told = world.us.send("get", Call("/held", 200), world.ids).text
    assert "One that you may not see" in told
    assert world.ids.recording not in told
    with inside_again(agency) as boss:
        assert world.ids.recording in boss.get("/held").text
