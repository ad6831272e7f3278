"""Real time: holds a source back to the speed of what it shows."""

from threading import Lock
from typing import Final

from lapel.base.clock import Clock

_SLACK_MS: Final = 2


class Pace:
    """Waits until a media time has come; `speed` 10 lets ten seconds pass in one."""

    def __init__(self, clock: Clock, speed: float = 1.0) -> None:
        """Start the line of time at the first `until`."""
        self._clock = clock
        self._speed = speed
        self._origin: int | None = None
        self._closed = False
        # Held until `close`: waiting for a lock costs a fraction of an Event's wait.
        self._gate = Lock()
        self._gate.acquire()

    def until(self, media_ms: float) -> bool:
        """Wait for `media_ms`; False once closed."""
        now = self._clock.mono_ms()
        if self._origin is None:
            self._origin = now
        due = self._origin + media_ms / self._speed
        if due - now > _SLACK_MS and self._gate.acquire(timeout=(due - now) / 1000):
            self._gate.release()
        return not self._closed

    def close(self) -> None:
        """End every wait, now and later."""
        if not self._closed:
            self._closed = True
            self._gate.release()
