"""Pages of people, groups and roles: what they show, do and refuse."""

import re
from collections.abc import Iterator

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from lapel.evidence.people.model import Author, Credentials, Invitation
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.sim.agency import Agency
from tests.evidence.world import PASSWORD

PORT = 8600
Client = TestClient[Litestar]


@pytest.fixture
def client(agency: Agency) -> Iterator[Client]:
    built = app.build(agency.server, Front(PORT))
    with TestClient(built, base_url=f"http://127.0.0.1:{PORT}") as made:
        enrol(made, f"/enrol/{agency.secret}")
        yield made


def enrol(client: Client, link: str) -> None:
    client.cookies.clear()
    answer = client.post(link, data={"password": PASSWORD, "again": PASSWORD})
    assert answer.url.path in {"/begin", "/recordings"}


def sign_in(client: Client, name: str) -> None:
    client.cookies.clear()
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
    assert answer.url.path == "/recordings"


def send(
    client: Client, path: str, data: dict[str, str | list[str]], page: str = "/people"
) -> httpx.Response:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(page).text)
    assert found is not None
    return client.post(path, data={"csrf": found[1], **data})


def invited(client: Client, name: str, *roles: str) -> str:
    """Invite somebody by the page; give the address of their link."""
    fields: dict[str, str | list[str]] = {
        "name": name,
        "shown": name.title(),
        "role": list(roles),
    }
    answer = send(client, "/people/invite", fields)
    assert answer.status_code == 200, answer.text
    found = re.search(r"/enrol/[A-Za-z0-9_.-]+", answer.text)
    assert found is not None
    return found[0]


def person(agency: Agency, name: str) -> str:
    found = agency.site.people.named(name)
    assert found is not None
    return found.id


def test_somebody_invited_signs_in_and_sees_what_the_role_allows(
    client: Client,
) -> None:
    enrol(client, invited(client, "jo", "officer"))
    assert "People</a>" not in client.get("/recordings").text
    for path in ("/people", "/people/invite", "/roles", "/groups", "/groups/new"):
        missing = client.get(path)
        assert missing.status_code == 404, path


def test_an_account_is_changed_from_its_page(client: Client, agency: Agency) -> None:
    invited(client, "jo", "officer")
    page = f"/people/{person(agency, 'jo')}"
    group = send(client, "/groups/new", {"name": "Night shift"})
    assert "Night shift" in group.text
    found = re.search(r'name="group" value="([^"]+)"', client.get(page).text)
    assert found is not None
    send(client, page, {"act": "groups", "group": found[1]})
    send(client, page, {"act": "roles", "role": ["officer", "auditor"]})
    changed = send(client, page, {"act": "name", "shown": "Jo <b>Ek</b>"}).text
    assert "Jo &lt;b&gt;Ek&lt;/b&gt;" in changed
    for said in ("Roles set: officer, auditor", "Groups set: Night shift"):
        assert said in changed
    assert "officer, auditor" in client.get("/people").text
    assert "Jo &lt;b&gt;" in client.get("/groups").text


def test_closing_asks_first_and_can_be_undone(client: Client, agency: Agency) -> None:
    link = invited(client, "jo", "officer")
    page = f"/people/{person(agency, 'jo')}"
    unsure = send(client, page, {"act": "close"})
    assert unsure.status_code == 409
    assert "Tick the box first" in unsure.text
    assert "closed" in send(client, page, {"act": "close", "sure": "yes"}).text
    assert client.get(link).status_code == 404
    assert "Invited" in send(client, page, {"act": "open"}).text


def test_the_last_administrator_is_told_why(client: Client, agency: Agency) -> None:
    page = f"/people/{person(agency, 'admin')}"
    for fields in (
        {"act": "close", "sure": "yes"},
        {"act": "roles", "role": "officer"},
    ):
        kept = send(client, page, dict(fields))
        assert kept.status_code == 409
        assert "Nobody else could administer" in kept.text


def test_a_role_is_made_given_changed_and_removed(
    client: Client, agency: Agency
) -> None:
    wanted = ["any:people:edit", "any:roles:edit"]
    made = send(client, "/roles/new", {"name": "Shift lead", "permission": wanted})
    found = re.search(r'href="(/roles/[0-9a-f]{16})"', made.text)
    assert found is not None
    role = found[1].rpartition("/")[2]
    enrol(client, invited(client, "lee", role))
    assert client.get("/people").status_code == 200
    assert client.get("/custody").status_code == 404
    fields: dict[str, str | list[str]] = {"name": "mo", "shown": "Mo"}
    more = send(client, "/people/invite", {**fields, "role": "administrator"})
    assert more.status_code == 409
    assert "beyond what you may do" in more.text
    above = f"/people/{person(agency, 'admin')}"
    assert "Save roles" not in client.get(above).text
    stolen = send(client, f"{above}/link", {}, page=above)
    assert stolen.status_code == 409
    assert "/enrol/" not in stolen.text
    sign_in(client, "admin")
    assert send(client, found[1], {"act": "remove"}).status_code == 409
    free = send(client, "/roles/new", {"name": "Free", "permission": wanted})
    for one in re.findall(r'href="(/roles/[0-9a-f]{16})"', free.text):
        send(client, one, {"act": "remove"})
    assert "Free" not in client.get("/roles").text
    assert "Shift lead" in client.get("/roles").text


def test_what_is_wrong_in_a_form_keeps_what_was_typed(client: Client) -> None:
    bad = send(client, "/people/invite", {"name": "jo", "shown": "Jo Ek"})
    assert bad.status_code == 409
    assert 'value="Jo Ek"' in bad.text
    assert "Tick at least one role" in bad.text
    bad = send(client, "/roles/new", {"name": "Lead"})
    assert bad.status_code == 409
    assert 'value="Lead"' in bad.text
    send(client, "/groups/new", {"name": "Night"})
    bad = send(client, "/groups/new", {"name": "NIGHT"})
    assert bad.status_code == 409
    assert "That name is taken" in bad.text


@pytest.mark.parametrize(
    "path", ["/people/x", "/people/x/link", "/roles/x", "/groups/x", "/people/%00"]
)
def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert send(client, path, {"act": "open"}).status_code == 404
    assert client.get(path).status_code in {404, 405}


def test_a_form_of_another_session_changes_nobody(
    client: Client, agency: Agency
) -> None:
    people = agency.site.people
    found = people.named("admin")
    assert found is not None
    invitation = Invitation("jo", "Jo", frozenset({"administrator"}), frozenset())
    _, secret = people.staff.invite(invitation, Author(found, "127.0.0.1"))
    people.enrol(secret, PASSWORD, "127.0.0.1")
    other = people.sign_in(Credentials("jo", PASSWORD, "127.0.0.1"))
    page = f"/people/{found.id}"
    fields = {"csrf": other.session.csrf, "act": "name", "shown": "Taken"}
    for path in (page, f"{page}/link", "/people/invite", "/roles/new", "/groups/new"):
        assert client.post(path, data=fields).status_code == 403, path
    assert "Taken" not in client.get(page).text
