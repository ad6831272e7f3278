"""Make .venv and keep it true to the locks: `python3 tools/setup.py TIER`.

Standard library only, and no newer syntax than Python 3.7 has, so that an old `python3`
still gets far enough to find a newer one. What it does, in this order:

1. nothing, silently, when the stamp says that TIER is installed as locked;
2. one set-up at a time: a lock in .cache;
3. find Python 3.11 to 3.13 that can make environments, else say what to install;
4. make .venv, install locks/TIER.txt (wheels only, each checked by hash);
5. put `lapel` itself in: a .pth line to src, its name and version, its command;
6. stamp.

Nothing outside the repository is written but pip's own cache. Nothing calls sudo.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "lapel.json"
TIERS = ("demo", "test", "all")  # each holds the one before
NEED_MB = {"demo": 500, "test": 900, "all": 1500}
VERSIONS = ((3, 11), (3, 12), (3, 13))
PROBE = "import sys, ensurepip, venv; print(*sys.version_info[:2])"
UNWANTED = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")


def say(text: str) -> None:
    """Tell what is going on; results never come this way."""
    print(text, file=sys.stderr, flush=True)


def stop(text: str) -> None:
    """End with one line that says what is missing and what to do."""
    say("lapel: " + text)
    raise SystemExit(78)


def environment() -> dict[str, str]:
    """Environment for pip and venv, without what would lead them astray."""
    kept = {k: v for k, v in os.environ.items() if k not in UNWANTED}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def version() -> str:
    """Read Lapel's own version from pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text()
    return text.split('\nversion = "', 1)[1].split('"', 1)[0]


def digest(tier: str) -> str:
    """Digest of what makes a tier: this program, its lock, our version."""
    parts = (Path(__file__), ROOT / "locks" / (tier + ".txt"))
    data = b"\0".join(part.read_bytes() for part in parts)
    return hashlib.sha256(data + version().encode()).hexdigest()


def stamps() -> dict[str, str]:
    """Tiers installed, by digest; empty when .venv is not one of ours, here."""
    try:
        found = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    ours = PYTHON.exists() and found.get("root") == str(ROOT)
    return dict(found) if ours else {}


def probe(python: str) -> tuple[int, ...]:
    """Version of an interpreter that can make environments; () for any other."""
    command = [python, "-I", "-c", PROBE]
    try:
        out = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(int(word) for word in out.split())


def find_python() -> str:
    """Path of a Python that will do: this one, else the newest on PATH."""
    names = [sys.executable]
    names += [f"python{major}.{minor}" for major, minor in reversed(VERSIONS)]
    names += ["python3", "/usr/bin/python3"]
    for name in filter(None, map(shutil.which, filter(None, names))):
        if probe(name) in VERSIONS:
            return name
    stop(f"needs Python 3.11, 3.12 or 3.13 with venv. {advice()}")
    raise AssertionError


def advice() -> str:
    """Give the command that brings Python, on this kind of system."""
    sudo = "" if os.geteuid() == 0 else "sudo "
    if sys.platform == "darwin":
        return "Install it: brew install python@3.13"
    if shutil.which("apt-get"):
        return f"Install it: {sudo}apt-get install python3-venv"
    if shutil.which("dnf"):
        return f"Install it: {sudo}dnf install python3.13"
    return "Install one and run this again."


def run(command: list[str], failed: str) -> None:
    """Run quietly; on failure show the last lines of its output and stop."""
    done = subprocess.run(
        command,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        say("\n".join(done.stdout.decode(errors="replace").splitlines()[-6:]))
        stop(failed)


def make_venv() -> None:
    """Make .venv anew."""
    python = find_python()
    shutil.rmtree(VENV, ignore_errors=True)
    run([python, "-I", "-m", "venv", str(VENV)], f"{python} could not make .venv")
    STAMP.write_text(json.dumps({"root": str(ROOT)}))


def install(tier: str) -> None:
    """Install the locked packages of `tier`."""
    lock = ROOT / "locks" / (tier + ".txt")
    count = sum("==" in line for line in lock.read_text().splitlines())
    free = shutil.disk_usage(str(ROOT)).free // 1_000_000
    if free < NEED_MB[tier]:
        stop(f"needs {NEED_MB[tier]} MB of disk here, {free} MB are free")
    say(f"Installing {count} packages into .venv; a minute or two, once.")
    pip = [str(PYTHON), "-I", "-m", "pip", "install", "--quiet", "--retries=2"]
    pip += ["--require-hashes", "--only-binary=:all:", "--no-deps", "-r", str(lock)]
    run(pip, "could not install the packages. Is the network there? Then run it again.")


def install_lapel() -> None:
    """Make `import lapel` and `.venv/bin/lapel` work from the source tree."""
    site = next((VENV / "lib").glob("python3.*")) / "site-packages"
    (site / "lapel.pth").write_text(f"{ROOT / 'src'}\n")
    info = site / "lapel-0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Name: lapel\nVersion: {version()}\n")
    command = VENV / "bin" / "lapel"
    command.write_text(
        f'#!/bin/sh\nexec {shlex.quote(str(PYTHON))} -P -m lapel.cli "$@"\n'
    )
    command.chmod(0o755)


@contextlib.contextmanager
def alone() -> Generator[None]:
    """Hold the lock of set-up; wait for whoever has it."""
    import fcntl  # noqa: PLC0415 - so that Windows gets its message first

    folder = ROOT / ".cache"
    folder.mkdir(exist_ok=True)
    with (folder / "setup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Waiting for another set-up of this folder.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(tier: str) -> None:
    """Bring .venv to `tier`."""
    if stamps().get(tier) == digest(tier):
        return
    if os.name != "posix":
        stop("runs on Linux so far; on Windows use WSL")
    with alone():
        if stamps().get(tier) == digest(tier):
            return
        if not stamps():
            make_venv()
        install(tier)
        install_lapel()
        held = TIERS[: TIERS.index(tier) + 1]
        STAMP.write_text(json.dumps({**stamps(), **{t: digest(t) for t in held}}))


if __name__ == "__main__":
    if sys.argv[1:] not in [[tier] for tier in TIERS]:
        stop("usage: python3 tools/setup.py " + "|".join(TIERS))
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        stop("interrupted; run it again to go on")
    except OSError as error:
        stop(str(error))
