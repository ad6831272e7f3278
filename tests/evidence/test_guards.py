"""Who may do what with which recording: the rule, and the same rule as SQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lapel.base.permissions import (
    SCOPED,
    Deed,
    Permission,
    Scope,
    covered,
    reach,
    with_needs,
)
from lapel.evidence.items import rules
from lapel.evidence.items import service as items
from lapel.evidence.items.model import Eyes, Guard, Search, Whose
from lapel.evidence.store.database import Quiet
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from lapel.sim.forge import Media, Story

NOW: Final = 1_795_000_000_000
CAMERA: Final = "X81004417"
ALL: Final = frozenset(Permission)
HERE: Final = "http://127.0.0.1:8600"


# ---- The rule


def held(scope: Scope | None, deed: Deed, *more: Permission) -> frozenset[Permission]:
    found = set(more) if scope is None else {*more, SCOPED[deed][scope]}
    return frozenset(found)


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("scope", [None, *Scope])
@pytest.mark.parametrize("by", ["me", "mate", "other", ""])
def test_every_scope_reaches_what_it_says(
    scope: Scope | None, deed: Deed, by: str
) -> None:
    eyes = Eyes("me", held(scope, deed), frozenset({"me", "mate"}))
    wanted = {
        None: set[str](),
        Scope.OWN: {"me"},
        Scope.GROUP: {"me", "mate"},
        Scope.ANY: {"me", "mate", "other", ""},
    }[scope]
    assert rules.may(eyes, deed, Whose(by)) == (by in wanted)


MAY: Final = [
    frozenset(some)
    for count in range(3)
    for some in combinations([Permission.RESTRICTED, Permission.CONFIDENTIAL], count)
]


@pytest.mark.parametrize(
    ("guard", "may", "named", "deed", "scope"),
    list(product(Guard, MAY, [False, True], Deed, [None, Scope.OWN, Scope.ANY])),
)
def test_every_guard_opens_to_whom_it_says(
    guard: Guard,
    may: frozenset[Permission],
    named: bool,  # noqa: FBT001  # one of a table's columns
    deed: Deed,
    scope: Scope | None,
) -> None:
    eyes = Eyes("me", held(scope, deed, *may))
    whose = Whose("me", guard, frozenset({"me"} if named else ()))
    through = {
        Guard.OPEN: True,
        Guard.RESTRICTED: Permission.RESTRICTED in may,
        Guard.CONFIDENTIAL: Permission.CONFIDENTIAL in may,
    }[guard]
    if named and deed in {Deed.FIND, Deed.WATCH}:
        assert rules.may(eyes, deed, whose)
    else:
        assert rules.may(eyes, deed, whose) == (
            scope is not None and (through or named)
        )


@given(st.frozensets(st.sampled_from(Permission)))
def test_a_wider_scope_has_the_narrower_in_it(some: frozenset[Permission]) -> None:
    more = covered(some)
    assert some <= more == covered(more)
    for deed in Deed:
        assert reach(some, deed) == reach(more, deed)
        widest = reach(some, deed)
        order = list(Scope)
        for scope in Scope:
            inside = widest is not None and order.index(scope) <= order.index(widest)
            assert (SCOPED[deed][scope] in more) == inside


def test_what_a_deed_needs_is_needed_in_its_own_scope() -> None:
    for deed, scope in product(Deed, Scope):
        needed = with_needs({SCOPED[deed][scope]})
        assert {one.partition(":")[0] for one in needed} == {str(scope)}


# ---- The same rule as SQL

PEOPLE: Final = ("me", "mate", "other")


@dataclass(frozen=True)
class Made:
    """A recording of the world below: whose it is, its guard, who is named."""

    by: str
    guard: Guard
    named: frozenset[str]


MADE: Final = st.builds(
    Made,
    st.sampled_from([*PEOPLE, ""]),
    st.sampled_from(Guard),
    st.frozensets(st.sampled_from(PEOPLE)),
)
SEEING: Final = st.frozensets(
    st.sampled_from(
        [
            *(SCOPED[Deed.FIND][scope] for scope in Scope),
            Permission.RESTRICTED,
            Permission.CONFIDENTIAL,
        ]
    )
)


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, film: Media
) -> Iterator[tuple[Agency, list[bytes]]]:
    folder = tmp_path_factory.mktemp("guards") / "evidence"
    with founded(folder, ManualClock(NOW), system_entropy) as agency:
        made: list[bytes] = []
        for number in range(6):
            story = Story(bytes([number]) * 16, NOW - 60_000 * number)
            agency.take_in(agency.record(film, story, CAMERA))
            made.append(bytes([number]) * 16)
        yield agency, made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(made=st.lists(MADE, min_size=6, max_size=6), seeing=SEEING)
def test_what_is_found_is_what_the_rule_allows(
    world: tuple[Agency, list[bytes]], made: list[Made], seeing: frozenset[Permission]
) -> None:
    agency, ids = world
    tenant = agency.site.tenant.id
    with agency.site.database.write(Quiet.SETUP) as connection:
        connection.exec_driver_sql("DELETE FROM recording_access")
        for one, recording in zip(made, ids, strict=True):
            connection.exec_driver_sql(
                "UPDATE recordings SET person = ?, guard = ? WHERE id = ?",
                (one.by, int(one.guard), recording),
            )
            for person in one.named:
                connection.exec_driver_sql(
                    "INSERT INTO recording_access"
                    " SELECT number, ? FROM recordings WHERE id = ?",
                    (person, recording),
                )
    eyes = Eyes("me", seeing, frozenset({"me", "mate"}))
    with agency.site.database.read() as connection:
        page = items.search(connection, tenant, eyes, Search(), None)
        counts = items.counts(connection, tenant, eyes)
        hidden = items.hidden(connection, tenant, eyes, frozenset(ids))
        asked = {
            one.id: items.may(connection, eyes, Deed.FIND, one)
            for one in (items.find(connection, tenant, each) for each in ids)
            if one is not None
        }
    allowed = {
        recording
        for one, recording in zip(made, ids, strict=True)
        if rules.may(eyes, Deed.FIND, Whose(one.by, one.guard, one.named))
    }
    assert {one.id for one in page.items} == allowed
    assert counts.everything == counts.needs == len(allowed)
    assert hidden == set(ids) - allowed
    assert {one for one, may in asked.items() if may} == allowed
