"""What was kept of a camera's journal, and what was wrong with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry that is held: number, hash, and the key that signed it."""

    seq: int
    hash: bytes
    signer: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """A gap or a fork: entries that do not continue what is held."""

    serial: str
    kind: str
    seq: int
    found_ms: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A recording that a journal names and that has not arrived."""

    recording: bytes
    serial: str
    start_ms: int
