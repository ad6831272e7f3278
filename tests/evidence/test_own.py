"""The page of one's own account: name, appearance, password."""

import re
from collections.abc import Iterator

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.errors import RefusedError
from lapel.evidence.people import rules
from lapel.evidence.people.model import Credentials, Role
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.sim.agency import Agency
from tests.evidence.world import PASSWORD

NEW = "quartz lantern under seven"
HERE = "127.0.0.1"
Client = TestClient[Litestar]


@pytest.fixture
def client(agency: Agency) -> Iterator[Client]:
    built = app.build(agency.server, Front(8600))
    typed = {"password": PASSWORD, "again": PASSWORD}
    with TestClient(built, base_url="http://127.0.0.1:8600") as made:
        made.post(f"/enrol/{agency.secret}", data=typed)
        yield made


def send(client: Client, data: dict[str, str]) -> httpx.Response:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/account").text)
    assert found is not None
    return client.post("/account", data={"csrf": found[1], **data})


def test_one_changes_one_s_own_name(client: Client) -> None:
    page = send(client, {"act": "name", "shown": "Ada <b>"}).text
    assert "Ada &lt;b&gt;" in page
    assert "Name changed: Ada" in client.get("/custody").text
    missing = send(client, {"act": "name", "shown": " "})
    assert missing.status_code == 409
    assert "Ada &lt;b&gt;" in client.get("/account").text


def test_pages_look_as_one_chose(client: Client) -> None:
    assert "data-theme" not in client.get("/recordings").text
    send(client, {"act": "theme", "theme": "dark"})
    assert 'data-theme="dark"' in client.get("/recordings").text
    assert send(client, {"act": "theme", "theme": "loud"}).status_code == 409
    send(client, {"act": "theme", "theme": "system"})
    assert "data-theme" not in client.get("/recordings").text


def test_a_new_password_ends_other_sessions_and_links(
    client: Client, agency: Agency
) -> None:
    people = agency.site.people
    other = people.sign_in(Credentials("admin", PASSWORD, HERE))
    link = people.link_for("admin")
    theirs = people.enrol(people.invite("jo", "Jo", Role.OFFICER), PASSWORD, HERE)
    typed = {"act": "password", "old": PASSWORD, "new": NEW, "again": NEW}
    assert "Your password was changed" in send(client, typed).text
    assert people.session(other.secret) is None
    assert people.session(theirs.secret) is not None
    assert client.get(f"/enrol/{link}").status_code == 404
    with pytest.raises(RefusedError):
        people.sign_in(Credentials("admin", PASSWORD, HERE))
    people.sign_in(Credentials("admin", NEW, HERE))
    assert "Password changed" in client.get("/custody").text


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        ("tiny words", "tiny words", "Too short"),
        ("x" * 257, "x" * 257, "Too long"),
        ("passwordpassword", "passwordpassword", "among the first"),
        ("admin1234567", "admin1234567", "little more than"),
        (NEW, PASSWORD, "not the same"),
    ],
)
def test_a_new_password_is_judged_as_the_first_was(
    client: Client, agency: Agency, new: str, again: str, said: str
) -> None:
    typed = {"act": "password", "old": PASSWORD, "new": new, "again": again}
    answer = send(client, typed)
    assert answer.status_code == 409
    assert said in answer.text
    assert new not in answer.text
    agency.site.people.sign_in(Credentials("admin", PASSWORD, HERE))


def test_the_old_password_is_asked_for_and_its_tries_count(client: Client) -> None:
    typed = {"act": "password", "old": "not the old one", "new": NEW, "again": NEW}
    for _ in range(rules.ACCOUNT_TRIES - 1):
        assert send(client, typed).status_code == 409
    assert send(client, typed).status_code == 429
    assert send(client, {**typed, "old": PASSWORD}).status_code == 429


def test_a_form_of_another_session_changes_nothing(client: Client) -> None:
    answer = client.post(
        "/account", data={"csrf": "x", "act": "theme", "theme": "dark"}
    )
    assert answer.status_code == 403
    assert "data-theme" not in client.get("/recordings").text
