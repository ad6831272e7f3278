"""House rules that no linter knows: `python -m tools.rules`, part of `make check`.

1. No file of code, test or prose runs over 400 lines.
2. No path of one person's machine and no package registry's host stands in any file.
3. The locks were made from this pyproject.toml and name no registry.
4. `__init__.py` holds a docstring only.
5. Each threat of docs/reference/threats.yaml names a test, and that test exists.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools import lock, threats

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 400
JOINED = "src/lapel/proof/verify.html"
"""Joined by tools/verifier.py of files that each keep to the rule."""
COUNTED = {".py", ".js", ".css", ".html", ".md", ".toml", ".yaml"}
FOREIGN = re.compile(
    r"(?<![\w.])/(root|work|home/[a-z]\w*)/|pypi\.org|pythonhosted|npmjs|deb\.debian"
)


def texts() -> Iterator[tuple[str, str]]:
    """Yield path and text of every file that git keeps, or would keep."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    for name in listing.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file():
            yield name, path.read_bytes().decode(errors="ignore")


def long_files(name: str, text: str) -> Iterator[str]:
    """Rule 1."""
    lines = text.count("\n")
    generated = name.startswith("docs/reference/") or name == JOINED
    if Path(name).suffix in COUNTED and lines > LONGEST and not generated:
        yield f"{name}: {lines} lines, {LONGEST} are the most"


def foreign_words(name: str, text: str) -> Iterator[str]:
    """Rule 2; this file holds the pattern itself."""
    if name == "tools/rules.py":
        return
    for number, line in enumerate(text.splitlines(), 1):
        if found := FOREIGN.search(line):
            yield f"{name}:{number}: {found.group()}"


def locks() -> Iterator[str]:
    """Rule 3."""
    for tier in lock.stale():
        yield f"locks/{tier}.txt is not of this pyproject.toml: make lock"
    for path in [*(ROOT / "locks").glob("*.txt")]:
        if "://" in path.read_text():
            yield f"{path.name} names a registry"
    if '"resolved"' in (ROOT / "tests/node/package-lock.json").read_text():
        yield "tests/node/package-lock.json names a registry"


def full_init(name: str, text: str) -> Iterator[str]:
    """Rule 4."""
    if name.startswith("src/") and name.endswith("__init__.py"):
        body = ast.parse(text).body
        if len(body) != 1 or not ast.get_docstring(ast.parse(text)):
            yield f"{name}: holds more, or less, than a docstring"


def broken() -> Iterator[str]:
    """Yield one line for each break of a rule."""
    for name, text in texts():
        yield from long_files(name, text)
        yield from foreign_words(name, text)
        yield from full_init(name, text)
    yield from locks()
    yield from threats.unproved()


if __name__ == "__main__":
    lines = list(broken())
    print("\n".join(lines))
    sys.exit(1 if lines else 0)
