"""Whole processes measured from outside: wall and CPU seconds, peak memory.

Two commands are compared in turn, A B A B, so that a machine whose speed drifts slows
both; the ratio is taken pair by pair and its median is quoted.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run."""

    wall_s: float
    cpu_s: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Figure:
    """Median, least and most of several runs."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """Summarise."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Pair:
    """Ours against a peer: figures of each, and the ratio pair by pair."""

    ours_s: Figure
    peer_s: Figure
    ours_cpu_s: Figure
    peer_cpu_s: Figure
    speed: Figure
    """Peer's seconds over ours: above 1 we are faster."""


def run(command: Command, environment: dict[str, str] | None = None) -> Run:
    """Run one command to its end; raises `CalledProcessError` if it fails."""
    words = [str(word) for word in command]
    started = time.perf_counter()
    process = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def compare(
    ours: Command, peer: Command, runs: int = 5, made: Sequence[Path] = ()
) -> Pair:
    """Run both in turn, after one warm-up of each.

    What they make is removed before each run, outside of its time.
    """

    def fresh(command: Command) -> Run:
        for path in made:
            path.unlink(missing_ok=True)
        return run(command)

    fresh(ours)
    fresh(peer)
    pairs = [(fresh(ours), fresh(peer)) for _ in range(runs)]
    return Pair(
        Figure.of([a.wall_s for a, _ in pairs]),
        Figure.of([b.wall_s for _, b in pairs]),
        Figure.of([a.cpu_s for a, _ in pairs]),
        Figure.of([b.cpu_s for _, b in pairs]),
        Figure.of([b.wall_s / a.wall_s for a, b in pairs]),
    )
