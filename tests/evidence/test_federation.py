"""Signing in at a provider that says whatever a test wants."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from typing_extensions import override

from lapel.base.errors import (
    ConflictError,
    LapelError,
    NotFoundError,
    RefusedError,
    SignatureError,
    UnreachableError,
)
from lapel.evidence.custody import service as custody
from lapel.evidence.people.federation import (
    ATTEMPT_MS,
    ATTEMPTS_MOST,
    Answer,
    Attempt,
    Done,
    Federation,
    Given,
    Use,
)
from lapel.evidence.people.model import Author, Person, Session
from lapel.evidence.web.provider import BACK
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from tests.evidence.test_guard_pages import hire
from tests.evidence.test_oidc import EC, OTHER, Key

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


@dataclass
class Liar:
    """What a provider of the tests answers next."""

    issuer: str = ""
    key: Key = EC
    claims: dict[str, object] = field(default_factory=dict[str, object])
    token: str | None = None
    status: int = 200
    published: Key = EC
    codes: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    raw: bytes | None = None


class Answering(BaseHTTPRequestHandler):
    """The three addresses of a provider."""

    liar: Liar

    def do_GET(self) -> None:
        liar = self.liar
        if self.path.startswith("/.well-known/"):
            self.say(
                {
                    "issuer": liar.issuer,
                    "authorization_endpoint": liar.issuer + "/auth",
                    "token_endpoint": liar.issuer + "/token",
                    "jwks_uri": liar.issuer + "/keys",
                }
            )
        else:
            self.say({"keys": [liar.published.public]})

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        fields = parse_qs(self.rfile.read(length).decode())
        liar = self.liar
        liar.codes.append({name: one[0] for name, one in fields.items()})
        token = liar.key.sign(liar.claims) if liar.token is None else liar.token
        self.say({"id_token": token})

    def say(self, content: object) -> None:
        raw = self.liar.raw or msgspec.json.encode(content)
        self.send_response(self.liar.status)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(raw)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@dataclass
class Ground:
    """An agency whose provider is a liar, and somebody in it."""

    agency: Agency
    clock: ManualClock
    liar: Liar
    person: Person

    @property
    def federation(self) -> Federation:
        return self.agency.site.federation

    @property
    def session(self) -> Session:
        return Session(self.person, "csrf", b"digest", 0)

    def begin(self, use: Use = Use.SIGN_IN, browser: str = "mine") -> Answer:
        """Begin an attempt, and have the provider ready to say the truth."""
        person = "" if use is Use.SIGN_IN else self.person.id
        where = self.federation.begin(
            Attempt(use, browser, HERE + BACK, "/account", person)
        )
        asked = parse_qs(urlsplit(where).query)
        now = self.clock.utc_ms() // 1000
        self.liar.claims = {
            "iss": self.liar.issuer,
            "sub": "subject 7",
            "aud": "lapel",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"][0],
            "auth_time": now,
        }
        return Answer(asked["state"][0], "a code", None, browser, HERE + BACK)

    def finish(self, answer: Answer, session: Session | None = None) -> Done:
        return self.federation.finish(answer, session, "192.0.2.1")

    def bind(self) -> None:
        self.finish(self.begin(Use.BIND), self.session)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    clock, liar = ManualClock(NOW), Liar()
    handler = type("Handler", (Answering,), {"liar": liar})
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        founded(tmp_path / "evidence", clock, system_entropy) as agency,
    ):
        liar.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        given = Given(liar.issuer, "lapel", "the city")
        agency.site.federation.keep(given, SECRET, author(agency))
        person, _ = hire(agency, "mara")
        yield Ground(agency, clock, liar, person)
        server.shutdown()


def test_who_is_bound_is_let_in(ground: Ground) -> None:
    ground.bind()
    done = ground.finish(ground.begin())
    assert (done.use, done.person.id, done.target) == (
        Use.SIGN_IN,
        ground.person.id,
        "/account",
    )
    sent = ground.liar.codes[-1]
    assert sent["redirect_uri"] == HERE + BACK
    assert len(sent["code_verifier"]) == 64
    assert ground.federation.bound(ground.person) == NOW


def test_an_answer_counts_once_and_in_the_browser_that_asked(ground: Ground) -> None:
    ground.bind()
    answer = ground.begin()
    ground.finish(answer)
    with pytest.raises(RefusedError) as refused:
        ground.finish(answer)
    assert refused.value.reason == "attempt"
    stolen = ground.begin()
    with pytest.raises(RefusedError):
        ground.finish(Answer(stolen.state, "x", None, "another", HERE + BACK))
    with pytest.raises(RefusedError):
        ground.finish(stolen)
    late = ground.begin()
    ground.clock.go_on(ATTEMPT_MS)
    with pytest.raises(RefusedError):
        ground.finish(late)


LIES: Final[dict[str, dict[str, object]]] = {
    "iss": {"iss": "http://127.0.0.1:1"},
    "aud": {"aud": "another"},
    "nonce": {"nonce": "another"},
    "old": {"exp": 0},
    "nobody": {"sub": ""},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_what_does_not_hold_lets_nobody_in(
    ground: Ground, lie: dict[str, object]
) -> None:
    ground.bind()
    answer = ground.begin()
    ground.liar.claims |= lie
    with pytest.raises(SignatureError):
        ground.finish(answer)


def test_another_key_another_provider_s_answer_and_no_token(ground: Ground) -> None:
    ground.bind()
    answer = ground.begin()
    ground.liar.key = OTHER
    with pytest.raises(SignatureError):
        ground.finish(answer)
    ground.liar.key = EC
    mixed = ground.begin()
    with pytest.raises(SignatureError, match="another provider"):
        ground.finish(
            Answer(mixed.state, "x", "https://other.example.org", "mine", HERE + BACK)
        )
    for token in ("", "x.y.z", "x" * 20_000):
        answer = ground.begin()
        ground.liar.token = token
        with pytest.raises(SignatureError):
            ground.finish(answer)


@pytest.mark.parametrize(
    ("status", "raw"),
    [(500, None), (302, None), (200, b"no json"), (200, b"[]"), (200, b"x" * 300_000)],
)
def test_a_provider_that_does_not_answer_as_one_is_refused(
    ground: Ground, status: int, raw: bytes | None
) -> None:
    ground.bind()
    answer = ground.begin()
    ground.liar.status, ground.liar.raw = status, raw
    with pytest.raises(RefusedError) as refused:
        ground.finish(answer)
    assert refused.value.reason == "provider"


def test_a_new_key_of_the_provider_is_asked_for(ground: Ground) -> None:
    ground.bind()
    answer = ground.begin()
    new = Key(OTHER.private, "ES256", {**OTHER.public, "kid": "new"})
    ground.liar.key = ground.liar.published = new
    assert ground.finish(answer).person.id == ground.person.id


def test_one_of_the_provider_s_users_opens_one_account(ground: Ground) -> None:
    ground.bind()
    other, _ = hire(ground.agency, "ben")
    theirs = Session(other, "csrf", b"other", 0)
    answer = Attempt(Use.BIND, "mine", HERE + BACK, "/account", other.id)
    where = ground.federation.begin(answer)
    asked = parse_qs(urlsplit(where).query)
    ground.liar.claims["nonce"] = asked["nonce"][0]
    back = Answer(asked["state"][0], "x", None, "mine", HERE + BACK)
    with pytest.raises(ConflictError):
        ground.finish(back, theirs)
    assert ground.federation.bound(other) is None
    ground.federation.unbind(ground.person, "::1")
    with pytest.raises(RefusedError) as refused:
        ground.finish(ground.begin())
    assert refused.value.reason == "nobody"


def test_an_account_is_bound_only_by_the_session_that_asked(ground: Ground) -> None:
    other, _ = hire(ground.agency, "ben")
    for session in (None, Session(other, "csrf", b"other", 0)):
        answer = ground.begin(Use.BIND)
        with pytest.raises(RefusedError) as refused:
            ground.finish(answer, session)
        assert refused.value.reason == "attempt"
    assert ground.federation.bound(ground.person) is None


def test_a_proof_was_asked_for_anew_and_is_the_same_person_s(ground: Ground) -> None:
    ground.bind()
    assert ground.finish(ground.begin(Use.PROVE), ground.session).use is Use.PROVE
    for lie in ({"auth_time": NOW // 1000 - 3600}, {"auth_time": None}):
        answer = ground.begin(Use.PROVE)
        ground.liar.claims |= lie
        with pytest.raises(SignatureError, match="anew"):
            ground.finish(answer, ground.session)
    answer = ground.begin(Use.PROVE)
    ground.liar.claims["sub"] = "somebody else"
    with pytest.raises(RefusedError):
        ground.finish(answer, ground.session)


def test_attempts_of_strangers_are_bounded(ground: Ground) -> None:
    for _ in range(ATTEMPTS_MOST):
        ground.begin()
    with pytest.raises(RefusedError) as refused:
        ground.begin()
    assert refused.value.reason == "busy"
    ground.clock.go_on(ATTEMPT_MS)
    ground.begin()


def test_setting_a_provider_is_told_and_bad_ones_change_nothing(ground: Ground) -> None:
    by, federation = author(ground.agency), ground.federation
    before = acts(ground.agency)
    good = Given(ground.liar.issuer, "lapel", "the city")
    for wrong, secret, error in (
        (Given("http://login.example.org", "lapel", "x"), SECRET, RefusedError),
        (Given(ground.liar.issuer + "/other", "lapel", "x"), SECRET, RefusedError),
        (Given("http://127.0.0.1:1", "lapel", "x"), SECRET, UnreachableError),
        (Given(ground.liar.issuer, "", "x"), SECRET, RefusedError),
        (Given(ground.liar.issuer, "lapel", ""), SECRET, RefusedError),
    ):
        with pytest.raises(error):
            federation.keep(wrong, secret, by)
    assert acts(ground.agency) == before
    assert federation.given() == good
    federation.keep(Given(ground.liar.issuer, "lapel", "our city"), "", by)
    ground.bind()
    for path in ground.agency.site.ground.folder.root.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
    federation.remove(by)
    with pytest.raises(NotFoundError):
        ground.begin()
    told = [one for one, _ in acts(ground.agency) if one == "sign-in.provider-set"]
    assert len(told) == 3
    with pytest.raises(LapelError):
        federation.keep(Given(ground.liar.issuer, "lapel", "x"), "", by)
