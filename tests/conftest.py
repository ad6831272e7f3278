"""What every test gets: time limits, seeds, and skips that name what is missing."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
LIMITS = {"process": 120, "browser": 120, "npm": 120, "vm": 300, "deep": 0}
PROGRAMS = {
    "browser": ("chromium",),
    "ffmpeg": ("ffmpeg", "ffprobe"),
    "npm": ("node",),
    "vm": ("qemu-system-x86_64",),
}

settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True)
settings.register_profile(
    "seeded", deadline=None, print_blob=True, max_examples=500, database=None
)


def today() -> int:
    """Seed of the day, the same for every worker of a run."""
    return int(datetime.now(UTC).strftime("%Y%m%d"))  # noqa: TID251


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Fix the examples of `make test`; let LAPEL_SEED (or deep runs) vary them.

    The order of tests always follows a seed: LAPEL_SEED, else the day's.
    """
    chosen = os.environ.get("LAPEL_SEED", "")  # noqa: TID251
    seed = int(chosen or today())
    if config.getoption("randomly_seed", None) == "default":
        config.option.randomly_seed = seed
    deep = config.getoption("markexpr") == "deep"
    settings.load_profile("seeded" if chosen or deep else "fixed")
    if (chosen or deep) and config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = str(seed)


def pytest_report_header() -> str:
    """Say how to see this very run again."""
    seed = os.environ.get("LAPEL_SEED", "") or str(today())  # noqa: TID251
    return f"seed {seed} (again: LAPEL_SEED={seed} make test)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Widen the time limit by marker; the widest counts, 0 is none."""
    for item in items:
        if item.get_closest_marker("timeout"):
            continue
        limits = [v for k, v in LIMITS.items() if item.get_closest_marker(k)]
        if limits:
            item.add_marker(pytest.mark.timeout(0 if 0 in limits else max(limits)))


def missing(item: pytest.Item) -> str:
    """Name what `item` needs and this machine lacks; empty when it can run."""
    for marker, programs in PROGRAMS.items():
        for program in programs:
            if item.get_closest_marker(marker) and not shutil.which(program):
                return f"{program} is not on PATH"
    packages = ROOT / "tests" / "node" / "node_modules"
    if item.get_closest_marker("npm") and not packages.is_dir():
        return "tests/node has no node_modules"
    if item.get_closest_marker("root") and os.geteuid() != 0:
        return "not root"
    return ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, and say what it lacks."""
    if reason := missing(item):
        pytest.skip(f"needs: {reason}")
