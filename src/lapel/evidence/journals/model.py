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
class Runs:
    """Which settings a camera wrote down to have taken over, and when it said so.

    `version` is None for one that never did; `since_ms` is its own time.
    """

    version: int | None
    hash: bytes
    since_ms: int | None
    received_ms: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries that never came, and the camera's time on both sides of them."""

    first: int
    last: int
    after_ms: int | None
    before_ms: int


@dataclass(frozen=True, slots=True)
class Continuity:
    """Whether a camera's journal came whole, and what it said last.

    `last` is None when nothing came. `waiting` are recordings that it names and that
    did not arrive.
    """

    last: int | None
    received_ms: int
    gaps: tuple[Gap, ...]
    forks: tuple[int, ...]
    firmware: str
    battery: tuple[int, int] | None
    """Percent, and the camera's time then."""
    waiting: tuple["Missing", ...]

    @property
    def whole(self) -> bool:
        """Whether every entry up to the last is here, once."""
        return self.last is not None and not self.gaps and not self.forks


@dataclass(frozen=True, slots=True)
class Missing:
    """A recording that a journal names and that has not arrived."""

    recording: bytes
    serial: str
    start_ms: int
