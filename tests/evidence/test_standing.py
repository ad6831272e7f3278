"""Where devices stand: every pair of the table, who had what, and what it leads to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lapel.base.clock import ClockQuality
from lapel.base.errors import NotFoundError, RefusedError
from lapel.base.ids import recording_name
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Who
from lapel.evidence.devices import standing
from lapel.evidence.devices.holding import WHY_MOST
from lapel.evidence.devices.model import Kind, Move, Standing, State
from lapel.evidence.items import service as items
from lapel.evidence.people.model import Author, Invitation, Person, Role
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from lapel.sim.forge import Media, Story

NOW = 1_795_000_000_000
CAMERA = "X81004417"
ALLOWED = {
    Standing.WAITS: {Move.ADOPT: Standing.SPARE},
    Standing.SPARE: {
        Move.ADOPT: Standing.SPARE,
        Move.ASSIGN: Standing.ASSIGNED,
        Move.LOSE: Standing.LOST,
        Move.RELEASE: Standing.RELEASED,
    },
    Standing.ASSIGNED: {
        Move.ADOPT: Standing.ASSIGNED,
        Move.ASSIGN: Standing.ASSIGNED,
        Move.RETURN: Standing.SPARE,
        Move.LOSE: Standing.LOST,
    },
    Standing.LOST: {Move.FIND: Standing.FOUND},
    Standing.FOUND: {
        Move.LOSE: Standing.LOST,
        Move.CLEAR: Standing.SPARE,
        Move.RELEASE: Standing.RELEASED,
    },
    Standing.RELEASED: {Move.ADOPT: Standing.SPARE},
}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("at", Standing)
def test_every_pair_of_the_table(at: Standing, move: Move, kind: Kind) -> None:
    wanted = ALLOWED[at].get(move)
    worn = kind in {Kind.CAMERA, Kind.ACCESSORY}
    if not worn and move in {Move.ASSIGN, Move.RETURN}:
        wanted = None
    if wanted is None:
        with pytest.raises(RefusedError) as refused:
            standing.follow(at, move, kind)
        assert refused.value.reason == "standing"
        assert move not in standing.moves(at, kind)
        return
    assert standing.follow(at, move, kind) is wanted
    assert (move in standing.moves(at, kind)) == (move is not Move.ADOPT)


def test_what_is_lost_serves_again_only_over_somebody_s_word_or_anew() -> None:
    reach = {Standing.LOST}
    for _ in Standing:
        reach |= {
            after
            for (at, move), after in standing.TABLE.items()
            if at in reach and move not in {Move.CLEAR, Move.RELEASE}
        }
    assert reach == {Standing.LOST, Standing.FOUND}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def agency(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        made.camera(CAMERA)
        yield made


def admin(agency: Agency) -> Person:
    person = agency.site.people.named("admin")
    assert person is not None
    return person


def me_of(agency: Agency) -> Who:
    return Author(admin(agency), "::1").who()


def hire(agency: Agency, name: str) -> Person:
    asked = Invitation(name, name.title(), frozenset({Role.OFFICER.id}), frozenset())
    return agency.site.people.staff.invite(asked, Author(admin(agency), "::1"))[0]


def acts(agency: Agency) -> list[tuple[str, str, dict[int, str]]]:
    site = agency.site
    with site.database.read() as connection:
        found = custody.following(connection, site.tenant.id, -1, 500)
    return [(str(one.action), one.target.name, dict(one.texts)) for one in found]


def test_a_camera_goes_from_hand_to_hand_and_all_of_it_stands_there(
    agency: Agency, clock: ManualClock
) -> None:
    holding, me = agency.site.holding, me_of(agency)
    ana, ben = hire(agency, "ana"), hire(agency, "ben")
    holding.assign(CAMERA, ana.id, me, "  first   shift ")
    clock.go_on(1000)
    holding.assign(CAMERA, ben.id, me)
    clock.go_on(1000)
    holding.take_back(CAMERA, me, "end of shift")
    last, first = holding.history(CAMERA)
    assert (first.holder.name, first.from_ms, first.until_ms) == (
        "Ana",
        NOW,
        NOW + 1000,
    )
    assert (first.given_by, first.given_why) == (me.shown, "first shift")
    assert (last.holder.person, last.ended_why) == (ben.id, "end of shift")
    assert last.until_ms == NOW + 2000
    assert holding.of_person(ana.id) == [first]
    told = [
        (action, target, texts.get(3), texts.get(4), texts.get(5))
        for action, target, texts in acts(agency)
        if action.startswith(("device.", "user.camera"))
    ]
    assert told == [
        ("device.assigned", CAMERA, "Ana", None, "first shift"),
        ("user.camera-given", ana.id, CAMERA, "body2", "Ana"),
        ("device.returned", CAMERA, None, "Ana", None),
        ("user.camera-taken", ana.id, CAMERA, "body2", "Ana"),
        ("device.assigned", CAMERA, "Ben", "Ana", None),
        ("user.camera-given", ben.id, CAMERA, "body2", "Ben"),
        ("device.returned", CAMERA, None, "Ben", "end of shift"),
        ("user.camera-taken", ben.id, CAMERA, "body2", "Ben"),
    ]


def test_what_is_refused_changes_nothing(agency: Agency) -> None:
    site, me = agency.site, me_of(agency)
    holding, gone = site.holding, hire(agency, "gone")
    site.people.staff.close(gone.id, Author(admin(agency), "::1"))
    other = agency.beside("Vale Hill Police").site.people.named("admin")
    assert other is not None
    agency.machine("DOCK-1")
    holding.assign(CAMERA, me.actor.name, me)
    before = acts(agency)
    for person in (gone.id, other.id, "nobody"):
        with pytest.raises(RefusedError, match="no such open account"):
            holding.assign(CAMERA, person, me)
    with pytest.raises(RefusedError, match="has it already"):
        holding.assign(CAMERA, me.actor.name, me)
    with pytest.raises(NotFoundError):
        holding.assign("X00000000", me.actor.name, me)
    with pytest.raises(RefusedError):
        holding.move(CAMERA, Move.RELEASE, me, "sold")
    with pytest.raises(RefusedError, match="nobody wears a dock"):
        holding.assign("DOCK-1", me.actor.name, me)
    for why in ("", "  ", "x" * (WHY_MOST + 1)):
        with pytest.raises(RefusedError) as refused:
            holding.move(CAMERA, Move.LOSE, me, why)
        assert refused.value.reason == "why"
    assert acts(agency) == before


def test_a_recording_bears_who_had_the_camera_when_it_began(
    agency: Agency, clock: ManualClock, film: Media
) -> None:
    holding, me, site = agency.site.holding, me_of(agency), agency.site
    ana, ben = hire(agency, "ana"), hire(agency, "ben")
    clock.go_on(10_000)
    holding.assign(CAMERA, ana.id, me)
    clock.go_on(10_000)
    holding.assign(CAMERA, ben.id, me)
    clock.go_on(10_000)
    holding.take_back(CAMERA, me)
    clock.go_on(60_000)
    begun = {
        NOW + 9_999: ("", ""),
        NOW + 10_000: ("Ana", ana.id),
        NOW + 19_999: ("Ana", ana.id),
        NOW + 20_000: ("Ben", ben.id),
        NOW + 29_999: ("Ben", ben.id),
        NOW + 30_000: ("", ""),
    }
    for start, wanted in begun.items():
        sent = agency.record(film, Story(site.ground.entropy(16), start), CAMERA)
        agency.take_in(sent)
        with site.database.read() as connection:
            item = items.find(connection, site.tenant.id, sent.recording)
        assert item is not None
        assert (item.wearer, item.person) == wanted, recording_name(sent.recording)


def test_with_a_clock_that_was_not_set_nobody_is_named(
    agency: Agency, film: Media
) -> None:
    site, me = agency.site, me_of(agency)
    site.holding.assign(CAMERA, me.actor.name, me)
    story = Story(site.ground.entropy(16), NOW + 5, clock=ClockQuality.UNSET)
    sent = agency.record(film, story, CAMERA)
    agency.take_in(sent)
    with site.database.read() as connection:
        item = items.find(connection, site.tenant.id, sent.recording)
    assert item is not None
    assert (item.wearer, item.person) == ("", "")


def test_a_lost_dock_is_shut_out_at_once(agency: Agency) -> None:
    site, me, token = agency.site, me_of(agency), agency.machine("DOCK-1")
    assert site.devices.caller(token) is not None
    site.holding.move("DOCK-1", Move.LOSE, me, "stolen from the car park")
    assert site.devices.caller(token) is None
    site.holding.move("DOCK-1", Move.FIND, me, "in the yard")
    assert site.devices.caller(token) is None
    site.holding.move("DOCK-1", Move.CLEAR, me, "nobody touched it")
    assert site.devices.caller(token) is None


def test_a_release_is_signed_only_for_what_was_released(agency: Agency) -> None:
    site, me = agency.site, me_of(agency)
    for serial in (CAMERA, "X00000000"):
        with pytest.raises(NotFoundError):
            site.devices.release(serial, bytes(16))
    site.holding.move(CAMERA, Move.RELEASE, me, "sold")
    site.devices.release(CAMERA, bytes(16))
    site.devices.release(CAMERA, bytes(16))
    names = [action for action, target, _ in acts(agency) if target == CAMERA]
    assert names == [
        "device.released",
        "device.release-given",
        "device.certificates-revoked",
    ]
    device = site.devices.find(CAMERA)
    assert device is not None
    assert (device.state, device.released_ms) == (State.RELEASED, NOW)


class Shift(RuleBasedStateMachine):
    """Whatever is asked in whatever order: at most one has a camera, and it adds up."""

    agency: Agency
    people: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self.model = Standing.SPARE
        self.holder: str = ""
        self._begin()

    def _begin(self) -> None:
        serial = f"X{self.agency.site.ground.entropy(4).hex().upper()}"
        self.agency.camera(serial)
        self.serial = serial

    @rule(who=st.integers(0, 2))
    def assign(self, who: int) -> None:
        person, me = self.people[who], me_of(self.agency)
        fits = Move.ASSIGN in standing.moves(self.model, Kind.CAMERA)
        if fits and person != self.holder:
            self.agency.site.holding.assign(self.serial, person, me)
            self.model, self.holder = Standing.ASSIGNED, person
            return
        with pytest.raises(RefusedError):
            self.agency.site.holding.assign(self.serial, person, me)

    @rule(move=st.sampled_from([m for m in Move if m is not Move.ADOPT]))
    def other(self, move: Move) -> None:
        if move is Move.ASSIGN:
            return
        holding, me = self.agency.site.holding, me_of(self.agency)

        def go() -> None:
            if move is Move.RETURN:
                holding.take_back(self.serial, me)
            else:
                holding.move(self.serial, move, me, "why")

        if (self.model, move) in standing.TABLE:
            go()
            self.model, self.holder = standing.TABLE[self.model, move], ""
            return
        with pytest.raises(RefusedError):
            go()

    @invariant()
    def adds_up(self) -> None:
        site = self.agency.site
        device = site.devices.find(self.serial)
        assert device is not None
        assert device.standing is self.model
        assert (device.holder.person if device.holder else "") == self.holder
        history = site.holding.history(self.serial)
        assert sum(one.until_ms is None for one in history) == bool(self.holder)


def test_any_order_of_acts_adds_up(agency: Agency) -> None:
    Shift.agency = agency
    Shift.people = tuple(hire(agency, name).id for name in ("ana", "ben", "cem"))
    Shift.TestCase().runTest()
