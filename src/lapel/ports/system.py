"""The host's own clock and source of random bytes."""

import os
import time


class SystemClock:
    """Wall-clock and monotonic time of this machine, in milliseconds."""

    def utc_ms(self) -> int:
        """UTC, milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        """Milliseconds since the machine started; goes on through suspend."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def system_entropy(size: int, /) -> bytes:
    """Return `size` bytes of the operating system's generator."""
    return os.urandom(size)
