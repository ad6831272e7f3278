"""Finding recordings: words, people, times, pages; and 100,000 of them."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import Connection, Engine, event, text

from lapel.base.permissions import SCOPED, Deed, Permission, Scope
from lapel.evidence.items import rules, service
from lapel.evidence.items.model import Eyes, Page, Place, Search
from lapel.evidence.store.database import Quiet
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.archive import fill
from tests.evidence.world import PASSWORD

COUNT = 100_000
QUICK = 2000
"""Thousands of SQLite's instructions; the most that any page takes is 1551."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agency]:
    folder: Path = tmp_path_factory.mktemp("archive") / "evidence"
    with founded(folder, SystemClock(), system_entropy) as made:
        fill(made.site, COUNT)
        yield made


@contextmanager
def work() -> Generator[list[int]]:
    """Count what SQLite does, in thousands of its instructions.

    A number that is the same on a slow machine as on a quick one.
    """
    done: list[int] = []

    def watch(connection: Connection, *_others: object) -> None:
        inner = connection.connection.dbapi_connection
        assert inner is not None
        inner.set_progress_handler(lambda: done.append(1), 1000)

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        yield done
    finally:
        event.remove(Engine, "before_cursor_execute", watch)


ALL = Eyes("", frozenset(Permission))


def find(
    agency: Agency, wanted: Search, place: Place | None = None, eyes: Eyes = ALL
) -> Page:
    with agency.site.database.read() as connection:
        return service.search(connection, agency.site.tenant.id, eyes, wanted, place)


SEARCHES = (
    Search(),
    Search(needs=True),
    Search(no_category=True),
    Search(words="quay"),
    Search(words="traffic quay"),
    Search(words="lind", serial="X81000007"),
    Search(wearer="okonjo"),
    Search(wearer="okonjo", words="theft mill"),
    Search(serial="X81000042"),
    Search(verdict="closed-by-power-loss"),
    Search(words="zebra"),
    Search(words="q"),
)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("wanted", SEARCHES, ids=str)
def test_every_search_is_quick_among_100_000(archive: Agency, wanted: Search) -> None:
    with work() as done:
        page = find(archive, wanted)
    assert len(done) < QUICK
    starts = [item.start_ms for item in page.items]
    assert starts == sorted(starts, reverse=True)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("scope", [Scope.OWN, Scope.GROUP])
@pytest.mark.parametrize("wanted", [Search(), Search(words="q"), Search(needs=True)])
def test_few_of_100_000_are_found_as_quickly(
    archive: Agency, scope: Scope, wanted: Search
) -> None:
    """Somebody who recorded 500 of them, and somebody in a group of 20."""
    with archive.site.database.write(Quiet.SETUP) as connection:
        connection.execute(
            text("UPDATE recordings SET person = 'p' || (number % 200), guard = 0")
        )
        connection.execute(text("UPDATE recordings SET guard = 1 WHERE number % 7 = 0"))
    team = frozenset(f"p{number}" for number in range(20))
    eyes = Eyes("p3", frozenset({SCOPED[Deed.FIND][scope]}), team)
    with work() as done:
        page = find(archive, wanted, eyes=eyes)
        with archive.site.database.read() as connection:
            service.counts(connection, archive.site.tenant.id, eyes)
    assert len(done) < QUICK
    mine = {"p3"} if scope is Scope.OWN else team
    assert {item.person for item in page.items} <= mine
    assert not any(item.guard for item in page.items)
    with archive.site.database.write(Quiet.SETUP) as connection:
        connection.execute(text("UPDATE recordings SET person = '', guard = 0"))


def test_pages_walk_through_everything_once_and_back(archive: Agency) -> None:
    wanted = Search(serial="X81000042")
    seen: list[int] = []
    page = find(archive, wanted)
    assert page.newer is None
    while True:
        seen += [item.number for item in page.items]
        if page.older is None:
            break
        last, page = page, find(archive, wanted, page.older)
        assert page.newer is not None
        assert find(archive, wanted, page.newer).items == last.items
    assert len(seen) == len(set(seen))
    with archive.site.database.read() as connection:
        count = connection.execute(
            text("SELECT count(*) FROM recordings WHERE serial = 'X81000042'")
        ).scalar_one()
    assert len(seen) == count


def test_the_newest_page_reads_an_index_and_sorts_nothing(archive: Agency) -> None:
    with archive.site.database.read() as connection:
        plan = connection.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT number FROM recordings r"
                " WHERE r.tenant = 'x' AND (r.start_ms, r.number) < (5, 5)"
                " ORDER BY r.start_ms DESC, r.number DESC LIMIT 51"
            )
        ).all()
    words = " ".join(str(row) for row in plan)
    assert "INDEX recordings_time" in words
    assert "TEMP B-TREE" not in words


PATHS = (
    "/recordings",
    "/recordings?q=quay",
    "/recordings?q=q",
    "/recordings?by=okonjo&q=theft",
    "/recordings?tab=needs",
    "/recordings?camera=X81000042",
    "/recordings?from=2026-01-01&to=2026-02-01",
    "/recordings?tab=arriving",
    "/devices",
)


@pytest.fixture(scope="module")
def browser(archive: Agency) -> Iterator[TestClient[Litestar]]:
    built = app.build(archive.server, Front(8600))
    with TestClient(built, base_url="http://127.0.0.1:8600") as made:
        typed = {"password": PASSWORD, "again": PASSWORD}
        made.post(f"/enrol/{archive.secret}", data=typed)
        yield made


@pytest.mark.timeout(180)
@pytest.mark.parametrize("path", PATHS)
def test_whole_pages_are_quick_among_100_000_too(
    browser: TestClient[Litestar], path: str
) -> None:
    with work() as done:
        page = browser.get(path)
    assert page.status_code == 200
    assert len(done) < QUICK


def test_the_last_page_is_as_quick_as_the_first(
    archive: Agency, browser: TestClient[Litestar]
) -> None:
    with archive.site.database.read() as connection:
        oldest = connection.execute(
            text("SELECT start_ms FROM recordings ORDER BY start_ms LIMIT 1 OFFSET 60")
        ).scalar_one()
    with work() as done:
        page = browser.get(f"/recordings?before={oldest}.1")
    assert page.text.count("data-row") > 40
    assert len(done) < QUICK


@given(st.text(max_size=40))
def test_no_words_break_the_search(archive: Agency, words: str) -> None:
    find(archive, Search(words=words, wearer=words))


@given(st.text(max_size=60))
def test_a_query_holds_words_as_beginnings_only(words: str) -> None:
    query = rules.match(words)
    assert all(part.startswith('"') and part.endswith('"*') for part in query.split())
