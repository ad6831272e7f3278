"""Make the lock files anew from pyproject.toml (`make lock`).

One resolution for all: the widest tier is resolved, the narrower ones are held to it.
Every line carries hashes; no line names a registry. Each file's first line holds the
digest of what it was made from, so that `make check` sees a stale lock without network.
"""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIERS = {"all": ("check", "docs"), "test": ("test",), "demo": ("demo",)}
"""Lock files, widest first, and the extras that each holds."""


def path(tier: str) -> Path:
    """Where the lock of `tier` lies."""
    return ROOT / "locks" / f"{tier}.txt"


def source_digest() -> str:
    """Digest of everything in pyproject.toml that the locks follow from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    keys = ("requires-python", "dependencies", "optional-dependencies")
    text = json.dumps([project[key] for key in keys], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def stale() -> list[str]:
    """Tiers whose lock was made from another pyproject.toml."""
    mark = f"# from pyproject.toml {source_digest()}\n"
    return [t for t in TIERS if not path(t).read_text().startswith(mark)]


def make(tier: str, *, upgrade: bool) -> None:
    """Resolve one tier and write its lock."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml"]
    command += ["--quiet", "--no-header"]
    command += ["--universal", "--python-version", "3.11"]
    command += ["--fork-strategy", "fewest", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-emit-find-links"]
    command += [f"--extra={extra}" for extra in TIERS[tier]]
    if tier != "all":
        command += ["--constraint", "locks/all.txt"]
    if upgrade:
        command += ["--upgrade"]
    file = path(tier)
    file.parent.mkdir(exist_ok=True)
    command += ["--output-file", str(file.relative_to(ROOT))]
    subprocess.run(command, cwd=ROOT, check=True)
    body = "".join(
        line
        for line in file.read_text().splitlines(keepends=True)
        if not line.lstrip().startswith("#")
    )
    file.write_text(f"# from pyproject.toml {source_digest()}\n{body}")


if __name__ == "__main__":
    for name in TIERS:
        make(name, upgrade="--upgrade" in sys.argv[1:])
