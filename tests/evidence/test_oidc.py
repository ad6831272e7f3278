"""What a provider says: the one token that counts, and all the others."""

import base64
import hmac
import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import RefusedError, SignatureError
from lapel.evidence.people import oidc
from lapel.evidence.people.oidc import Begun, Expected, Provider

NOW: Final = 1_795_000_000
ISSUER: Final = "https://login.example.org"
EXPECTED: Final = Expected(ISSUER, "lapel", "the nonce", NOW * 1000)
CLAIMS: Final[dict[str, object]] = {
    "iss": ISSUER,
    "sub": "mara",
    "aud": "lapel",
    "iat": NOW,
    "exp": NOW + 600,
    "nonce": "the nonce",
    "auth_time": NOW - 5,
}


Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Key:
    """A provider's key, and what it publishes of it."""

    private: Private
    algorithm: str
    public: dict[str, object]

    def sign(self, claims: dict[str, object], **header: str) -> str:
        head = {"kid": str(self.public["kid"]), **header}
        return jwt.encode(claims, self.private, algorithm=self.algorithm, headers=head)


def key(private: Private, algorithm: str, kid: str) -> Key:
    known = jwt.get_algorithm_by_name(algorithm)
    made = known.to_jwk(private.public_key(), as_dict=True)
    return Key(private, algorithm, {**made, "kid": kid, "alg": algorithm})


RSA: Final = key(rsa.generate_private_key(65537, 2048), "RS256", "r")
EC: Final = key(ec.generate_private_key(ec.SECP256R1()), "ES256", "e")
ED: Final = key(ed25519.Ed25519PrivateKey.generate(), "EdDSA", "d")
OTHER: Final = key(ec.generate_private_key(ec.SECP256R1()), "ES256", "e")
KEYS: Final = [RSA.public, EC.public, ED.public]


@pytest.mark.parametrize("by", [RSA, EC, ED])
def test_a_token_for_this_attempt_says_who(by: Key) -> None:
    said = oidc.check(by.sign(CLAIMS), KEYS, EXPECTED)
    assert (said.subject, said.proved_s) == ("mara", NOW - 5)


def test_a_list_of_audiences_names_who_it_was_given_to() -> None:
    several = {**CLAIMS, "aud": ["lapel", "other"]}
    with pytest.raises(SignatureError):
        oidc.check(EC.sign(several), KEYS, EXPECTED)
    given_ = EC.sign({**several, "azp": "lapel"})
    assert oidc.check(given_, KEYS, EXPECTED).subject == "mara"
    only = EC.sign({**CLAIMS, "aud": ["lapel"]})
    assert oidc.check(only, KEYS, EXPECTED).subject == "mara"


WRONG: Final[dict[str, dict[str, object]]] = {
    "issuer": {"iss": "https://evil.example.org"},
    "issuer with a slash": {"iss": ISSUER + "/"},
    "audience": {"aud": "other"},
    "no audience": {"aud": []},
    "given to another": {"azp": "other"},
    "nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "too old": {"exp": NOW - oidc.LEEWAY_S},
    "of the future": {"iat": NOW + oidc.LEEWAY_S + 1},
    "ends in words": {"exp": "never"},
    "ends in parts": {"exp": NOW + 0.5},
    "nobody": {"sub": ""},
    "too long a name": {"sub": "x" * (oidc.SUBJECT_MOST + 1)},
    "a number": {"sub": 7},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_token_that_is_not_for_us_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SignatureError):
        oidc.check(EC.sign({**CLAIMS, **wrong}), KEYS, EXPECTED)


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "nonce"])
def test_a_token_that_leaves_something_out_is_refused(name: str) -> None:
    claims = {one: value for one, value in CLAIMS.items() if one != name}
    with pytest.raises(SignatureError):
        oidc.check(EC.sign(claims), KEYS, EXPECTED)


