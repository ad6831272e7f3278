"""Licences are read from what is installed and held against a list."""

import pytest

from tools import licences


@pytest.mark.parametrize(
    ("expression", "good"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("(Apache-2.0 OR MIT) AND PSF-2.0", True),
        ("(Apache-2.0 OR MIT) AND GPL-3.0-only", False),
        ("GPL-3.0-only AND (Apache-2.0 OR MIT)", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_an_expression_is_allowed_by_one_alternative(
    expression: str, *, good: bool
) -> None:
    assert licences.allowed(expression) is good


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("MIT License", "MIT"),
        ("Apache Software License", "Apache-2.0"),
        ("3-Clause BSD License", "BSD-3-Clause"),
        ("", "unknown"),
        ("Proprietary", "Proprietary"),
    ],
)
def test_older_spellings_become_spdx(words: str, name: str) -> None:
    assert licences.spdx(words) == name


def test_a_package_that_is_not_here_has_no_licence_to_judge() -> None:
    assert licences.licence("no-such-package-at-all") == ""


def test_every_locked_package_stands_once() -> None:
    found = licences.locked()
    assert found["cryptography"][1] == "demo"
    assert found["pytest"][1] == "test"
    assert found["ruff"][1] == "all"
