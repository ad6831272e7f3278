"""Codes of an authenticator app (RFC 6238): six digits, a new one every 30 seconds."""

import hmac
from typing import Final

from lapel.crypto.digest import same

STEP_MS: Final = 30_000
DIGITS: Final = 6
SECRET: Final = 20
"""Bytes of a secret: what RFC 4226 recommends for SHA-1."""


def code_at(secret: bytes, step: int) -> str:
    """Give the code of a step of 30 seconds since 1970."""
    # SHA-1 is what every authenticator app takes; as HMAC it is sound.
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: bytes, code: str, now_ms: int, after: int) -> int | None:
    """Give the step whose code this is: now, the one before, or the one to come.

    Steps up to `after` do not count: a code that was used once opens nothing again.
    """
    now = now_ms // STEP_MS
    found = None
    for step in (now - 1, now, now + 1):
        fits = same(code_at(secret, max(step, 0)).encode(), code.encode())
        if fits and step > after and found is None:
            found = step
    return found
