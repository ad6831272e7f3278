"""Hashes of passwords, two at a time at most: each takes much memory."""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher()
_HASHING: Final = threading.BoundedSemaphore(2)
_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)


def hashed(password: str) -> str:
    """Hash a new password."""
    with _HASHING:
        return _HASHER.hash(password)


def fits(known: str | None, password: str) -> bool:
    """Tell whether a password is the one of this hash; no hash takes as long."""
    try:
        with _HASHING:
            _HASHER.verify(known or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return known is not None


def is_old(known: str) -> bool:
    """Tell whether a hash was made with fewer rounds than today's."""
    return _HASHER.check_needs_rehash(known)
