"""A bandwidth budget that all bays share."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lapel.wire.port import READ_MOST

_LEAST: Final = 64 * 1024


@dataclass(slots=True)
class Budget:
    """At most `rate` bytes a second, over all threads; 0 means no limit.

    A token bucket that holds half a second; pure but for the lock.
    """

    rate: int
    _tokens: float = 0.0
    _at_ms: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def piece(self) -> int:
        """Bytes to ask for at once, so that no bay waits long for its turn."""
        if not self.rate:
            return READ_MOST
        return min(READ_MOST, max(_LEAST, self.rate // 4))

    def take(self, size: int, now_ms: int) -> float:
        """Take `size` bytes; gives the seconds to wait before they may be sent."""
        if not self.rate:
            return 0.0
        with self._lock:
            earned = (now_ms - self._at_ms) * self.rate / 1000
            self._tokens = min(self._tokens + earned, self.rate / 2)
            self._at_ms = max(now_ms, self._at_ms)
            self._tokens -= size
            return max(-self._tokens / self.rate, 0.0)


Wait = Callable[[float], None]
"""Waits for some seconds; raises `UnreachableError` when the dock is stopped."""
