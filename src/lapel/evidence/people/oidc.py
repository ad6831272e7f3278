"""OpenID Connect, the pure part: addresses, and what makes an answer count.

Authorization code flow with PKCE (RFC 7636), OpenID Connect Core 1.0, issuer in the
answer (RFC 9207).
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

import jwt

from lapel.base.errors import RefusedError, SignatureError
from lapel.crypto.digest import same, sha256

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures that count; none and those with a shared secret do not."""
LEEWAY_S: Final = 60
SUBJECT_MOST: Final = 255
TOKEN_MOST: Final = 16_384
_NEEDED: Final = ("iss", "sub", "aud", "exp", "iat")
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider says of itself; `names_itself`: its answers say who it is."""

    issuer: str
    authorize: str
    token: str
    keys: str
    names_itself: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """What one attempt is known by: a state, a nonce, and the secret of PKCE."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token has to be for, and the time that it is read at."""

    issuer: str
    client: str
    nonce: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class Said:
    """Who somebody is to the provider, and when they last proved it, in s."""

    subject: str
    proved_s: int | None


def checked_issuer(text: str) -> str:
    """Read a provider's address; raises RefusedError `issuer`.

    It is https, or on this machine; it has no query, fragment or name in front.
    """
    parts = urlsplit(text.strip())
    near = parts.scheme == "http" and parts.hostname in _LOOPBACK
    plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    if not (parts.scheme == "https" or near) or not parts.hostname or not plain:
        raise RefusedError("issuer", "a provider's address begins with https://")
    return text.strip()


def read_provider(issuer: str, said: Mapping[str, object]) -> Provider:
    """Read a provider's own description; raises RefusedError `provider`."""
    told = {
        name: said.get(name)
        for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    }
    if told["issuer"] != issuer:
        raise RefusedError("provider", "the provider calls itself something else")
    where = [one for one in told.values() if isinstance(one, str)]
    if len(where) < len(told):
        raise RefusedError("provider", "the provider's description is not whole")
    for one in where[1:]:
        near = urlsplit(one).hostname in _LOOPBACK and issuer.startswith("http:")
        if not one.startswith("https://") and not near:
            raise RefusedError("provider", "the provider has an address without https")
    names = said.get("authorization_response_iss_parameter_supported") is True
    return Provider(issuer, where[1], where[2], where[3], names)


def address(
    provider: Provider, client: str, redirect: str, begun: Begun, *, anew: bool
) -> str:
    """Give where a browser is sent; with `anew` its user proves again who they are."""
    challenge = base64.urlsafe_b64encode(sha256(begun.verifier.encode()))
    asked = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": redirect,
        "scope": "openid",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    if anew:
        asked |= {"prompt": "login", "max_age": "0"}
    mark = "&" if urlsplit(provider.authorize).query else "?"
    return f"{provider.authorize}{mark}{urlencode(asked)}"


def key_id(token: str) -> str | None:
    """Tell which key a token says it is signed by, unchecked."""
    try:
        found = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise SignatureError("the provider's token cannot be read") from error
    return found if isinstance(found, str) else None


def check(token: str, keys: Sequence[Mapping[str, object]], expected: Expected) -> Said:
    """Give who signed in; raises SignatureError unless all of this holds.

    1. One of the provider's keys signed the token, by an algorithm of `ALGORITHMS`.
    2. It is from this issuer and for this client, and for no other without our being
       the one it was given to (`azp`).
    3. It was made for this attempt: the nonce is ours.
    4. It is neither from the future nor too old, by our clock, with a minute to spare.
    5. It says who (`sub`), in at most 255 characters.
    """
    if len(token) > TOKEN_MOST:
        raise SignatureError("the provider's token is too long")
    claims = _signed(token, keys, expected)
    now = expected.now_ms // 1000
    ends, made = claims.get("exp"), claims.get("iat")
    if not isinstance(ends, int) or not isinstance(made, int):
        raise SignatureError("the provider's token has no times")
    if now >= ends + LEEWAY_S or made > now + LEEWAY_S:
        raise SignatureError("the provider's token is too old, or of the future")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not same(nonce.encode(), expected.nonce.encode()):
        raise SignatureError("the provider's token is for another attempt")
    several = claims["aud"] not in ([expected.client], expected.client)
    if (several or "azp" in claims) and claims.get("azp") != expected.client:
        raise SignatureError("the provider's token was given to another")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= SUBJECT_MOST:
        raise SignatureError("the provider's token says nobody")
    proved = claims.get("auth_time")
    return Said(subject, proved if isinstance(proved, int) else None)


def _signed(
    token: str, keys: Sequence[Mapping[str, object]], expected: Expected
) -> dict[str, object]:
    named = key_id(token)
    for one in keys:
        if named is not None and one.get("kid") not in {named, None}:
            continue
        try:
            key = jwt.PyJWK(dict(one))
            if key.algorithm_name not in ALGORITHMS:
                continue
            claims: dict[str, object] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=expected.client,
                issuer=expected.issuer,
                options={
                    "require": list(_NEEDED),
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        return claims
    raise SignatureError("no key of the provider signed this token for us")
