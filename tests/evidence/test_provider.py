"""Signing in at a real provider: npm oidc-provider in a process of its own."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from lapel.evidence.custody import service as custody
from lapel.evidence.people.federation import (
    Given,
)
from lapel.evidence.people.model import Author
from lapel.evidence.web import app as pages
from lapel.evidence.web.provider import BACK
from lapel.evidence.web.visit import Front
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import Agency, founded
from tests.evidence.test_guard_pages import hire
from tests.evidence.world import PASSWORD

NODE: Final = Path(__file__).parent.parent / "node"
HERE: Final = "http://127.0.0.1:8600"
NOW: Final = 1_795_000_000_000
SECRET: Final = "a secret of the tests"  # noqa: S105


def author(agency: Agency) -> Author:
    person = agency.site.people.named("admin")
    assert person is not None
    return Author(person, "::1")


def acts(agency: Agency) -> list[tuple[str, dict[int, str]]]:
    site = agency.site
    with site.database.read() as connection:
        found = custody.following(connection, site.tenant.id, -1, 500)
    return [(one.action, dict(one.texts)) for one in found]


@pytest.fixture(scope="module")
def real(node: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_address[1]
    issuer = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(  # noqa: S603  # our own words
        [node, NODE / "idp.mjs", issuer, HERE + BACK],
        cwd=NODE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    yield issuer
    process.kill()
    process.wait()
    process.stdout.close()


@dataclass
class Somebody:
    """A browser: its side at the provider, and its side at Evidence."""

    evidence: TestClient[Litestar]
    provider: httpx.Client

    def go(self, path: str, name: str) -> httpx.Response:
        """Go to the provider and come back as somebody; gives Evidence's answer."""
        sent = self.evidence.get(path, follow_redirects=False)
        assert sent.status_code == 303, sent.text
        where = sent.headers["location"]
        answer = self.provider.get(where)
        for _ in range(12):
            if answer.is_redirect:
                where = urljoin(where, answer.headers["location"])
                if where.startswith(HERE):
                    path = where.removeprefix(HERE)
                    return self.evidence.get(path, follow_redirects=False)
                answer = self.provider.get(where)
                continue
            form = re.search(r'action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text)
            assert form
            assert prompt
            typed = {"prompt": prompt[1], "login": name, "password": "any"}
            where = urljoin(where, form[1])
            answer = self.provider.post(where, data=typed)
        raise AssertionError(answer.text)


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", SystemClock(), system_entropy) as made:
        yield made


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client() as made:
        yield made


@pytest.fixture
def evidence(agency: Agency) -> Iterator[TestClient[Litestar]]:
    built = pages.build(agency.server, Front(8600))
    with TestClient(built, base_url=HERE) as made:
        yield made


def enter(client: TestClient[Litestar], secret: str) -> None:
    client.post(f"/enrol/{secret}", data={"password": PASSWORD, "again": PASSWORD})


def leave(client: TestClient[Litestar]) -> None:
    client.cookies.clear()


@pytest.mark.npm
def test_somebody_binds_signs_in_and_proves_at_a_real_provider(
    agency: Agency, evidence: TestClient[Litestar], real: str, browser: httpx.Client
) -> None:
    """Over 10 s on a slow machine: a provider in a process of its own."""
    new = Given(real, "lapel", "the city")
    agency.site.federation.keep(new, SECRET, author(agency))
    mara, link = hire(agency, "mara")
    her = Somebody(evidence, browser)
    assert "Sign in with the city" in evidence.get("/sign-in").text
    stranger = her.go("/sign-in/provider", "mara at the city")
    assert stranger.status_code == 403
    assert "No account here is bound" in stranger.text
    enter(evidence, link)
    bound = her.go("/account/provider", "mara at the city")
    assert bound.headers["location"] == "/account"
    assert "You can sign in with the city" in evidence.get("/account").text
    leave(evidence)
    entered = her.go("/sign-in/provider?next=/account", "mara at the city")
    assert (entered.status_code, entered.headers["location"]) == (303, "/account")
    assert "Mara" in evidence.get("/account").text
    proved = her.go("/account/provider?next=/account", "mara at the city")
    assert (proved.status_code, proved.headers["location"]) == (303, "/account")
    leave(evidence)
    her.provider.cookies.clear()
    other = her.go("/sign-in/provider", "somebody else")
    assert other.status_code == 403
    told = [action for action, _ in acts(agency)]
    for action in ("user.provider-bound", "user.signed-in", "user.proved"):
        assert action in told
    agency.site.people.staff.close(mara.id, author(agency))
    her.provider.cookies.clear()
    assert her.go("/sign-in/provider", "mara at the city").status_code == 403
