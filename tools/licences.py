"""Licences of everything in the locks: allowed or not, and the page that lists them.

`python tools/licences.py` checks; with `--write` it writes docs/reference/licences.md.
Read from what is installed (tier `all`); those that other systems need stand below.
"""

import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "licences.md"
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "HPND",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "PSF-2.0",
    "Python-2.0",
    "Unlicense",
    "Zlib",
}
NAMED = {"libusb1": "LGPL-2.1-or-later"}
"""Packages beyond the list that were looked at one by one; the page says why."""
ELSEWHERE = {
    "colorama": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
    "pyobjc": "MIT",
    "winrt": "MIT",
}
"""What only Windows or macOS needs, by the first part of its name."""
PREFIX = "License :: "
SPELLINGS = {
    "apache": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "isc": "ISC",
    "mit": "MIT",
    "mozilla": "MPL-2.0",
    "mpl": "MPL-2.0",
    "psf": "PSF-2.0",
    "python software": "PSF-2.0",
    "unlicense": "Unlicense",
}
LINE = re.compile(r"^([\w.-]+)(?:\[.*\])?==(\S+)", re.MULTILINE)
HEAD = """# Licences

Made by `make docs` from what is installed; `make check` fails when a licence is not on
the allow-list of `tools/licences.py`. *Demo* is what `make demo` installs, *test* what
`make test` adds, *all* what checking and documentation add.

Lapel itself is Apache-2.0. Three things to know beside the table:

- The wheels of **av** (PyAV) carry FFmpeg built with **libx264** and **libx265**, which
  are **GPL-2.0-or-later**. Lapel calls PyAV and ships no wheel. Who ships a device or
  an image with these wheels ships GPL software and must keep to its terms, or build
  PyAV against another FFmpeg.
- **libusb1**, which bumble (extra `radio`) brings for USB adapters, is
  **LGPL-2.1-or-later**. It is a separate package that anyone can replace; Lapel does
  not use it.
- **playwright** carries its own Node.js (MIT and others); it serves tests only.

Part of Lapel and of another's making: the list of frequent passwords in
`src/lapel/evidence/people/common.txt.gz` is that of **zxcvbn** 4.5.0, MIT, whose notice
is at its beginning.

The clips of real footage that the demo fetches into the user's cache are not part of
Lapel: *Big Buck Bunny*, Blender Foundation, CC BY 3.0; *vtest.avi*, OpenCV samples.

| package | version | licence | first in |
|---|---|---|---|
"""


def locked() -> dict[str, tuple[str, str]]:
    """Map each locked package to its version and the narrowest tier that has it."""
    found: dict[str, tuple[str, str]] = {}
    for tier in ("demo", "test", "all"):
        text = (ROOT / "locks" / f"{tier}.txt").read_text()
        for name, version in LINE.findall(text):
            found.setdefault(name, (version, tier))
    return found


def licence(name: str) -> str:
    """Read a package's licence as an SPDX expression; "" when nothing is known."""
    first = name.split("-", maxsplit=1)[0]
    if first in ELSEWHERE:
        return ELSEWHERE[first]
    try:
        facts = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        return ""
    if expression := facts.get("license_expression"):
        return str(expression)
    words = [c.split(" :: ")[-1] for c in facts.get("classifier", []) if PREFIX in c]
    line = str(facts.get("license", "")).strip().split("\n")[0]
    names = [spdx(word) for word in words if word != "DFSG approved"]
    return " OR ".join(dict.fromkeys(names or [spdx(line)]))


def spdx(words: str) -> str:
    """Turn older spellings into SPDX."""
    if words in ALLOWED:
        return words
    for part, name in SPELLINGS.items():
        if part in words.lower():
            return name
    return words or "unknown"


def allowed(expression: str) -> bool:
    """Tell whether the list covers the expression; in doubt it does not."""
    if "(" in expression:
        parts = re.split(r"\s+AND\s+", expression)
        return all(allowed(part.strip("()")) for part in parts)
    for choice in re.split(r"\s+OR\s+", expression):
        if all(part in ALLOWED for part in re.split(r"\s+AND\s+", choice)):
            return True
    return False


def page() -> str:
    """Build the page."""
    lines = [
        f"| {name} | {version} | {licence(name)} | {tier} |\n"
        for name, (version, tier) in sorted(locked().items())
    ]
    return HEAD + "".join(lines)


def main() -> int:
    """Check, or write the page."""
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page())
    found = {name: licence(name) for name in locked()}
    wrong = {
        name: text
        for name, text in found.items()
        if not allowed(text) and NAMED.get(name) != text
    }
    for name, text in wrong.items():
        print(f"{name}: {text}: not on the allow-list of tools/licences.py")
    if not PAGE.exists() or PAGE.read_text() != page():
        print(f"{PAGE.relative_to(ROOT)} is not current: make docs")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
