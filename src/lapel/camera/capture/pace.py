"""Real time: holds a source back to the speed of what it shows."""

from threading import Event
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
        self._closed = Event()

    def until(self, media_ms: float) -> bool:
        """Wait for `media_ms`; False once closed."""
        now = self._clock.mono_ms()
        if self._origin is None:
            self._origin = now
        due = self._origin + media_ms / self._speed
        if due - now > _SLACK_MS:
            self._closed.wait((due - now) / 1000)
        return not self._closed.is_set()

    def close(self) -> None:
        """End every wait, now and later."""
        self._closed.set()
