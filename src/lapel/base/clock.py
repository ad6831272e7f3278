"""Time as an argument: the clock's shape and how well it is known."""

from enum import IntEnum
from typing import Protocol


class ClockQuality(IntEnum):
    """How a camera came by its wall-clock time; stands beside every such claim."""

    UNSET = 0
    RTC = 1
    DOCK = 2
    SERVER = 3


class Clock(Protocol):
    """Wall-clock for claims, monotonic for durations; both in milliseconds."""

    def utc_ms(self) -> int:
        """UTC, milliseconds since 1970."""
        ...

    def mono_ms(self) -> int:
        """Milliseconds of a clock that never steps and is never set."""
        ...


class Entropy(Protocol):
    """Source of random bytes."""

    def __call__(self, size: int, /) -> bytes:
        """Return `size` unpredictable bytes."""
        ...
