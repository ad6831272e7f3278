"""`make check`: every check at once, two at a time, one line each.

A check is a command; it holds when its exit code is 0. What a failing one said follows
its line. Exit code 1 when any failed.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
COMMANDS = {
    "types: basedpyright": "basedpyright --warnings",
    "types: mypy": "mypy",
    "walls: import-linter": "lint-imports --no-logo",
    "lint: ruff": "ruff check",
    "format: ruff": "ruff format --check",
    "house rules": "python -m tools.rules",
    "licences": "python -m tools.licences",
    "references": "python -m tools.reference --check",
    "packages fit": "python -m pip check",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check went."""

    name: str
    holds: bool
    seconds: float
    said: str


def run(name: str) -> Outcome:
    """Run one check."""
    program, *rest = COMMANDS[name].split()
    start = time.monotonic()
    done = subprocess.run(
        [str(BIN / program), *rest],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - start
    return Outcome(name, done.returncode == 0, seconds, done.stdout.strip())


def main() -> int:
    """Run all, slowest first; print each as it ends."""
    failed = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(run, COMMANDS):
            word = "ok    " if outcome.holds else "FAILED"
            print(f"{word} {outcome.name:24} {outcome.seconds:5.1f} s", flush=True)
            if not outcome.holds:
                failed += 1
                print(outcome.said, flush=True)
    print(f"{len(COMMANDS) - failed} checks hold, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
