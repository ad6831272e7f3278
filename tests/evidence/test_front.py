"""The front of the house: a name at a proxy, and codes of the command line."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.errors import LapelError, RefusedError
from lapel.crypto.keys import PrivateKey
from lapel.evidence.web import app as pages
from lapel.evidence.web.visit import Front, contact, public_origin
from lapel.sim.agency import Agency
from tests.evidence.test_apps import HERE, INSTANCE, PORT, b64, unb64
from tests.evidence.world import PASSWORD, serving

PUBLIC = "https://evidence.example.org"


@pytest.fixture
def browser(agency: Agency) -> Iterator[TestClient[Litestar]]:
    built = pages.build(agency.server, Front(PORT, "https://evidence.example.org"))
    with TestClient(built, base_url=HERE) as made:
        yield made


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("https://evidence.example.org", "https://evidence.example.org"),
        ("https://Evidence.Example.org/", "https://evidence.example.org"),
        ("https://evidence.example.org:8443", "https://evidence.example.org:8443"),
        ("", ""),
        ("http://evidence.example.org", None),
        ("https://evidence.example.org/view", None),
        ("evidence.example.org", None),
    ],
)
def test_the_public_address_is_one_of_https(typed: str, read: str | None) -> None:
    if read is not None:
        assert public_origin(typed) == read
        return
    with pytest.raises(LapelError):
        public_origin(typed)


def test_behind_a_proxy_the_public_name_is_ours_and_its_cookie_is_for_tls_only(
    agency: Agency, browser: TestClient[Litestar]
) -> None:
    typed = {"password": PASSWORD, "again": PASSWORD}
    headers = {
        "Host": "evidence.example.org",
        "Origin": "https://evidence.example.org",
    }
    answer = browser.post(
        f"/enrol/{agency.secret}",
        data=typed,
        headers=headers,
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert "Secure" in answer.headers["set-cookie"]
    other = browser.get("/sign-in", headers={"Host": "evil.example.org"})
    assert other.status_code == 421


@pytest.mark.process
def test_a_code_of_the_command_line_gets_a_grant_over_a_ca_that_it_names(
    tmp_path: Path,
) -> None:
    with serving(tmp_path / "evidence") as server:
        printed = server.run("code", "--kind", "view").strip()
        assert printed.startswith("lapel-view:")
        told = json.loads(unb64(printed.removeprefix("lapel-view:")))
        key = PrivateKey.generate().public.point
        ask = {"key": b64(key), "role": 2, "instance": INSTANCE}
        with server.device(told["secret"]) as client:
            ca = client.get("/device/ca").content
            assert hashlib.sha256(ca).hexdigest() == told["ca"]
            assert str(client.base_url).rstrip("/") == told["url"]
            answer = client.post("/api/v1/app/grant", json=ask)
            assert answer.status_code == 200, answer.text
            assert base64.urlsafe_b64decode(answer.json()["grant_key"] + "==")
            assert client.post("/api/v1/app/grant", json=ask).status_code == 409


def test_whom_to_tell_of_a_weakness_is_said_where_somebody_was_named(
    agency: Agency,
) -> None:
    path = "/.well-known/security.txt"
    told = Front(PORT, PUBLIC, contact="mailto:safety@example.org")
    with TestClient(pages.build(agency.server, told), base_url=HERE) as client:
        answer = client.get(path)
        assert answer.headers["content-type"].startswith("text/plain")
        lines = dict(line.split(": ", 1) for line in answer.text.splitlines())
        assert lines["Contact"] == "mailto:safety@example.org"
        assert lines["Canonical"] == PUBLIC + path
        ahead = datetime.fromisoformat(lines["Expires"]) - datetime.fromtimestamp(
            agency.server.clock.utc_ms() / 1000, UTC
        )
        assert timedelta(days=170) < ahead < timedelta(days=366)
    with TestClient(pages.build(agency.server, Front(PORT)), base_url=HERE) as client:
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "wrong", ["safety@example.org", "http://example.org", "mailto:", "mailto:a\nb"]
)
def test_whom_to_tell_is_an_address(wrong: str) -> None:
    with pytest.raises(RefusedError):
        contact(wrong)


@pytest.mark.process
def test_the_public_name_is_an_option_of_the_server(tmp_path: Path) -> None:
    public = ("--public", "https://evidence.example.org")
    folder = tmp_path / "evidence"
    with serving(folder, more=public) as server, server.client() as client:
        for host, status in (("evidence.example.org", 200), ("other.org", 421)):
            answer = client.get("/view/", headers={"Host": host})
            assert answer.status_code == status
