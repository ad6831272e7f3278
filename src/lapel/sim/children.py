"""Processes of a world on one machine: started, watched, and never left behind."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from lapel.base.errors import LapelError, SetupError, UnreachableError

_GRACE_S: Final = 10.0
_DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""

_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None

Words = Sequence[str | Path]


class ChildError(LapelError):
    """A process of the demo ended with an error."""

    code = "child"


def _die_with_parent() -> None:
    """Have the kernel end this process when its parent is gone (Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(_DEATH_SIGNAL, signal.SIGTERM)


def command(*words: str | Path) -> list[str]:
    """Command line of `lapel` as this very interpreter runs it."""
    return [sys.executable, "-m", "lapel.cli", *map(str, words)]


@dataclass(frozen=True)
class Child:
    """A running process, its log, and its first line when it prints one."""

    name: str
    process: subprocess.Popen[str]
    log: Path

    def first_line(self) -> dict[str, object]:
        """Wait for the line in which it says that it is ready, as JSON."""
        if self.process.stdout is None:
            raise SetupError(f"{self.name} was not started to be read")
        line = self.process.stdout.readline()
        try:
            read: dict[str, object] = json.loads(line)
        except ValueError as error:
            raise ChildError(f"{self.name} did not start; see {self.log}") from error
        return read

    def drain(self) -> None:
        """Read on in a thread, so that the pipe never fills."""

        def read() -> None:
            if self.process.stdout is not None:
                for _ in self.process.stdout:
                    pass

        threading.Thread(target=read, name=f"drain-{self.name}", daemon=True).start()

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it as a power cut would, and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end; after ten seconds end it."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()


@dataclass
class Children:
    """All processes of a world; leaving the block ends them, newest first."""

    folder: Path
    environment: Mapping[str, str]
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Begin."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all."""
        self._stack.close()

    def start(
        self,
        name: str,
        words: Words,
        *,
        read: bool,
        more: Mapping[str, str] | None = None,
    ) -> Child:
        """Start `lapel WORDS`; with `read` its output is a pipe, else in its log.

        `more` is added to the environment.
        """
        log = self.folder / f"{name}.log"
        with log.open("ab") as file:
            process = subprocess.Popen(
                command(*words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if read else file,
                stderr=file,
                text=True,
                env={**self.environment, **(more or {})},
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # one call into libc
            )
        child = Child(name, process, log)
        self._stack.callback(child.stop)
        return child

    def run(
        self,
        words: Words,
        *,
        codes: Sequence[int] = (0,),
        more: Mapping[str, str] | None = None,
    ) -> str:
        """Run `lapel WORDS` to its end, with `more` environment; gives what it printed.

        Raises `ChildError` unless it ends with one of `codes`.
        """
        ended = subprocess.run(
            command(*words),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**self.environment, **(more or {})},
        )
        if ended.returncode not in codes:
            raise ChildError(f"lapel {words[0]}: {ended.stderr.strip()}")
        return ended.stdout


def wait_for(
    what: str,
    ready: Callable[[], bool],
    wait: Callable[[float], bool],
    limit_s: float,
) -> None:
    """Look every 0.1 s until `ready`; raises `UnreachableError` after the limit.

    `wait` waits some seconds and says whether the whole is being stopped.
    """
    for _ in range(int(limit_s * 10)):
        if ready():
            return
        if wait(0.1):
            raise KeyboardInterrupt
    raise UnreachableError(f"waited {limit_s:.0f} s for {what}")
