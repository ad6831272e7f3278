"""People: links, passwords, rests, sessions."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.evidence import start
from lapel.evidence.custody import service as custody
from lapel.evidence.people import rules
from lapel.evidence.people.model import Attempts, Credentials, Role
from lapel.evidence.people.service import People
from lapel.ports.system import system_entropy
from lapel.sim.agency import AGENCY, Agency, founded
from lapel.sim.clock import ManualClock
from tests.evidence.world import PASSWORD

GOOD = PASSWORD
HERE = "127.0.0.1"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000_000)


@pytest.fixture
def settled(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        yield made


@pytest.fixture
def people(settled: Agency) -> People:
    found = settled.site.people
    found.enrol(settled.secret, GOOD, HERE)
    return found


def typed(password: str, name: str = "admin", address: str = HERE) -> Credentials:
    return Credentials(name, password, address)


def test_a_link_sets_a_password_once(settled: Agency) -> None:
    people, secret = settled.site.people, settled.secret
    ticket = people.enrol(secret, GOOD, HERE)
    assert people.session(ticket.secret) is not None
    with pytest.raises(NotFoundError):
        people.enrol(secret, GOOD, HERE)


def test_a_password_that_was_set_ends_every_other_link(settled: Agency) -> None:
    people, first = settled.site.people, settled.secret
    second = people.link_for("admin")
    people.enrol(second, GOOD, HERE)
    with pytest.raises(NotFoundError):
        people.enrol(first, "another velvet anchor plum", HERE)


def test_a_start_gives_a_link_until_a_password_is_set(
    settled: Agency, clock: ManualClock
) -> None:
    root = settled.site.ground.folder.root
    again = start.prepare(root, AGENCY, clock, system_entropy)
    assert again.secret is not None
    settled.site.people.enrol(again.secret, GOOD, HERE)
    third = start.prepare(root, AGENCY, clock, system_entropy)
    assert third.secret is None


def test_tries_at_the_same_time_are_counted_one_by_one(people: People) -> None:
    words = ["wrong velvet anchor plum"] * rules.ACCOUNT_TRIES + [GOOD] * 2

    def knock(password: str) -> str:
        try:
            people.sign_in(typed(password))
        except RefusedError as error:
            return error.reason
        return "in"

    with ThreadPoolExecutor(1) as threads:
        said = list(threads.map(knock, words))
    assert said[-2:] == ["rests", "rests"]
    with ThreadPoolExecutor(len(words)) as threads:
        assert set(threads.map(knock, words)) == {"rests"}


def test_old_tries_and_links_are_swept(people: People, clock: ManualClock) -> None:
    with pytest.raises(RefusedError):
        people.sign_in(typed("wrong velvet anchor plum", "nobody"))
    people.link_for("admin")
    clock.go_on(rules.ENROL_MS + rules.WINDOW_MS)
    people.sweep()
    with people.database.read() as connection:
        for name in ("attempts", "links", "sessions"):
            count = connection.execute(text(f"SELECT count(*) FROM {name}"))  # noqa: S608
            assert count.scalar_one() == 0, name


def second_administrator(people: People) -> None:
    secret = people.invite("second", "Second", Role.ADMINISTRATOR)
    people.enrol(secret, GOOD, HERE)


def test_the_last_who_can_administer_is_not_closed(people: People) -> None:
    people.invite("invited", "Invited", Role.ADMINISTRATOR)
    clerk = people.invite("clerk", "Clerk", Role.CLERK)
    people.enrol(clerk, GOOD, HERE)
    ticket = people.sign_in(typed(GOOD))
    with pytest.raises(RefusedError) as refused:
        people.close("admin")
    assert refused.value.reason == "last"
    assert people.session(ticket.secret) is not None
    second_administrator(people)
    people.close("admin")
    with pytest.raises(RefusedError):
        people.close("second")
    people.close("invited")
    people.close("clerk")


def test_two_administrators_closed_at_once_leave_one(people: People) -> None:
    second_administrator(people)

    def close(name: str) -> bool:
        try:
            people.close(name)
        except RefusedError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        closed = list(pool.map(close, ("admin", "second")))
    assert sorted(closed) == [False, True]


def test_a_closed_account_is_closed_at_once_and_logged(people: People) -> None:
    second_administrator(people)
    secret = people.link_for("admin")
    people.close("admin")
    with pytest.raises(NotFoundError):
        people.peek(secret)
    with people.database.read() as connection:
        (act,) = custody.latest(connection, people.tenant, None, 1)
    assert act.action == "user.closed"


def test_a_link_ends_by_itself(settled: Agency, clock: ManualClock) -> None:
    clock.go_on(rules.ENROL_MS)
    with pytest.raises(NotFoundError):
        settled.site.people.peek(settled.secret)


def test_there_is_no_password_before_one_was_set(settled: Agency) -> None:
    for password in ("", "admin", "password"):
        with pytest.raises(RefusedError):
            settled.site.people.sign_in(typed(password))


def test_a_sign_in_link_works_once_and_briefly(
    people: People, clock: ManualClock
) -> None:
    secret = people.link_for("ADMIN ")
    assert people.enter(secret, HERE).session.person.name == "admin"
    with pytest.raises(NotFoundError):
        people.enter(secret, HERE)
    late = people.link_for("admin")
    clock.go_on(rules.SIGN_IN_MS)
    with pytest.raises(NotFoundError):
        people.enter(late, HERE)


def test_an_account_rests_after_its_tries_and_wakes(
    people: People, clock: ManualClock
) -> None:
    left: list[str] = []
    for _ in range(rules.ACCOUNT_TRIES):
        with pytest.raises(RefusedError) as error:
            people.sign_in(typed("wrong wrong wrong"))
        left.append(error.value.reason)
    assert left == ["wrong"] * (rules.ACCOUNT_TRIES - 1) + ["rests"]
    with pytest.raises(RefusedError) as error:
        people.sign_in(typed(GOOD))
    assert error.value.reason == "rests"
    clock.go_on(rules.REST_MS + 1)
    assert people.sign_in(typed(GOOD)).session.person.name == "admin"


def test_an_unknown_name_is_answered_like_a_wrong_password(people: People) -> None:
    told: set[tuple[str, str]] = set()
    for name in ("admin", "nobody"):
        with pytest.raises(RefusedError) as error:
            people.sign_in(typed("wrong wrong wrong", name))
        told.add((error.value.reason, str(error.value)))
    assert len(told) == 1


def test_an_address_rests_too(people: People) -> None:
    for number in range(rules.ADDRESS_TRIES):
        with pytest.raises(RefusedError):
            people.sign_in(typed("wrong wrong wrong", f"name{number}", "192.0.2.9"))
    with pytest.raises(RefusedError) as error:
        people.sign_in(typed(GOOD, address="192.0.2.9"))
    assert error.value.reason == "rests"
    assert people.sign_in(typed(GOOD)).secret


def test_sessions_die_at_once(people: People) -> None:
    ticket = people.sign_in(typed(GOOD))
    people.sign_out(ticket.session, HERE)
    assert people.session(ticket.secret) is None
    other = people.sign_in(typed(GOOD))
    second_administrator(people)
    people.close("admin")
    assert people.session(other.secret) is None


def test_sessions_end_by_themselves(people: People, clock: ManualClock) -> None:
    ticket = people.sign_in(typed(GOOD))
    clock.go_on(30 * 60_000 - 1)
    assert people.session(ticket.secret) is not None
    clock.go_on(30 * 60_000)
    assert people.session(ticket.secret) is None
    ticket = people.sign_in(typed(GOOD))
    for _ in range(rules.SESSION_MS // rules.IDLE_MS * 2 - 1):
        clock.go_on(rules.IDLE_MS // 2)
        assert people.session(ticket.secret) is not None
    clock.go_on(rules.IDLE_MS // 2)
    assert people.session(ticket.secret) is None


def test_a_name_is_taken_once(people: People) -> None:
    with pytest.raises(ConflictError):
        people.invite("Admin", "Somebody", Role.OFFICER)


@pytest.mark.parametrize(
    ("password", "again", "fault"),
    [
        (GOOD, GOOD, None),
        ("short", "short", "short"),
        ("x" * 257, "x" * 257, "long"),
        ("PasswordPassword", "PasswordPassword", "common"),
        ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa", "common"),
        ("abcdefghijklmnop", "abcdefghijklmnop", "common"),
        ("mara.ellison1", "mara.ellison1", "name"),
        (GOOD, GOOD + " ", "differ"),
    ],
)
def test_passwords_are_judged_by_length_and_guesses(
    password: str, again: str, fault: str | None
) -> None:
    assert rules.password_fault(password, "mara.ellison", again) == fault


@given(st.lists(st.integers(0, rules.WINDOW_MS), max_size=20))
def test_tries_never_run_below_nothing(steps: list[int]) -> None:
    attempts: Attempts | None = None
    now = 0
    for step in steps:
        now += step
        attempts = rules.after_failure(attempts, rules.ACCOUNT_TRIES, now)
        standing = rules.standing(attempts, rules.ACCOUNT_TRIES, now)
        assert 0 <= standing.left <= rules.ACCOUNT_TRIES
        assert attempts.failures < rules.ACCOUNT_TRIES
