"""Those who look after accounts: roles, groups, invitations, and what stops them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.base.permissions import (
    Allowed,
    Denied,
    Permission,
    covered,
    decide,
    with_needs,
)
from lapel.evidence.custody import service as custody
from lapel.evidence.people import rules
from lapel.evidence.people.model import (
    BUILT_IN,
    Author,
    Credentials,
    Invitation,
    Person,
    Role,
)
from lapel.evidence.people.service import People
from lapel.ports.system import system_entropy
from lapel.sim.agency import founded
from lapel.sim.clock import ManualClock
from tests.evidence.world import PASSWORD

GOOD = PASSWORD
HERE = "127.0.0.1"
NOBODY = Person("p", "t", "n", "N", (), "system", has_password=True)
SETS = st.frozensets(st.sampled_from(list(Permission))).map(with_needs)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    clock = ManualClock(1_795_000_000_000)
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        made.site.people.enrol(made.secret, GOOD, HERE)
        yield made.site.people


def author(people: People, name: str = "admin") -> Author:
    found = people.named(name)
    assert found is not None
    return Author(found, HERE)


def joined(people: People, name: str, *roles: str) -> Person:
    """Invite somebody, who sets a password."""
    new = Invitation(name, name.title(), frozenset(roles), frozenset())
    person, secret = people.staff.invite(new, author(people))
    people.enrol(secret, GOOD, HERE)
    return person


def lead(people: People) -> Author:
    """Give somebody who looks after people and may do little else."""
    may = {Permission.EDIT_PEOPLE, Permission.ROLES, Permission.EDIT, Permission.VIEW}
    wanted = frozenset(may)
    made = people.roles.keep(None, "shift lead", wanted, author(people))
    joined(people, "lee", made)
    return author(people, "lee")


def last_act(people: People) -> tuple[str, dict[int, str]]:
    with people.database.read() as connection:
        (act,) = custody.latest(connection, people.tenant, None, 1)
    return act.action, dict(act.texts)


def refused(reason: str) -> "pytest.RaisesExc[RefusedError]":
    return pytest.raises(RefusedError, check=lambda error: error.reason == reason)


def test_somebody_with_two_roles_may_do_what_either_allows(people: People) -> None:
    made = joined(people, "jo", "officer", "auditor")
    assert made.permissions == Role.OFFICER.permissions | Role.AUDITOR.permissions
    assert made.role == "officer, auditor"


def test_roles_that_are_set_end_the_sessions_and_are_logged(people: People) -> None:
    made = joined(people, "jo", "officer")
    ticket = people.sign_in(Credentials("jo", GOOD, HERE))
    people.staff.set_roles(made.id, frozenset({"evidence clerk"}), author(people))
    assert people.session(ticket.secret) is None
    action, texts = last_act(people)
    assert action == "user.roles-set"
    assert (texts[3], texts[4], texts[5]) == ("evidence clerk", "officer", "Jo")
    assert texts[1] == "Administrator"


def test_what_is_set_as_it_was_changes_and_logs_nothing(people: People) -> None:
    made = joined(people, "jo", "officer")
    before = last_act(people)
    staff, by = people.staff, author(people)
    staff.set_roles(made.id, frozenset({"officer"}), by)
    staff.set_groups(made.id, frozenset(), by)
    staff.rename(made.id, "Jo", by)
    staff.reopen(made.id, by)
    assert last_act(people) == before


def test_nobody_gives_a_role_with_a_permission_they_lack(people: People) -> None:
    by = lead(people)
    new = Invitation("mo", "Mo", frozenset({"administrator"}), frozenset())
    with refused("more"):
        people.staff.invite(new, by)
    people.staff.invite(replace(new, roles=frozenset({"officer"})), by)
    with refused("more"):
        people.staff.set_roles(by.person.id, frozenset({"administrator"}), by)
    with refused("more"):
        people.roles.keep(None, "all", frozenset(Permission), by)


def test_nobody_touches_an_account_that_may_do_more(people: People) -> None:
    by, staff = lead(people), people.staff
    above = author(people).person.id
    for act in (
        lambda: staff.link_for(above, by),
        lambda: staff.close(above, by),
        lambda: staff.rename(above, "Nobody", by),
        lambda: staff.set_groups(above, frozenset(), by),
        lambda: staff.set_roles(above, frozenset({"officer"}), by),
        lambda: staff.reopen(above, by),
    ):
        with refused("more"):
            act()


def test_the_last_administrator_keeps_the_role(people: People) -> None:
    by = author(people)
    with refused("last"):
        people.staff.set_roles(by.person.id, frozenset({"officer"}), by)
    with refused("last"):
        people.staff.close(by.person.id, by)
    second = joined(people, "second", "administrator")
    people.staff.set_roles(by.person.id, frozenset({"officer"}), by)
    with refused("last"):
        people.staff.close(second.id, author(people, "second"))


def test_a_closed_account_opens_again_with_its_rights(people: People) -> None:
    made, by = joined(people, "jo", "officer"), author(people)
    ticket = people.sign_in(Credentials("jo", GOOD, HERE))
    people.staff.close(made.id, by)
    assert people.session(ticket.secret) is None
    with refused("closed"):
        people.staff.link_for(made.id, by)
    with pytest.raises(ConflictError):
        people.staff.invite(
            Invitation("jo", "J", frozenset({"officer"}), frozenset()), by
        )
    people.staff.reopen(made.id, by)
    assert people.sign_in(Credentials("jo", GOOD, HERE)).secret
    assert people.session(ticket.secret) is None


def test_a_role_of_the_agency_has_what_its_permissions_need(people: People) -> None:
    made = people.roles.keep(
        None, "porter", frozenset({Permission.DOWNLOAD}), author(people)
    )
    expected = with_needs({Permission.DOWNLOAD})
    assert people.roles.one(made).permissions == expected
    holder = joined(people, "jo", made)
    assert holder.may(Permission.FIND)
    people.roles.keep(made, "porter", frozenset({Permission.FIND}), author(people))
    after = people.find(holder.id)
    assert after is not None
    assert not after.may(Permission.DOWNLOAD)


def test_a_role_that_somebody_has_stays(people: People) -> None:
    by, wanted = author(people), frozenset({Permission.FIND})
    made = people.roles.keep(None, "finder", wanted, by)
    joined(people, "jo", made)
    with refused("used"):
        people.roles.remove(made, by)
    free = people.roles.keep(None, "free", wanted, by)
    people.roles.remove(free, by)
    with pytest.raises(NotFoundError):
        people.roles.one(free)


@pytest.mark.parametrize("role", BUILT_IN, ids=lambda role: role.id)
def test_the_roles_of_every_agency_cannot_be_changed(
    people: People, role: Role
) -> None:
    by = author(people)
    with refused("built-in"):
        people.roles.keep(role.id, "other", frozenset({Permission.FIND}), by)
    with refused("built-in"):
        people.roles.remove(role.id, by)
    with pytest.raises(ConflictError):
        people.roles.keep(None, role.name.upper(), frozenset({Permission.FIND}), by)


def test_groups_are_made_changed_and_removed(people: People) -> None:
    made, by = joined(people, "jo", "officer"), author(people)
    group = people.groups.keep(None, "night shift", frozenset({made.id}), by)
    assert people.staff.one(made.id)[1] == {group}
    assert last_act(people)[1][3] == "Jo"
    people.staff.set_groups(made.id, frozenset(), by)
    assert people.groups.one(group).members == frozenset()
    with pytest.raises(ConflictError):
        people.groups.keep(None, "Night Shift", frozenset(), by)
    people.staff.set_groups(made.id, frozenset({group}), by)
    people.groups.remove(group, by)
    assert people.staff.one(made.id)[1] == frozenset()
    with pytest.raises(NotFoundError):
        people.groups.one(group)


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "\x00", "a\nb", "\u202e"])
def test_names_that_are_none_are_refused(people: People, name: str) -> None:
    new = Invitation(name, name, frozenset({"officer"}), frozenset())
    with refused("name"):
        people.staff.invite(new, author(people))


def test_what_is_not_there_is_not_found(people: People) -> None:
    by, staff = author(people), people.staff
    new = Invitation("jo", "Jo", frozenset({"officer"}), frozenset())
    for act in (
        lambda: staff.one("x"),
        lambda: staff.invite(replace(new, roles=frozenset({"x"})), by),
        lambda: staff.invite(replace(new, groups=frozenset({"x"})), by),
        lambda: staff.close("x", by),
        lambda: people.groups.keep("x", "name", frozenset(), by),
        lambda: people.groups.keep(None, "name", frozenset({"x"}), by),
        lambda: people.roles.keep("x", "name", frozenset({Permission.FIND}), by),
        lambda: people.roles.remove("x", by),
    ):
        with pytest.raises(NotFoundError):
            act()
    with refused("role"):
        staff.invite(replace(new, roles=frozenset()), by)
    with refused("empty"):
        people.roles.keep(None, "name", frozenset(), by)


@given(SETS, SETS)
def test_one_gives_exactly_what_one_has(
    mine: frozenset[Permission], given_: frozenset[Permission]
) -> None:
    by = replace(NOBODY, roles=(Role("r", "r", mine),))
    judged = rules.may_give(by, given_)
    assert isinstance(judged, Allowed) == (given_ <= covered(mine))
    if isinstance(judged, Denied):
        assert all(one in judged.reason for one in given_ - covered(mine))


@given(SETS, st.sampled_from(list(Permission)))
def test_a_decision_names_what_is_lacking(
    held: frozenset[Permission], wanted: Permission
) -> None:
    judged = decide(held, wanted)
    assert judged == (Allowed() if wanted in held else Denied(f"lacks {wanted}"))
    assert replace(NOBODY, roles=(Role("r", "r", held),)).decide(wanted) == judged


@given(st.text(max_size=200))
def test_a_line_is_one_line_or_nothing(text: str) -> None:
    found = rules.line(text, 80)
    if found is not None:
        assert found == " ".join(found.split())
        assert 1 <= len(found) <= 80
        assert found.isprintable()
