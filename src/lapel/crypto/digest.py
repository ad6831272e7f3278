"""Hashes and message authentication: SHA-256 throughout."""

import hashlib
import hmac


def sha256(data: bytes | bytearray | memoryview) -> bytes:
    """32-byte SHA-256."""
    return hashlib.sha256(data).digest()


def sha256_parts(*parts: bytes | bytearray | memoryview) -> bytes:
    """SHA-256 of the parts one behind the other, without joining them."""
    running = hashlib.sha256()
    for part in parts:
        running.update(part)
    return running.digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """32-byte HMAC-SHA-256."""
    return hmac.digest(key, data, "sha256")


def same(left: bytes, right: bytes) -> bool:
    """Compare secrets in time that does not depend on them."""
    return hmac.compare_digest(left, right)
