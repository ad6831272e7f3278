"""Permissions: how they are written, and what they need."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.permissions import NEEDS, Permission, with_needs

SETS = st.frozensets(st.sampled_from(list(Permission)))


def test_each_permission_is_scope_resource_and_action() -> None:
    for permission in Permission:
        assert re.fullmatch(r"(any|group|own)(:[a-z]+(-[a-z]+)*){2}", permission)


def test_downloading_needs_watching_which_needs_finding() -> None:
    expected = {Permission.DOWNLOAD, Permission.WATCH, Permission.FIND}
    assert with_needs([Permission.DOWNLOAD]) == expected


@pytest.mark.parametrize("permission", list(Permission))
def test_no_permission_needs_itself(permission: Permission) -> None:
    assert permission not in with_needs(NEEDS.get(permission, ()))


@given(SETS)
def test_what_is_needed_is_there_and_nothing_is_lost(
    wanted: frozenset[Permission],
) -> None:
    found = with_needs(wanted)
    assert wanted <= found
    assert all(NEEDS.get(one, frozenset()) <= found for one in found)
    assert with_needs(found) == found


@given(SETS, SETS)
def test_two_sets_need_together_what_each_needs(
    one: frozenset[Permission], other: frozenset[Permission]
) -> None:
    assert with_needs(one | other) == with_needs(one) | with_needs(other)
