"""What was seen before the event: encoded GOPs in memory, the oldest let go first."""

from collections import deque
from typing import Final

from lapel.camera.media.gop import Gop

MOST_BYTES: Final = 512 << 20
"""Bound for a source of any rate; 120 s at 30 Mbit/s are 450 MB."""


class Ring:
    """Holds whole GOPs that together last at least `seconds`, and hardly more."""

    def __init__(self, seconds: float, most_bytes: int = MOST_BYTES) -> None:
        """Hold nothing yet; 0 seconds hold nothing ever."""
        self.seconds = seconds
        self._most = most_bytes
        self._gops: deque[Gop] = deque()
        self._length = 0.0
        self._bytes = 0

    def __len__(self) -> int:
        """Count of GOPs."""
        return len(self._gops)

    @property
    def length(self) -> float:
        """Seconds held."""
        return self._length

    def push(self, gop: Gop) -> None:
        """Add the newest GOP and let old ones go."""
        self._gops.append(gop)
        self._length += gop.seconds
        self._bytes += gop.size
        while self._gops and self._too_much():
            oldest = self._gops.popleft()
            self._length -= oldest.seconds
            self._bytes -= oldest.size

    def _too_much(self) -> bool:
        without_oldest = self._length - self._gops[0].seconds
        enough = without_oldest >= self.seconds if len(self._gops) > 1 else False
        return enough or self._bytes > self._most or not self.seconds

    def take(self) -> list[Gop]:
        """Give everything, oldest first, and hold nothing."""
        taken = list(self._gops)
        self._gops.clear()
        self._length, self._bytes = 0.0, 0
        return taken
