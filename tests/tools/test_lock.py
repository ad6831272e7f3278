"""Locks hold every package by hash and name no registry."""

import re

import pytest

from tools import lock

TIERS = list(lock.TIERS)


def packages(tier: str) -> dict[str, str]:
    """Map each `name==version` of a lock to its whole entry."""
    text = lock.path(tier).read_text()
    entries = re.split(r"\n(?=[a-z])", text)[1:]
    return {entry.split()[0]: entry for entry in entries}


@pytest.mark.parametrize("tier", TIERS)
def test_every_locked_package_has_hashes(tier: str) -> None:
    for name, entry in packages(tier).items():
        assert "--hash=sha256:" in entry, name


@pytest.mark.parametrize("tier", TIERS)
def test_no_lock_names_a_registry(tier: str) -> None:
    assert "://" not in lock.path(tier).read_text()


def test_each_tier_holds_the_narrower_one_as_it_is() -> None:
    whole, test, demo = (packages(tier).keys() for tier in ("all", "test", "demo"))
    assert demo <= test <= whole


def test_locks_were_made_from_this_pyproject() -> None:
    assert lock.stale() == []


def test_the_demo_takes_no_test_or_check_packages() -> None:
    names = {package.split("==")[0] for package in packages("demo")}
    assert not {"pytest", "ruff", "mypy", "cbor2", "playwright"} & names
