"""A clock that stands until it is told to go on, and chance that repeats itself."""

from lapel.base.clock import Entropy
from lapel.crypto.digest import sha256


class ManualClock:
    """Implements `lapel.base.clock.Clock`."""

    def __init__(self, utc_ms: int = 1_790_000_000_000, mono_ms: int = 1000) -> None:
        """Stand at an instant."""
        self._utc = utc_ms
        self._mono = mono_ms

    def utc_ms(self) -> int:
        """UTC, milliseconds since 1970."""
        return self._utc

    def mono_ms(self) -> int:
        """Monotonic milliseconds."""
        return self._mono

    def go_on(self, ms: int) -> None:
        """Let `ms` milliseconds pass."""
        self._utc += ms
        self._mono += ms


def seeded(seed: int) -> Entropy:
    """Give bytes that are the same at each run, for `lapel.base.clock.Entropy`."""
    state = [sha256(seed.to_bytes(8, "big"))]

    def draw(size: int, /) -> bytes:
        taken = b""
        while len(taken) < size:
            state[0] = sha256(state[0])
            taken += sha256(state[0] + b"out")
        return taken[:size]

    return draw
