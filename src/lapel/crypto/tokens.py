"""Device sign-in over HTTP: assertions signed by a device's own key (RFC 7523)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import jwt

from lapel.base.errors import SignatureError
from lapel.crypto.keys import PrivateKey, PublicKey

LIFETIME_S: Final = 60
NUMBER_MOST: Final = 64
_CLAIMS: Final = frozenset({"iss", "sub", "aud", "iat", "exp", "jti"})


@dataclass(frozen=True, slots=True)
class Assertion:
    """Who signs in, and the number that makes each assertion good for one use."""

    serial: str
    number: str


def mint(serial: str, audience: str, key: PrivateKey, number: str, now_ms: int) -> str:
    """Make an assertion that holds for a minute; the audience is the agency's log."""
    now = now_ms // 1000
    claims = {
        "iss": serial,
        "sub": serial,
        "aud": audience,
        "iat": now,
        "exp": now + LIFETIME_S,
        "jti": number,
    }
    return jwt.encode(claims, key.native, algorithm="ES256")


def audience(token: str) -> str:
    """Tell whom an assertion says it is for, unchecked; empty when it says nothing."""
    try:
        said = jwt.decode(token, options={"verify_signature": False}).get("aud")
    except (jwt.PyJWTError, ValueError, TypeError):
        return ""
    return said if isinstance(said, str) else ""


def check(
    token: str, ours: str, key_of: Callable[[str], PublicKey], now_ms: int
) -> Assertion:
    """Give who signed; raises `SignatureError`. `key_of` gives a serial's auth key.

    1. The form is a JWT of ES256. 2. The signature is by the key on record for the
    issuer. 3. It makes exactly the claims of `mint`: issuer and subject agree, the
    audience is `ours`, times are whole numbers, the number has 1 to 64 characters.
    4. It was made at most a minute ago, and not in the future beyond a minute. The
    caller refuses a number that it has seen.
    """
    try:
        issuer = str(jwt.decode(token, options={"verify_signature": False}).get("iss"))
        claims = jwt.decode(
            token,
            key_of(issuer).native,
            algorithms=["ES256"],
            audience=ours,
            options={
                "require": list(_CLAIMS),
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise SignatureError("an assertion that does not hold") from error
    issued, expires, number = claims["iat"], claims["exp"], claims["jti"]
    if (
        claims.keys() != _CLAIMS
        or claims["sub"] != issuer
        or claims["aud"] != ours
        or type(issued) is not int
        or type(expires) is not int
        or not 0 < expires - issued <= LIFETIME_S
        or not 0 < len(number) <= NUMBER_MOST
    ):
        raise SignatureError("an assertion that does not hold")
    if not issued - LIFETIME_S <= now_ms // 1000 <= expires:
        raise SignatureError("an assertion of another time: set this machine's clock")
    return Assertion(issuer, number)
