"""Passkeys: made, used, removed, and whatever is not quite one."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.errors import RefusedError
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Action, Logged
from lapel.evidence.people import rules, webauthn
from lapel.evidence.people.challenges import LASTS_MS, Challenges
from lapel.evidence.people.model import Author, Role
from lapel.evidence.web import app
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from tests.evidence.authenticator import PRESENT, VERIFIED, Authenticator, raw
from tests.evidence.world import PASSWORD

Client = TestClient[Litestar]
BASE = "https://evidence.example.org"
WRONG = {"name": "admin", "password": "not the password"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000_000)


@pytest.fixture
def agency(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        yield made


@pytest.fixture
def client(agency: Agency) -> Iterator[Client]:
    built = app.build(agency.server, Front(8600, BASE))
    typed = {"password": PASSWORD, "again": PASSWORD}
    with TestClient(built, base_url=BASE) as made:
        made.post(f"/enrol/{agency.secret}", data=typed)
        yield made


def send(client: Client, path: str, data: dict[str, str]) -> httpx.Response:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/account").text)
    assert found is not None
    return client.post(path, data={"csrf": found[1], **data})


def add(client: Client, one: Authenticator, name: str = "Work phone") -> httpx.Response:
    answer = one.make(client.get("/account/passkeys.json").json())
    return send(
        client, "/account/passkeys", {"act": "add", "name": name, "made": answer}
    )


def enter(client: Client, one: Authenticator) -> httpx.Response:
    """Sign in by a passkey, out of any session."""
    client.cookies.clear()
    return show(client, one.sign(client.get("/sign-in/passkey.json").json()))


def show(client: Client, answer: str) -> httpx.Response:
    return client.post("/sign-in/passkey", data={"passkey": answer, "next": "/people"})


def acts_of(agency: Agency) -> list[Logged]:
    """Give the latest acts, the last one last."""
    with agency.site.database.read() as connection:
        found = custody.latest(connection, agency.site.tenant.id, None, 40)
    return sorted(found, key=lambda one: one.number)


def is_in(client: Client) -> bool:
    return client.get("/account").url.path == "/account"


def test_a_passkey_is_added_used_and_removed(agency: Agency, client: Client) -> None:
    one = Authenticator()
    page = add(client, one)
    assert "Work phone" in page.text
    assert "not used yet" in page.text
    entered = enter(client, one)
    assert entered.url.path == "/people"
    mine = client.get("/account").text
    assert "last used" in mine
    found = re.search(r'name="one" value="([^"]+)"', mine)
    assert found is not None
    data = {"act": "remove", "one": found[1]}
    assert "Work phone" in send(client, "/account/passkeys", data).text
    gone = send(client, "/account/passkeys", {**data, "sure": "yes"})
    assert "Work phone" not in gone.text
    assert enter(client, one).status_code == 401
    assert not is_in(client)
    acts = [(act.action, act.texts.get(3)) for act in acts_of(agency)]
    assert (Action.PASSKEY_ADDED, "Work phone") in acts
    assert (Action.SIGNED_IN, "Work phone") in acts
    assert (Action.PASSKEY_REMOVED, "Work phone") in acts


def test_failed_tries_never_stand_in_a_passkeys_way(client: Client) -> None:
    one = Authenticator()
    add(client, one)
    client.cookies.clear()
    for _ in range(rules.ACCOUNT_TRIES):
        client.post("/sign-in", data=WRONG)
    assert client.post("/sign-in", data=WRONG).status_code == 429
    assert enter(client, one).url.path == "/people"
    assert is_in(client)


def test_with_a_passkey_the_password_alone_is_not_enough(client: Client) -> None:
    one = Authenticator()
    add(client, one)
    client.cookies.clear()
    typed = {"name": "admin", "password": PASSWORD}
    asked = client.post("/sign-in", data=typed)
    assert "asks for its passkey" in asked.text
    assert 'name="code"' not in asked.text
    assert not is_in(client)
    assert enter(client, one).url.path == "/people"


def test_a_passkey_proves_anew_who_somebody_is(
    agency: Agency, client: Client, clock: ManualClock
) -> None:
    one = Authenticator()
    add(client, one)
    clock.go_on(rules.PROOF_MS + 1)
    asked = send(client, "/account/factor", {"act": "begin"})
    assert "Go on with a passkey" in asked.text
    answer = one.sign(client.get("/account/proof.json").json())
    begun = send(client, "/account/factor", {"act": "begin", "passkey": answer})
    assert "<svg" in begun.text
    assert acts_of(agency)[-1].action == Action.PROVED
    clock.go_on(rules.PROOF_MS + 1)
    again = send(client, "/account/factor", {"act": "begin", "passkey": answer})
    assert again.status_code == 403
    assert "does not fit here" in again.text


def test_one_asked_for_by_its_id_need_not_say_whose_it_is(
    client: Client, clock: ManualClock
) -> None:
    one = Authenticator()
    add(client, one)
    one.handle = b""
    clock.go_on(rules.PROOF_MS + 1)
    answer = one.sign(client.get("/account/proof.json").json())
    data = {"act": "begin", "passkey": answer}
    assert "<svg" in send(client, "/account/factor", data).text
    assert enter(client, one).status_code == 401


def test_a_passkey_is_added_only_after_proof(
    client: Client, clock: ManualClock
) -> None:
    clock.go_on(rules.PROOF_MS + 1)
    one = Authenticator()
    asked = add(client, one)
    assert asked.status_code == 403
    assert "Is it you?" in asked.text
    kept = dict(re.findall(r'name="(act|name)" value="([^"]*)"', asked.text))
    assert kept == {"act": "add", "name": "Work phone"}
    answer = one.make(client.get("/account/passkeys.json").json())
    data = {**kept, "made": answer, "proof": PASSWORD}
    assert "Work phone" in send(client, "/account/passkeys", data).text


SPOILT: dict[str, Callable[[Authenticator], object]] = {
    "another site": lambda one: setattr(one, "origin", "https://lapel.example"),
    "another port": lambda one: setattr(one, "origin", f"{BASE}:8601"),
    "another name": lambda one: setattr(one, "host", "127.0.0.1"),
    "in a page of another site": lambda one: setattr(one, "crossed", True),
    "nobody there": lambda one: setattr(one, "flags", VERIFIED),
    "nobody verified": lambda one: setattr(one, "flags", PRESENT),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_not_signed_rightly_opens_and_adds_nothing(
    client: Client, what: str
) -> None:
    one, other = Authenticator(), Authenticator(credential=b"the-credential-2")
    add(client, one)
    SPOILT[what](other)
    refused = add(client, other, "Other")
    assert refused.status_code == 409
    assert "Other" not in client.get("/account").text
    SPOILT[what](one)
    answer = enter(client, one)
    assert answer.status_code == 401
    assert "does not fit here" in answer.text
    assert not is_in(client)


def test_a_challenge_serves_once_and_not_for_long_and_for_its_use(
    client: Client, clock: ManualClock
) -> None:
    one = Authenticator()
    add(client, one)
    wrong_use = client.get("/account/proof.json").json()
    assert show(client, one.sign(wrong_use)).status_code == 401
    asked = client.get("/sign-in/passkey.json").json()
    answer = one.sign(asked)
    assert show(client, answer).url.path == "/people"
    client.cookies.clear()
    assert show(client, answer).status_code == 401
    late = one.sign(client.get("/sign-in/passkey.json").json())
    clock.go_on(LASTS_MS + 1)
    assert show(client, late).status_code == 401
    mine = one.sign({"challenge": "AAAAAAAAAAAAAAAAAAAAAA"})
    assert show(client, mine).status_code == 401
    assert not is_in(client)


def test_a_counter_that_goes_back_is_refused_and_logged(
    agency: Agency, client: Client
) -> None:
    one = Authenticator(counter=5)
    add(client, one)
    one.counter = 7
    assert enter(client, one).url.path == "/people"
    for counter in (7, 6, 0):
        one.counter = counter
        refused = enter(client, one)
        assert refused.status_code == 401
        assert "may be a copy" in refused.text
        assert acts_of(agency)[-1].action == Action.PASSKEY_REFUSED
    assert not is_in(client)
    one.counter = 8
    assert enter(client, one).url.path == "/people"


def test_anothers_passkey_proves_nothing_and_opens_its_own_account_only(
    agency: Agency, client: Client, clock: ManualClock
) -> None:
    mine = Authenticator()
    add(client, mine)
    secret = agency.site.people.invite("other", "Other", Role.OFFICER)
    client.cookies.clear()
    typed = {"password": PASSWORD, "again": PASSWORD}
    client.post(f"/enrol/{secret}", data=typed)
    theirs = Authenticator(credential=b"the-credential-2")
    add(client, theirs)
    clock.go_on(rules.PROOF_MS + 1)
    asked = client.get("/account/proof.json").json()
    data = {"act": "begin", "passkey": mine.sign(asked)}
    assert send(client, "/account/factor", data).status_code == 403
    theirs.handle = mine.handle
    assert enter(client, theirs).status_code == 401
    mine.credential = theirs.credential
    assert enter(client, mine).status_code == 401
    assert client.get("/account/passkeys.json").status_code == 401
    assert not is_in(client)


def test_a_passkey_is_of_one_agency_only(agency: Agency, client: Client) -> None:
    one = Authenticator()
    add(client, one)
    vale = agency.beside("Vale Hill Police")
    ours = one.handle.decode()
    one.handle = ours.replace(agency.site.tenant.id, vale.site.tenant.id).encode()
    assert enter(client, one).status_code == 401
    one.handle = b"nobody.nothing"
    assert enter(client, one).status_code == 401
    one.handle = ours.encode()
    assert enter(client, one).url.path == "/people"


def test_the_same_passkey_is_kept_once_and_there_are_not_too_many(
    client: Client,
) -> None:
    one = Authenticator()
    add(client, one)
    assert "known already" in add(client, one, "Again").text
    assert add(client, Authenticator(credential=b"x" * 16), " ").status_code == 409
    for number in range(rules.PASSKEYS_MOST - 1):
        add(client, Authenticator(credential=b"credential-%06d" % number))
    many = add(client, Authenticator(credential=b"one-too-many-key"))
    assert "Remove one first" in many.text


def test_a_closed_account_stays_shut(agency: Agency, client: Client) -> None:
    secret = agency.site.people.invite("other", "Other", Role.OFFICER)
    client.cookies.clear()
    client.post(f"/enrol/{secret}", data={"password": PASSWORD, "again": PASSWORD})
    one = Authenticator()
    add(client, one)
    agency.site.people.close("other")
    assert enter(client, one).status_code == 401
    assert not is_in(client)


def test_from_outside_the_agencys_networks_a_passkey_opens_nothing(
    agency: Agency, client: Client
) -> None:
    one, people = Authenticator(), agency.site.people
    add(client, one)
    admin = people.named("admin")
    assert admin is not None
    people.entry.keep("", "10.0.0.0/8", Author(admin, "10.1.2.3"))
    assert enter(client, one).status_code == 403
    assert not is_in(client)


def test_by_a_number_pages_say_that_passkeys_need_a_name(client: Client) -> None:
    client.headers["Host"] = "127.0.0.1:8600"
    page = client.get("http://127.0.0.1:8600/sign-in")
    assert "bound to a name" in page.text
    assert client.get("http://127.0.0.1:8600/sign-in/passkey.json").status_code == 409


ONE = Authenticator(handle=b"tenant.person")
SIGNED = ONE.sign({"challenge": "AAAAAAAAAAAAAAAAAAAAAA"})
ORIGIN = webauthn.Origin(BASE)
ASKED = webauthn.to_make(
    ORIGIN, bytes(16), (webauthn.Handle("tenant", "person"), "a", "A"), []
)
MADE = json.loads(json.dumps(ASKED))
DATA = webauthn.Making(ONE.make(MADE)).check(ORIGIN).data


@given(
    st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]),
    st.integers(0),
    st.integers(1, 255),
)
def test_no_byte_of_an_answer_can_be_changed(part: str, at: int, mask: int) -> None:
    told = json.loads(SIGNED)
    data = bytearray(raw(told["response"][part]))
    data[at % len(data)] ^= mask
    told["response"][part] = base64.urlsafe_b64encode(data).decode().rstrip("=")
    with pytest.raises(RefusedError) as refused:
        webauthn.Answer(json.dumps(told)).check(ORIGIN, DATA)
    assert refused.value.reason == "passkey"


def test_what_was_not_changed_fits() -> None:
    webauthn.Answer(SIGNED).check(ORIGIN, DATA)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
NAMES = ("clientDataJSON", "authenticatorData", "attestationObject", "signature")


@given(st.text() | JSON.map(json.dumps))
def test_whatever_a_page_sends_is_judged(text: str) -> None:
    for kind in (webauthn.Answer, webauthn.Making):
        with pytest.raises(RefusedError):
            kind(text)


@example({"attestationObject": "GQA="})
@example({"authenticatorData": "GQA="})
@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode()),
    )
)
def test_whatever_stands_in_an_answer_is_judged(response: dict[str, str]) -> None:
    client = json.loads(SIGNED)["response"]["clientDataJSON"]
    for first in ({}, {"clientDataJSON": client}):
        told = json.dumps({"rawId": "AAAA", "response": {**response, **first}})
        with pytest.raises(RefusedError):
            webauthn.Answer(told).check(ORIGIN, DATA)
        with pytest.raises(RefusedError):
            webauthn.Making(told).check(ORIGIN)


@given(st.binary(max_size=80), st.text(), st.integers(0, 2**50))
def test_only_challenges_of_ours_hold(data: bytes, use: str, now: int) -> None:
    ours = Challenges(system_entropy)
    assert not ours.holds(data, use, now)
    given_ = ours.give(use, now)
    assert ours.holds(given_, use, now + LASTS_MS)
    assert not ours.holds(given_, use + "x", now)
    assert not ours.holds(given_, use, now + LASTS_MS + 1)
    assert not ours.holds(given_, use, now - 1)
    assert not Challenges(system_entropy).holds(given_, use, now)
    assert ours.spend(given_, now)
    assert not ours.spend(given_, now)
    assert not ours.holds(given_, use, now)
