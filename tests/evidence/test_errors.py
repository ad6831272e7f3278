"""Every error of a page has its own words, and a reference that the log has too."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import text
from structlog.testing import capture_logs

from lapel.base.errors import RefusedError
from lapel.base.ids import recording_name
from lapel.evidence.api.errors import note
from lapel.evidence.custody.checkpoints import Checkpoints, SignerClient
from lapel.evidence.store.database import Quiet
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency
from lapel.sim.forge import Media, Story
from tests.evidence.world import PASSWORD

PORT = 8600
PAGE = f"/recordings/{recording_name(bytes(16))}"


@pytest.fixture
def client(
    agency: Agency, film: Media, tmp_path: Path
) -> Iterator[TestClient[Litestar]]:
    site = agency.site
    now = site.ground.clock.utc_ms()
    agency.take_in(agency.record(film, Story(bytes(16), now - 90_000)))
    nobody = SignerClient(tmp_path / "nobody")
    lonely = Checkpoints(site.database, nobody, site.ground.clock, site.tenant.id)
    agency.server.put(replace(site, checkpoints=lonely))
    built = app.build(agency.server, Front(PORT))
    with TestClient(
        built, base_url=f"http://127.0.0.1:{PORT}", raise_server_exceptions=False
    ) as made:
        typed = {"password": PASSWORD, "again": PASSWORD}
        made.post(f"/enrol/{agency.secret}", data=typed)
        yield made
    agency.server.put(site)


Ask = Callable[[TestClient[Litestar], Agency], httpx.Response]


def late(client: TestClient[Litestar], _agency: Agency) -> httpx.Response:
    csrf = re.search('name="csrf" value="([^"]+)"', client.get(PAGE).text)
    assert csrf is not None
    data = {"csrf": csrf[1], "version": "77", "title": "Late", "category": ""}
    return client.post(PAGE, data=data)


def knock(client: TestClient[Litestar], _agency: Agency) -> httpx.Response:
    typed = {"name": "nobody", "password": "wrong wrong wrong"}
    answers = [client.post("/sign-in", data=typed) for _ in range(7)]
    return answers[-1]


def spoil(client: TestClient[Litestar], agency: Agency) -> httpx.Response:
    with agency.site.database.write(Quiet.SETUP) as connection:
        connection.execute(text("UPDATE facts SET report = x'00'"))
    return client.get(PAGE)


ASKS: dict[int, Ask] = {
    400: lambda client, _: client.get("/recordings/not-a-name"),
    403: lambda client, _: client.post("/sign-out", data={"csrf": "another"}),
    404: lambda client, _: client.get("/nothing"),
    409: late,
    413: lambda client, _: client.post("/sign-in", content=b"a" * (1 << 21)),
    429: knock,
    500: spoil,
    503: lambda client, _: client.get(f"{PAGE}/package"),
}


@pytest.mark.parametrize("status", ASKS)
def test_an_error_s_reference_stands_on_its_page_and_in_the_log(
    client: TestClient[Litestar], agency: Agency, status: int
) -> None:
    with capture_logs() as logged:
        answer = ASKS[status](client, agency)
    assert answer.status_code == status
    found = re.search(r'Reference <b class="mono">([0-9A-F]{8})</b>', answer.text)
    assert found is not None
    (line,) = [one for one in logged if one.get("reference") == found[1]]
    assert line["status"] == status
    assert "Traceback" not in answer.text
    assert ("retry-after" in answer.headers) == (status in {429, 503})


def test_a_link_s_secret_is_not_logged() -> None:
    with capture_logs() as logged:
        note(RefusedError("form"), "/enrol/very-secret", system_entropy)
    assert logged[0]["where"] == "/enrol/..."


@pytest.mark.parametrize("part", ["video", "download", "package"])
def test_a_stored_file_that_is_gone_or_changed_is_said_before_the_answer_begins(
    client: TestClient[Litestar], agency: Agency, part: str
) -> None:
    agency.site.checkpoints.refresh()
    (path,) = [p for p in agency.site.ground.folder.objects.rglob("*") if p.is_file()]
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + b"\0" * 32 + whole[232:])
    if part != "package":
        changed = client.get(f"{PAGE}/{part}")
        assert changed.status_code == 500
        assert "bring it back from the backup" in changed.text
    path.unlink()
    gone = client.get(f"{PAGE}/{part}")
    assert gone.status_code in {500, 503}
    assert "Traceback" not in gone.text
