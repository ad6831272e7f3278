"""docs/reference/threats.yaml: what it says, and whether its tests exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict, cast

import yaml

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "reference" / "threats.yaml"


class Threat(TypedDict):
    """One entry: origin, what is tried, what prevents it, tests that show it."""

    id: str
    boundary: str
    threat: str
    prevention: str
    test: list[str]


def threats() -> list[Threat]:
    """Read the file."""
    return cast("list[Threat]", yaml.safe_load(FILE.read_text()))


def exists(test: str) -> bool:
    """Tell whether `tests/x/test_y.py::test_z` is there."""
    file, _, function = test.partition("::")
    path = ROOT / file
    text = path.read_text() if path.is_file() else ""
    return function in re.findall(r"^ *(?:async )?def (\w+)\(", text, re.MULTILINE)


def unproved() -> Iterator[str]:
    """Yield a line for each entry that is not whole, or whose test does not exist."""
    seen: set[str] = set()
    for entry in threats():
        name = f"{FILE.name}: {entry.get('id')}"
        if set(entry) != set(Threat.__annotations__) or entry["id"] in seen:
            yield f"{name}: fields missing, or named twice"
            continue
        seen.add(entry["id"])
        if not entry["test"]:
            yield f"{name} names no test"
        for test in entry["test"]:
            if not exists(test):
                yield f"{name}: no such test: {test}"
