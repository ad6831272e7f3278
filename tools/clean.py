"""Remove all that the other targets made, and nothing else (`make clean`)."""

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MADE = (
    ".venv",
    ".cache",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
    ".coverage",
    "site",
    "tests/node/node_modules",
)


def cache() -> Path:
    """Where footage and the folders of past demos lie."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "lapel"


def main() -> None:
    """Remove, and name what was there."""
    for path in [*(ROOT / name for name in MADE), cache()]:
        if path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            continue
        print(f"removed {path}", file=sys.stderr)
    for folder in ("src", "tests", "tools", "benchmarks"):
        for path in (ROOT / folder).rglob("__pycache__"):
            shutil.rmtree(path)


if __name__ == "__main__":
    main()
