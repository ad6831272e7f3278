"""The dock: its bays, their threads, and the newest checkpoint that it has seen."""

import fcntl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import BusyError, LapelError, UnreachableError
from lapel.dock.bay import Bay
from lapel.dock.budget import Budget
from lapel.dock.machine import BAYS, CHECKPOINT, Machine
from lapel.dock.model import BayState
from lapel.dock.session import Rig
from lapel.ports.private import write_private
from lapel.wire.cose import parse
from lapel.wire.receipt import Receipt


@dataclass(frozen=True, slots=True)
class System:
    """Clock and entropy of this machine."""

    clock: Clock
    entropy: Entropy


class Dock:
    """All bays of one dock; `states` may be read from any thread."""

    def __init__(
        self, machine: Machine, bays: int, system: System, rate: int = 0
    ) -> None:
        """Make the bays; `rate` is the budget in bytes a second, 0 for none."""
        self._machine = machine
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._states = {number: BayState(number) for number in range(1, bays + 1)}
        self._newest = self._kept_checkpoint()
        self.changed = threading.Event()
        self._listeners: list[Callable[[BayState], None]] = []
        rig = Rig(system, Budget(rate), self._wait, self.seen, self.newest_checkpoint)
        (machine.folder / BAYS).mkdir(exist_ok=True, mode=0o700)
        self._threads = [
            threading.Thread(
                target=Bay(
                    number,
                    machine.folder / BAYS / str(number),
                    machine,
                    rig,
                    self._told,
                    self._stop,
                ).run,
                name=f"bay-{number}",
                daemon=True,
            )
            for number in self._states
        ]

    def states(self) -> tuple[BayState, ...]:
        """Give the states of all bays, in order."""
        with self._lock:
            return tuple(self._states.values())

    def listen(self, listener: Callable[[BayState], None]) -> None:
        """Have each change of a bay told; the listener must be quick."""
        self._listeners.append(listener)

    @contextmanager
    def running(self) -> Generator[None]:
        """Run all bays; on leaving, each stops at the next safe place."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(10)

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(max(seconds, 0)):
            raise UnreachableError("the dock is being stopped")

    def _told(self, state: BayState) -> None:
        with self._lock:
            self._states[state.bay] = state
        self.changed.set()
        for listener in self._listeners:
            listener(state)

    def _kept_checkpoint(self) -> tuple[int, str]:
        try:
            note = (self._machine.folder / CHECKPOINT).read_text()
            return self._machine.log.open(note).size, note
        except (OSError, UnicodeDecodeError, LapelError):
            return 0, ""

    def newest_checkpoint(self) -> str:
        """Give the newest checkpoint seen of the agency's log, or nothing yet."""
        return self._newest[1]

    def seen(self, receipt: bytes) -> str:
        """Keep the newest checkpoint that a receipt carried; gives what is wrong."""
        try:
            note = Receipt.decode(parse("receipt", receipt).payload).checkpoint
            size = self._machine.log.open(note).size
        except LapelError as error:
            return f"a receipt without a checkpoint of the agency's log: {error}"
        with self._lock:
            if size <= self._newest[0]:
                return ""
            self._newest = size, note
            try:
                write_private(self._machine.folder / CHECKPOINT, note.encode())
            except OSError as error:
                words = f"{self._machine.folder}: {error.strerror}"
                return (
                    f"the dock's own disk cannot be written ({words}); free some room"
                )
        return ""


@contextmanager
def only_one(folder: Path) -> Generator[None]:
    """Hold the folder's lock; raises `BusyError` when another process has it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BusyError(f"another dock process works in {folder}") from error
        yield
