"""Second factors: an authenticator app, recovery codes, and what replays do."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.errors import NotFoundError, RefusedError
from lapel.crypto import totp
from lapel.evidence.people import rules
from lapel.evidence.people.model import Credentials, SecondNeededError
from lapel.evidence.people.service import People
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from tests.evidence.world import PASSWORD

HERE = "127.0.0.1"
RIGHT = Credentials("admin", PASSWORD, HERE)
Client = TestClient[Litestar]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000_000)


@pytest.fixture
def agency(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        yield made


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
    return client.post("/account/factor", data={"csrf": found[1], **data})


def now_of(secret: bytes, clock: ManualClock) -> str:
    return totp.code_at(secret, clock.utc_ms() // totp.STEP_MS)


def with_app(client: Client, clock: ManualClock) -> tuple[bytes, list[str]]:
    """Add an app by the pages; give its secret and the recovery codes."""
    begun = send(client, {"act": "begin"})
    shown = re.search(r">([A-Z2-7 ]{39})<", begun.text)
    assert shown is not None
    assert "<svg" in begun.text
    secret = base64.b32decode(shown[1].replace(" ", ""))
    wrong = send(client, {"act": "confirm", "code": "12345x"})
    assert wrong.status_code == 409
    assert shown[1] in wrong.text
    kept = send(client, {"act": "confirm", "code": now_of(secret, clock)})
    codes = re.findall(r"<li>([a-z2-7-]{19})</li>", kept.text)
    assert len(set(codes)) == rules.CODES
    clock.go_on(totp.STEP_MS)
    return secret, codes


def pending(people: People) -> str:
    with pytest.raises(SecondNeededError) as needed:
        people.sign_in(RIGHT)
    return needed.value.secret


def test_the_codes_are_those_of_rfc_6238() -> None:
    secret = b"12345678901234567890"
    for second, code in ((59, "287082"), (1_111_111_109, "081804"), (0, "755224")):
        assert totp.code_at(secret, second // 30) == code


@given(st.binary(min_size=20, max_size=20), st.integers(100, 2**40), st.integers(-4, 4))
def test_a_code_holds_from_one_step_before_to_one_after_and_once(
    secret: bytes, step: int, off: int
) -> None:
    code, now = totp.code_at(secret, step + off), step * totp.STEP_MS
    found = totp.step_of(secret, code, now, 0)
    assert (found is not None) or abs(off) > 1
    if found is not None:
        later = totp.step_of(secret, code, now, max(found, step + 1))
        assert later is None


@given(st.text())
def test_whatever_is_typed_as_a_code_is_judged(typed: str) -> None:
    assert totp.step_of(b"x" * 20, typed, 0, 1) is None
    assert rules.plain_code(rules.plain_code(typed)) == rules.plain_code(typed)


def test_an_app_is_asked_for_at_sign_in(client: Client, clock: ManualClock) -> None:
    secret, _ = with_app(client, clock)
    assert "10 recovery codes are left" in client.get("/account").text
    client.cookies.clear()
    typed = {"name": "admin", "password": PASSWORD, "next": "/people"}
    asked = client.post("/sign-in", data=typed)
    assert "One step more" in asked.text
    assert client.get("/recordings").url.path == "/sign-in"
    assert PASSWORD not in asked.text
    found = re.search(r'name="secret" value="([^"]+)"', asked.text)
    assert found is not None
    answer = {"secret": found[1], "next": "/people"}
    wrong = client.post("/sign-in/code", data={**answer, "code": "1"})
    assert wrong.status_code == 401
    assert "That did not work" in wrong.text
    good = {**answer, "code": now_of(secret, clock)}
    assert client.post("/sign-in/code", data=good).url.path == "/people"
    client.cookies.clear()
    assert client.post("/sign-in/code", data=good).url.path == "/sign-in"


def test_a_code_opens_once(client: Client, agency: Agency, clock: ManualClock) -> None:
    secret, _ = with_app(client, clock)
    people, code = agency.site.people, now_of(secret, clock)
    people.second(pending(people), f"{code[:3]} {code[3:]}", HERE)
    with pytest.raises(RefusedError):
        people.second(pending(people), code, HERE)
    clock.go_on(totp.STEP_MS)
    people.second(pending(people), now_of(secret, clock), HERE)


def test_a_recovery_code_opens_once_and_only_with_the_password(
    client: Client, agency: Agency, clock: ManualClock
) -> None:
    _, codes = with_app(client, clock)
    people = agency.site.people
    people.second(pending(people), codes[0].upper().replace("-", " "), HERE)
    with pytest.raises(RefusedError):
        people.second(pending(people), codes[0], HERE)
    with pytest.raises(NotFoundError):
        people.second("made up", codes[1], HERE)
    assert "9 recovery codes are left" in client.get("/account").text
    assert "Recovery code used; left: 9" in client.get("/custody").text
    renewed = send(client, {"act": "codes"})
    assert codes[1] not in renewed.text
    with pytest.raises(RefusedError):
        people.second(pending(people), codes[1], HERE)


def test_codes_are_not_kept_as_they_are(
    client: Client, agency: Agency, clock: ManualClock
) -> None:
    _, codes = with_app(client, clock)
    raw = agency.site.database.path.read_bytes()
    for code in codes:
        assert code.encode() not in raw
        assert rules.plain_code(code).encode() not in raw


def test_wrong_codes_count_as_failed_tries(
    client: Client, agency: Agency, clock: ManualClock
) -> None:
    secret, _ = with_app(client, clock)
    people = agency.site.people
    for _ in range(rules.ACCOUNT_TRIES):
        with pytest.raises(RefusedError):
            people.second(pending(people), "000000", HERE)
    with pytest.raises(RefusedError) as rests:
        people.sign_in(RIGHT)
    assert rests.value.reason == "rests"
    clock.go_on(rules.REST_MS)
    people.second(pending(people), now_of(secret, clock), HERE)


def test_what_waits_for_a_code_is_no_link_and_does_not_last(
    client: Client, agency: Agency, clock: ManualClock
) -> None:
    secret, _ = with_app(client, clock)
    people = agency.site.people
    waits = pending(people)
    assert client.get(f"/enrol/{waits}").status_code == 404
    typed = {"password": PASSWORD, "again": PASSWORD}
    assert client.post(f"/enrol/{waits}", data=typed).status_code == 404
    with pytest.raises(NotFoundError):
        people.second(people.link_for("admin"), now_of(secret, clock), HERE)
    clock.go_on(rules.SECOND_MS)
    with pytest.raises(NotFoundError):
        people.second(waits, now_of(secret, clock), HERE)


def test_an_app_is_fresh_proof_and_its_removal_asks_for_one(
    client: Client, agency: Agency, clock: ManualClock
) -> None:
    secret, _ = with_app(client, clock)
    clock.go_on(rules.PROOF_MS)
    asked = send(client, {"act": "remove", "sure": "yes"})
    assert "Is it you?" in asked.text
    proof = {"act": "remove", "sure": "yes", "proof": now_of(secret, clock)}
    assert "Add an app" in send(client, proof).text
    agency.site.people.sign_in(RIGHT)
    assert "Second factor removed" in client.get("/custody").text


def test_a_secret_that_was_not_confirmed_changes_nothing(
    client: Client, agency: Agency
) -> None:
    send(client, {"act": "begin"})
    agency.site.people.sign_in(RIGHT)
    for act in ("codes", "remove", "elsewhere"):
        assert "Add an app" in send(client, {"act": act, "sure": "yes"}).text
