"""A thread that tells what a radio hears, in order, so that no listener holds it up."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from lapel.ports.air import Heard


class Teller:
    """Calls `hear` from a thread of its own, until it is closed."""

    def __init__(self, name: str, hear: Callable[[Heard], None]) -> None:
        """Start the thread, with this name."""
        self._hear = hear
        self._waiting: SimpleQueue[Heard | None] = SimpleQueue()
        self._over = threading.Event()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def __call__(self, heard: Heard) -> None:
        """Have this told; returns at once."""
        self._waiting.put(heard)

    @property
    def behind(self) -> int:
        """How much has not been told yet."""
        return self._waiting.qsize()

    def close(self) -> None:
        """Tell nothing more; a call that has begun ends in its own time."""
        self._over.set()
        self._waiting.put(None)

    def _run(self) -> None:
        while (heard := self._waiting.get()) is not None:
            if self._over.is_set():
                return
            self._hear(heard)
