"""The camera's clock: monotonic time, UTC by an offset, how well it is known."""

from dataclasses import dataclass
from typing import Final

from lapel.base.clock import Clock, ClockQuality
from lapel.base.errors import LapelError
from lapel.ports.files import Files
from lapel.wire import cbor

_FILE: Final = "clock"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant as the camera claims it."""

    boot: int
    mono_ms: int
    utc_ms: int
    quality: ClockQuality


class Timekeeper:
    """Keeps the offset of UTC to the board's clock over a restart."""

    def __init__(self, clock: Clock, files: Files, boot: int) -> None:
        """Read what is known; a clock that was set before counts as kept by the RTC."""
        self._clock = clock
        self._files = files
        self._boot = boot
        self._offset_ms, self._quality = self._load()

    def _load(self) -> tuple[int, ClockQuality]:
        if self._files.size(_FILE) is None:
            return 0, ClockQuality.UNSET
        try:
            offset = cbor.decode_map(self._files.read(_FILE)).get(1)
        except LapelError:
            return 0, ClockQuality.UNSET
        if not isinstance(offset, int):
            return 0, ClockQuality.UNSET
        return offset, ClockQuality.RTC

    def now(self) -> Moment:
        """Give the present instant."""
        return Moment(self._boot, self.mono_ms(), self.utc_ms(), self._quality)

    def utc_ms(self) -> int:
        """UTC by the camera's clock, milliseconds."""
        return self._clock.utc_ms() + self._offset_ms

    def mono_ms(self) -> int:
        """Monotonic milliseconds."""
        return self._clock.mono_ms()

    @property
    def quality(self) -> ClockQuality:
        """How the time came to be known."""
        return self._quality

    def set(self, utc_ms: int, quality: ClockQuality) -> int:
        """Set UTC; gives the step in milliseconds."""
        step = utc_ms - self.utc_ms()
        offset = self._offset_ms + step
        self._files.replace(_FILE, cbor.encode({1: offset}))
        self._offset_ms, self._quality = offset, quality
        return step
