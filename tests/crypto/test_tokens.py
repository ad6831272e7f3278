"""Assertions of machines that sign in: what holds, and what does not."""

import base64

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import SignatureError
from lapel.crypto import tokens
from lapel.crypto.keys import PrivateKey, PublicKey

NOW_MS = 1_795_000_000_000
NOW = NOW_MS // 1000
KEY = PrivateKey.generate()
OURS = "evidence/00ff"
GOOD: dict[str, object] = {
    "iss": "DOCK-1",
    "sub": "DOCK-1",
    "aud": OURS,
    "iat": NOW,
    "exp": NOW + 60,
    "jti": "1",
}
HUGE = float("inf")


def key_of(serial: str) -> PublicKey:
    if serial != "DOCK-1":
        raise SignatureError("no such device signs in here")
    return KEY.public


def signed(claims: dict[str, object]) -> str:
    return jwt.encode(claims, KEY.native, algorithm="ES256")


def test_what_a_machine_makes_holds_for_a_minute() -> None:
    made = tokens.mint("DOCK-1", OURS, KEY, "n", NOW_MS)
    for later in (0, 60_000):
        found = tokens.check(made, OURS, key_of, NOW_MS + later)
        assert found == tokens.Assertion("DOCK-1", "n")
    with pytest.raises(SignatureError, match="another time"):
        tokens.check(made, OURS, key_of, NOW_MS + 61_000)
    with pytest.raises(SignatureError, match="another time"):
        tokens.check(made, OURS, key_of, NOW_MS - 61_000)


@pytest.mark.parametrize(
    "change",
    [
        {"sub": "DOCK-2"},
        {"iss": "DOCK-2", "sub": "DOCK-2"},
        {"aud": "elsewhere"},
        {"aud": [OURS, "elsewhere"]},
        {"exp": NOW + 61},
        {"exp": NOW},
        {"exp": HUGE},
        {"iat": -HUGE},
        {"iat": float("nan")},
        {"iat": float(NOW)},
        {"exp": str(NOW + 60)},
        {"iat": True},
        {"jti": ""},
        {"jti": "n" * 65},
        {"jti": 1},
        {"jti": None},
        {"nbf": NOW},
        {"admin": True},
    ],
    ids=str,
)
def test_other_claims_do_not_hold(change: dict[str, object]) -> None:
    with pytest.raises(SignatureError):
        tokens.check(signed({**GOOD, **change}), OURS, key_of, NOW_MS)


@pytest.mark.parametrize("gone", list(GOOD))
def test_no_claim_may_be_missing(gone: str) -> None:
    left = {name: value for name, value in GOOD.items() if name != gone}
    with pytest.raises(SignatureError):
        tokens.check(signed(left), OURS, key_of, NOW_MS)


def test_only_es256_by_the_key_on_record_holds() -> None:
    other = PrivateKey.generate()
    for made in (
        jwt.encode(GOOD, "", algorithm="none"),
        jwt.encode(GOOD, "a shared secret of thirty-two chars", algorithm="HS256"),
        jwt.encode(GOOD, other.native, algorithm="ES256"),
    ):
        with pytest.raises(SignatureError):
            tokens.check(made, OURS, key_of, NOW_MS)


def test_a_payload_of_endless_depth_is_refused_by_name() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 200_000).decode()
    head = base64.urlsafe_b64encode(b'{"alg":"ES256"}').decode().rstrip("=")
    with pytest.raises(SignatureError):
        tokens.check(f"{head}.{deep.rstrip('=')}.AAAA", OURS, key_of, NOW_MS)


@given(st.text(max_size=200))
def test_any_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(SignatureError):
        tokens.check(text, OURS, key_of, NOW_MS)
