"""The writer: a thread that puts recordings on storage, one durable unit at a time."""

import queue
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Final

from lapel.base.errors import LapelError, StorageFullError
from lapel.camera.recording import Desk, Opening, Recording, Unit
from lapel.camera.recovery import abandon
from lapel.camera.ring import MOST_BYTES
from lapel.wire.recording import Reason

ANCHOR_MS: Final = 10_000
_BACKLOG_MOST: Final = MOST_BYTES + (64 << 20)
"""Bytes that may wait for a slow disk: a whole buffer when it is flushed, and more."""


@dataclass(frozen=True, slots=True)
class Grew:
    """A recording is durable up to here; `links` is 0 when it has just begun."""

    recording: bytes
    links: int
    size: int
    media_ms: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A recording has its closing entry, with the reason that stands there."""

    recording: bytes
    reason: Reason


@dataclass(frozen=True, slots=True)
class Failed:
    """Storage failed while a recording was begun or open; it was closed as it stood."""

    recording: bytes
    cause: str
    full: bool


Told = Grew | Closed | Failed


@dataclass(frozen=True)
class _Begin:
    desk: Desk
    opening: Opening


@dataclass(frozen=True, slots=True)
class _Close:
    reason: Reason


_Job = _Begin | Unit | _Close | None


class Writer:
    """Takes jobs in order; what it did it tells from its own thread."""

    def __init__(self, tell: Callable[[Told], None]) -> None:
        """Start the thread."""
        self._tell = tell
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._waiting = 0
        self._lock = Lock()
        self._current: tuple[Desk, Recording] | None = None
        self._anchored_ms = 0
        self._pending = 0
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def begin(self, desk: Desk, opening: Opening) -> None:
        """Begin a recording; the one before must have been closed."""
        self._put(_Begin(desk, opening))

    def unit(self, unit: Unit) -> bool:
        """Add a unit; False when too much waits and it was left out."""
        with self._lock:
            if self._waiting + len(unit.data) > _BACKLOG_MOST:
                return False
            self._waiting += len(unit.data)
        self._put(unit)
        return True

    def _put(self, job: _Begin | Unit | _Close) -> None:
        with self._lock:
            self._pending += 1
        self._jobs.put(job)

    def close(self, reason: Reason) -> None:
        """Close the recording that is open."""
        self._put(_Close(reason))

    @property
    def idle(self) -> bool:
        """Whether nothing waits and no recording is open."""
        with self._lock:
            return self._pending == 0 and self._current is None

    @property
    def waiting(self) -> int:
        """Jobs that have not been done."""
        with self._lock:
            return self._pending

    def stop(self) -> None:
        """Do what waits, then end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            match job:
                case _Begin():
                    self._begin(job.desk, job.opening)
                case Unit():
                    self._unit(job)
                    with self._lock:
                        self._waiting -= len(job.data)
                case _Close():
                    self._close(job.reason)
            with self._lock:
                self._pending -= 1
        self._close(Reason.ERROR)

    def _begin(self, desk: Desk, opening: Opening) -> None:
        try:
            recording = Recording(desk, opening)
        except (LapelError, OSError) as error:
            with suppress(OSError, LapelError):
                abandon(desk, opening.recording)
            self._failed(opening.recording, error)
            return
        self._current = desk, recording
        self._anchored_ms = desk.now().mono_ms
        self._tell(Grew(opening.recording, 0, recording.size, 0))

    def _unit(self, unit: Unit) -> None:
        if self._current is None:
            return
        desk, recording = self._current
        try:
            recording.add(unit)
            now = desk.now().mono_ms
            if now - self._anchored_ms >= ANCHOR_MS:
                self._anchored_ms = now
                recording.anchor()
        except (LapelError, OSError) as error:
            full = isinstance(error, StorageFullError)
            self._close(Reason.MEMORY_FULL if full else Reason.ERROR)
            self._failed(recording.opening.recording, error)
            return
        self._tell(
            Grew(
                recording.opening.recording,
                recording.links,
                recording.size,
                unit.media_ms,
            )
        )

    def _close(self, reason: Reason) -> None:
        if self._current is None:
            return
        desk, recording = self._current
        self._current = None
        try:
            stated = recording.close(reason)
        except (LapelError, OSError) as error:
            self._failed(recording.opening.recording, error)
            return
        desk.store.hold_back()
        self._tell(Closed(recording.opening.recording, stated))

    def _failed(self, recording: bytes, error: Exception) -> None:
        full = isinstance(error, StorageFullError)
        self._tell(Failed(recording, str(error), full))
