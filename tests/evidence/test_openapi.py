"""The description of both doors, held against the routes that there are."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from lapel.evidence.api import app as devices
from lapel.evidence.web import app as pages
from lapel.evidence.web.visit import Front
from lapel.sim.agency import Agency

FRONT = Front(8600)


def routes(app: Litestar) -> Iterator[tuple[str, str]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith("/static"):
            path = route.path_format
            yield from ((path, way.lower()) for way in route.methods)


@pytest.fixture
def described(agency: Agency) -> dict[str, Any]:
    return pages.described(agency.server, FRONT)


def test_every_route_is_described_and_every_description_is_a_route(
    agency: Agency, described: dict[str, Any]
) -> None:
    apps = (pages.build(agency.server, FRONT), devices.build(agency.server))
    there = {one for app in apps for one in routes(app) if one[1] != "options"}
    said = {(path, way) for path, ways in described["paths"].items() for way in ways}
    assert said == there


def test_every_door_that_wants_a_key_says_which(described: dict[str, Any]) -> None:
    schemes = described["components"]["securitySchemes"]
    assert set(schemes) == {"session", "device", "code", "program"}
    open_to_all = {
        "/",
        "/sign-in",
        "/sign-in/code",
        "/sign-in/passkey",
        "/sign-in/passkey.json",
        "/sign-in/provider",
        "/sign-in/provider/done",
        "/sign-out",
        "/enrol/{secret}",
        "/alive",
        "/.well-known/security.txt",
    }
    open_to_all |= {"/openapi.json", "/device/ca", "/device/adopt", "/device/token"}
    open_to_all |= {"/api/v1/app/session"}
    grant = described["paths"]["/api/v1/app/grant"]["post"]
    assert grant["security"] == [{"session": []}, {"code": []}]
    open_to_all |= {"/api/v1/app/grant"}  # looked at above
    for path, ways in described["paths"].items():
        if path in open_to_all or path.startswith("/log/"):
            continue
        programs = path.startswith("/api/v1/")
        kind = "program" if programs else "session"
        wanted = "device" if path.startswith("/device/") else kind
        for way, about in ways.items():
            assert about.get("security") == [{wanted: []}], (way, path)


def test_every_reference_in_the_description_leads_somewhere(
    described: dict[str, Any],
) -> None:
    known = set(described["components"]["schemas"])
    told = msgspec.json.encode(described).decode()
    found = set(re.findall(r'"\$ref":"#/components/schemas/([^"]+)"', told))
    assert found
    assert found <= known
