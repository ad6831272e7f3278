"""Gather changelog fragments; without arguments, print what they would say.

`python3 tools/changelog.py 0.2.0 2027-01-31` puts them on top of CHANGELOG.md under
that version and date, and removes them. changelog/README.md has the convention.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / "CHANGELOG.md"
KINDS = ("security", "added", "changed", "fixed", "removed")
TITLE = "# Changelog\n"


def fragments() -> list[Path]:
    """List the fragments; a file named otherwise is an error."""
    found = [p for p in sorted((ROOT / "changelog").iterdir()) if p.name != "README.md"]
    for path in found:
        if len(path.name.split(".")) != 3 or path.name.split(".")[1] not in KINDS:
            sys.exit(f"{path.name}: name it WORD.KIND.md, KIND of {', '.join(KINDS)}")
    return found


def section(version: str, date: str) -> str:
    """Write one release: its fragments by kind."""
    text = f"\n## {version}, {date}\n"
    for kind in KINDS:
        mine = [p for p in fragments() if p.name.split(".")[1] == kind]
        if mine:
            text += f"\n### {kind.capitalize()}\n\n"
        for path in mine:
            text += "- " + " ".join(path.read_text().split()) + "\n"
    return text


def main(arguments: list[str]) -> None:
    """Print, or release."""
    if len(arguments) != 2:
        print(section("next", "not released"), end="")
        return
    old = LOG.read_text().removeprefix(TITLE) if LOG.exists() else ""
    LOG.write_text(TITLE + section(*arguments) + old)
    for path in fragments():
        path.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
