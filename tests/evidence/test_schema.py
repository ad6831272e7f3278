"""Each route against its own description, with data that fits it and that does not."""

# pyright: standard

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from lapel.evidence.web import app as pages
from lapel.evidence.web.visit import Front
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import founded
from lapel.sim.forge import Media
from tests.evidence.apart import HERE, PORT, Ids, Inside, furnish, inside
from tests.evidence.test_apart import NAMELESS, ROUTES

EVERY: Final = sorted({*ROUTES, *NAMELESS})
SLOW: Final = (HealthCheck.too_slow, HealthCheck.filter_too_much)
CHECKS: Final = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


def ask(us: Inside, case: Case[Any], ids: Ids, *, real: bool) -> httpx.Response:
    """Send what was drawn; with `real`, the address names what the agency has."""
    way, path = case.method, case.formatted_path
    call = ROUTES.get((way.lower(), case.path))
    if real and call is not None:
        path = ids.fill(call.path)
    told = case.as_transport_kwargs(base_url="http://x")
    told = {name: told[name] for name in told if name not in ("method", "url")}
    told["headers"] = {k: v for k, v in told["headers"].items() if k in case.headers}
    told.pop("cookies", None)  # The session is the browser's own.
    if "data" in told and isinstance(told["data"], (bytes, str)):
        told["content"] = told.pop("data")
    told["headers"] = us.bearing(path) | told["headers"]
    client = us.devices if path.startswith("/device/") else us.pages
    return client.request(way, path, follow_redirects=False, **told)


@dataclass(frozen=True)
class Ground:
    """Somebody in an agency, its names, and the description of its server."""

    us: Inside
    ids: Ids
    schema: schemathesis.BaseSchema


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, film: Media) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("schema") / "evidence"
    with founded(folder, SystemClock(), system_entropy) as agency:
        ids = furnish(agency, film, "ours")
        told = pages.described(agency.server, Front(PORT))
        with inside(agency) as us:
            yield Ground(us, ids, schemathesis.openapi.from_dict(told))


def explore(ground: Ground, route: tuple[str, str], many: int) -> None:
    way, path = route
    operation = ground.schema[path][way.upper()]

    @settings(max_examples=many, suppress_health_check=SLOW)
    @given(case=operation.as_strategy(), real=st.booleans())
    def run(case: Case[Any], *, real: bool) -> None:
        answer = ask(ground.us, case, ground.ids, real=real)
        case.validate_response(answer, checks=CHECKS)

    run()


@pytest.mark.parametrize("route", EVERY, ids=" ".join)
def test_a_route_keeps_to_its_description(
    ground: Ground, route: tuple[str, str]
) -> None:
    explore(ground, route, 10)


@pytest.mark.deep
@pytest.mark.parametrize("route", EVERY, ids=" ".join)
def test_a_route_keeps_to_its_description_for_long(
    ground: Ground, route: tuple[str, str]
) -> None:
    explore(ground, route, 400)


def test_an_answer_that_the_description_does_not_know_is_found(ground: Ground) -> None:
    """The checks can fail: each of these is an answer that no route gives."""
    told = ground.schema["/recordings"]["GET"].Case()
    request = httpx.Request("GET", f"{HERE}/recordings")
    page = {"content-type": "text/html"}
    for status, headers in ((500, page), (204, page), (200, {"content-type": "a/b"})):
        answer = httpx.Response(status, headers=headers, content=b"x", request=request)
        answer.elapsed = timedelta(0)
        with pytest.raises(FailureGroup):
            told.validate_response(answer, checks=CHECKS)