def test_within_a_minute_clocks_may_differ() -> None:
    edge = {**CLAIMS, "exp": NOW - oidc.LEEWAY_S + 1, "iat": NOW + oidc.LEEWAY_S}
    assert oidc.check(EC.sign(edge), KEYS, EXPECTED).subject == "mara"


def test_signatures_that_are_none_or_a_shared_secret_do_not_count() -> None:
    none = f"{_part({'alg': 'none', 'kid': 'r'})}.{_part(CLAIMS)}."
    public = RSA.private.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    head = _part({"alg": "HS256", "kid": "r", "typ": "JWT"})
    body = _part(CLAIMS)
    mac = hmac.new(public, f"{head}.{body}".encode(), "sha256").digest()
    forged = f"{head}.{body}.{_raw(mac)}"
    shared = {"kty": "oct", "k": _raw(b"x" * 32), "kid": "s", "alg": "HS256"}
    by_shared = jwt.encode(CLAIMS, b"x" * 32, algorithm="HS256", headers={"kid": "s"})
    for token in (none, forged, by_shared, OTHER.sign(CLAIMS), EC.sign(CLAIMS)[:-4]):
        with pytest.raises(SignatureError):
            oidc.check(token, [*KEYS, shared], EXPECTED)


def _raw(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _part(content: dict[str, object]) -> str:
    return _raw(json.dumps(content).encode())


@given(st.text(max_size=200))
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(SignatureError):
        oidc.check(text, KEYS, EXPECTED)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_token_is_refused(place: int, mask: int) -> None:
    token = bytearray(EC.sign(CLAIMS).encode())
    token[place % (len(token) - 2)] ^= mask
    text = token.decode("latin-1")
    with pytest.raises(SignatureError):
        oidc.check(text, KEYS, EXPECTED)


def test_too_long_a_token_is_not_read() -> None:
    with pytest.raises(SignatureError, match="too long"):
        oidc.check("x" * (oidc.TOKEN_MOST + 1), KEYS, EXPECTED)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "login.example.org",
        "http://login.example.org",
        "ftp://login.example.org",
        "https://",
        "https://login.example.org?x=1",
        "https://login.example.org#x",
        "https://me@login.example.org",
    ],
)
def test_a_provider_has_an_address_of_https(wrong: str) -> None:
    with pytest.raises(RefusedError):
        oidc.checked_issuer(wrong)


SAID: Final[dict[str, object]] = {
    "issuer": ISSUER,
    "authorization_endpoint": ISSUER + "/auth",
    "token_endpoint": ISSUER + "/token",
    "jwks_uri": ISSUER + "/keys",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://evil.example.org"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "http://login.example.org/token"},
        {"jwks_uri": ["x"]},
        {"authorization_endpoint": "http://127.0.0.1/auth"},
    ],
)
def test_a_provider_s_description_is_its_own_and_whole(
    wrong: dict[str, object],
) -> None:
    assert oidc.read_provider(ISSUER, SAID).issuer == ISSUER
    with pytest.raises(RefusedError):
        oidc.read_provider(ISSUER, {**SAID, **wrong})


def test_a_browser_is_sent_with_a_challenge_and_never_with_its_secret() -> None:
    begun = Begun("the state", "the nonce", "v" * 64)
    provider = Provider(ISSUER, ISSUER + "/auth?a=b", "", "", names_itself=False)
    sent = oidc.address(provider, "lapel", "https://x/done", begun, anew=False)
    asked = {name: one[0] for name, one in parse_qs(urlsplit(sent).query).items()}
    assert asked["a"] == "b"
    assert asked["code_challenge"] == _raw(sha256(b"v" * 64).digest())
    assert asked["code_challenge_method"] == "S256"
    assert begun.verifier not in sent
    assert "prompt" not in asked
    again = oidc.address(provider, "lapel", "https://x/done", begun, anew=True)
    assert "prompt=login" in again
    assert "max_age=0" in again
    assert replace(begun, nonce="x") != begun
