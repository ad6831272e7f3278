"""Golden vectors, made by an independent program."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lapel.crypto.certs import Certificate
from lapel.sim.forge import Media

VECTORS = Path(__file__).parent / "vectors"


@dataclass(frozen=True)
class Case:
    """One case: what goes in and what must come out."""

    name: str
    given: Any
    out: Any

    def raw(self, name: str) -> bytes:
        return bytes.fromhex(self.given[name])

    def expected(self, name: str) -> bytes:
        return bytes.fromhex(self.out[name])


@cache
def cases(name: str) -> tuple[Case, ...]:
    """All cases of a vector file."""
    read = json.loads((VECTORS / f"{name}.json").read_text())
    return tuple(Case(c["name"], c["in"], c["out"]) for c in read["cases"])


def each(name: str, *beginnings: str) -> pytest.MarkDecorator:
    """Parametrise a test with the cases whose names begin so."""
    chosen = [c for c in cases(name) if not beginnings or c.name.startswith(beginnings)]
    return among(chosen)


def among(chosen: Sequence[Case]) -> pytest.MarkDecorator:
    """Parametrise a test with these cases; there must be some."""
    if not chosen:
        raise LookupError("no golden case of that name")
    return pytest.mark.parametrize("case", chosen, ids=[c.name for c in chosen])


def recording() -> Case:
    """The recording that other vectors are made from."""
    return cases("recording")[0]


def trusted_ca() -> Certificate:
    """The CA of that recording."""
    return Certificate.from_der(recording().raw("trusted_ca"))


def media() -> Media:
    """The media of that recording."""
    case = recording()
    units = tuple(bytes.fromhex(unit) for unit in case.given["units"])
    return Media(case.raw("init"), units, (0, 1000, 2000))
