"""`make deep`: the long tests, one by one; goes on where it stopped.

What passed is kept in .cache/deep.json for this very state of the code (the tree of
src, tests and locks), so that an interrupted run loses one test at most. When all have
run, docs/reference/deep.md says what was found, on what, and when.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".cache" / "deep.json"
PAGE = ROOT / "docs" / "reference" / "deep.md"
NONE_FOUND = 5  # pytest's exit code
PYTEST = [sys.executable, "-m", "pytest", "-m", "deep", "-q", "-p", "no:randomly"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended: passed, failed or skipped, and in what time."""

    test: str
    word: str
    seconds: float


def code_digest() -> str:
    """Digest of everything that the result depends on."""
    total = hashlib.sha256()
    for folder in ("src", "tests", "locks"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not {"node_modules", "__pycache__"} & {*path.parts}:
                total.update(path.read_bytes())
    return total.hexdigest()


def collect() -> list[str]:
    """List the deep tests."""
    command = [*PYTEST, "--collect-only"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode not in {0, NONE_FOUND}:
        sys.exit(done.stdout)
    return [line for line in done.stdout.splitlines() if "::" in line]


def load(code: str) -> dict[str, Outcome]:
    """Read what passed already with the same code."""
    try:
        state = json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}
    if state["code"] != code:
        return {}
    return {name: Outcome(**found) for name, found in state["passed"].items()}


def save(code: str, passed: dict[str, Outcome]) -> None:
    """Keep what passed."""
    STATE.parent.mkdir(exist_ok=True)
    found = {name: asdict(outcome) for name, outcome in passed.items()}
    part = STATE.with_suffix(".part")
    part.write_text(json.dumps({"code": code, "passed": found}))
    part.rename(STATE)


def run(test: str) -> Outcome:
    """Run one test, showing what it prints when it fails."""
    start = time.monotonic()
    done = subprocess.run(
        [*PYTEST, test], cwd=ROOT, capture_output=True, text=True, check=False
    )
    last = (done.stdout.splitlines() or [""])[-1]
    word = "failed" if done.returncode else "passed"
    if word == "passed" and "skipped" in last:
        word = "skipped"
    if word == "failed":
        print(done.stdout)
    return Outcome(test, word, time.monotonic() - start)


def page(outcomes: list[Outcome]) -> str:
    """Write the result for the reference: cases of one test stand in one line."""
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    text = f"""# Deep tests

Made by `make deep` on {day}, Python {platform.python_version()}, {platform.machine()},
{os.cpu_count()} cores: the tests that are too long for `make test`.

| test | cases | outcome | seconds |
|---|---|---|---|
"""
    for name in dict.fromkeys(outcome.test.split("[")[0] for outcome in outcomes):
        cases = [found for found in outcomes if found.test.split("[")[0] == name]
        words = ", ".join(dict.fromkeys(case.word for case in cases))
        seconds = sum(case.seconds for case in cases)
        text += f"| `{name}` | {len(cases)} | {words} | {seconds:.0f} |\n"
    return text


def main() -> int:
    """Run what has not passed yet; write the page when all have run."""
    code, tests = code_digest(), collect()
    passed = load(code)
    outcomes: list[Outcome] = []
    for number, test in enumerate(tests, 1):
        print(f"[{number}/{len(tests)}] {test}", end=" ", flush=True)
        outcome = passed.get(test) or run(test)
        print(f"{outcome.word}, {outcome.seconds:.0f} s", flush=True)
        outcomes.append(outcome)
        if outcome.word == "passed":
            passed[test] = outcome
            save(code, passed)
    PAGE.write_text(page(outcomes))
    failed = sum(outcome.word == "failed" for outcome in outcomes)
    print(f"{len(outcomes)} deep tests, {failed} failed: docs/reference/deep.md")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
