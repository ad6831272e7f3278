"""Uploads, what an inspection found, and what is held aside."""

from dataclasses import dataclass
from enum import StrEnum

from lapel.wire.journal import Stop


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording that arrives, or has arrived and waits for its commit."""

    id: str
    tenant: str
    serial: str
    recording: bytes
    length: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Closing:
    """A recording's closing entry as it was signed."""

    raw: bytes
    hash: bytes
    stop: Stop
    utc_ms: int


class Cause(StrEnum):
    """Why a file is held aside; stable codes."""

    BYTES = "bytes-differ"
    FORK = "fork"
    TAMPERED = "tampered"
    UNREADABLE = "unreadable"
    UNKNOWN_SIGNER = "unknown-signer"


@dataclass(frozen=True, slots=True)
class Held:
    """A file held aside until a person decides."""

    id: str
    tenant: str
    serial: str
    recording: bytes
    sha256: bytes
    length: int
    code: str
    words: str
    closing: bytes
    held_ms: int
    decision: str | None
