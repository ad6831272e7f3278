"""Set-up: stamps, what it says when something is missing, what it never does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import setup

SCRIPT = Path(setup.__file__)


def bare(tmp_path: Path) -> Path:
    """Make a copy of what set-up needs, in a folder of its own."""
    root = tmp_path / "a clone"
    (root / "tools").mkdir(parents=True)
    (root / "locks").mkdir()
    (root / "tools" / "setup.py").write_text(SCRIPT.read_text())
    (root / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (root / "locks" / "demo.txt").write_text("")
    return root


def run(root: Path, *words: str, path: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of set-up."""
    return subprocess.run(  # noqa: S603
        [sys.executable, str(root / "tools" / "setup.py"), *words],
        env={"PATH": path, "HOME": str(root / "home")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.process
def test_an_empty_lock_makes_an_environment_with_lapel_in_it(tmp_path: Path) -> None:
    root = bare(tmp_path)
    (root / "src" / "lapel" / "cli").mkdir(parents=True)
    (root / "src" / "lapel" / "cli" / "__main__.py").write_text(
        "import sys\nfrom importlib.metadata import version\n"
        "print(version('lapel'), *sys.argv[1:])\n"
    )
    first = run(root, "demo", path="/usr/bin:/bin")
    assert first.returncode == 0, first.stderr
    lapel = subprocess.run(  # noqa: S603
        [str(root / ".venv" / "bin" / "lapel"), "a b"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert lapel.stdout == "1.2.3 a b\n"
    second = run(root, "demo", path="")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_an_unknown_tier_is_refused_in_one_line(tmp_path: Path) -> None:
    done = run(bare(tmp_path), "everything", path="")
    assert done.returncode == 78
    assert done.stderr == "lapel: usage: python3 tools/setup.py demo|test|all\n"


def test_an_interpreter_that_will_not_do_is_passed_over(tmp_path: Path) -> None:
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    assert setup.probe(str(fake)) == ()
    fake.write_text("#!/bin/sh\necho 3 9\n")
    assert setup.probe(str(fake)) not in setup.VERSIONS
    assert setup.probe(sys.executable) in setup.VERSIONS


def test_only_wheels_with_hashes_are_installed() -> None:
    text = SCRIPT.read_text()
    assert "--require-hashes" in text
    assert "--only-binary=:all:" in text


def test_set_up_never_calls_sudo() -> None:
    for path in SCRIPT.parent.glob("*.py"):
        calls = [line for line in path.read_text().splitlines() if '"sudo"' in line]
        assert not calls, path


def test_what_would_lead_pip_astray_is_left_out(tmp_path: Path) -> None:
    code = "from tools import setup; print(sorted(setup.environment()))"
    unwanted = dict.fromkeys(setup.UNWANTED, str(tmp_path))
    del unwanted["PYTHONHOME"]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        env={**unwanted, "PATH": os.defpath, "PYTHONPATH": str(setup.ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'PATH'" in done.stdout
    assert not [name for name in setup.UNWANTED if f"'{name}'" in done.stdout]
