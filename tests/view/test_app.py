"""View on a computer: pairing, sessions, requests, and what is kept."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lapel.base.clock import ClockQuality
from lapel.base.errors import NotFoundError, RefusedError
from lapel.crypto.link import Code
from lapel.ports.system import SystemClock, system_entropy
from lapel.protocol.app_link import Wish
from lapel.protocol.link import Judged, LinkError, Noticed, Why
from lapel.protocol.pairing import Demands
from lapel.sim.clock import ManualClock
from lapel.sim.linking import LinkAgency
from lapel.sim.memory_air import MemoryAir, Pace
from lapel.sim.model_camera import STATE, ModelCamera
from lapel.view import app as acts
from lapel.view.app import App, Asking
from lapel.view.shelf import Granted, Shelf
from lapel.view.talk import REFUSALS
from lapel.wire.control import (
    Annotation,
    LinkVerb,
    Listed,
    Nothing,
    SettingsChange,
)
from lapel.wire.grant import GrantRole
from lapel.wire.pairing import How

CLOCK = SystemClock()
YEAR_MS = 365 * 86_400_000
SAME = Wish()


def listed(number: int) -> Listed:
    name = f"Stop {number}"
    start = 1_790_000_000_000 + number * 60_000
    known = ClockQuality.SERVER
    return Listed(
        bytes([number]) * 16, number, start, known, 61_000, False, name, None, None
    )


@dataclass
class Scene:
    """One camera on the air, one app."""

    air: MemoryAir
    agency: LinkAgency
    camera: ModelCamera
    clock: ManualClock
    """The camera's own."""
    app: App
    met: list[Judged]

    def asking(
        self, compare: Callable[[Code], Awaitable[bool]] | None = None
    ) -> Asking:
        async def same(code: Code) -> bool:
            return await asyncio.to_thread(self.camera.codes.get, timeout=5) == code

        return Asking(self.met.append, compare or same)

    async def pair(self, wish: Wish = SAME) -> None:
        self.camera.chord()
        await self.app.pair(None, wish, self.asking())


@pytest.fixture
def agency() -> LinkAgency:
    return LinkAgency(until_ms=CLOCK.utc_ms() + YEAR_MS)


@pytest.fixture
def scene(agency: LinkAgency, tmp_path: Path) -> Iterator[Scene]:
    air = MemoryAir(Pace(0.01, 1.0))
    identity = replace(agency.camera(), entropy=system_entropy)
    clock = ManualClock(CLOCK.utc_ms(), CLOCK.mono_ms())
    camera = ModelCamera(air.peripheral(), identity, clock)
    camera.held.recordings += [listed(number) for number in range(1, 4)]
    shelf = Shelf.open(tmp_path / "view", system_entropy)
    app = App(shelf, air.central(), CLOCK, system_entropy, 0.2, 0.5)
    yield Scene(air, agency, camera, clock, app, [])
    camera.close()


def granted(scene: Scene, *cameras: str) -> App:
    """Give the app a grant of the camera's agency."""
    shelf, agency = scene.app.shelf, scene.agency
    point = shelf.key.public.point
    grant = agency.grant(point, GrantRole.VIEW, shelf.instance)
    until = agency.until_ms
    given = Granted(grant, agency.key.public, agency.tenant, cameras, until)
    return replace(scene.app, shelf=shelf.with_grant(given))


async def test_codes_that_are_the_same_pair_and_open_a_session(scene: Scene) -> None:
    await scene.pair()
    assert scene.met[0].reason == "grant-none"
    assert scene.camera.record is not None
    assert [one.how for one in scene.app.shelf.find(None)[1].records] == [How.COMPARED]
    async with scene.app.session(None) as talk:
        assert await acts.state(talk) == STATE


async def test_a_grant_of_the_agency_names_the_camera(scene: Scene) -> None:
    app = granted(scene, "X1234567")
    scene.camera.chord()
    wish = acts.need(Demands(grant=True), compare=False)
    record = await app.pair(None, wish, scene.asking())
    assert (record.how, record.holder) == (How.GRANT, "X1234567")
    async with app.session("x1234567") as talk:
        assert await acts.state(talk) == STATE


async def test_a_camera_that_is_not_the_users_is_told_nothing(scene: Scene) -> None:
    app = granted(scene, "X7654321")
    scene.camera.chord()
    with pytest.raises(LinkError, match="cannot show that it is your agency's"):
        await app.pair(
            None, acts.need(Demands(grant=True), compare=True), scene.asking()
        )
    assert app.shelf.pairings() == {}


async def test_codes_that_differ_keep_nothing_on_either_side(scene: Scene) -> None:
    async def differ(_code: Code) -> bool:
        await asyncio.sleep(0)
        return False

    scene.camera.chord()
    with pytest.raises(LinkError) as ended:
        await scene.app.pair(None, SAME, scene.asking(differ))
    assert ended.value.why is Why.DIFFERENT
    assert scene.camera.record is None
    assert scene.app.shelf.pairings() == {}


async def test_a_link_that_is_lost_ends_the_question(scene: Scene) -> None:
    async def slow(_code: Code) -> bool:
        scene.air.cut()
        await asyncio.sleep(30)
        return True

    scene.camera.chord()
    with pytest.raises(LinkError) as ended:
        await scene.app.pair(None, SAME, scene.asking(slow))
    assert ended.value.why is Why.GONE


async def test_a_camera_that_cannot_store_leaves_the_old_pairing(scene: Scene) -> None:
    await scene.pair()
    scene.camera.keeping = False
    with pytest.raises(LinkError):
        await scene.pair()
    assert len(scene.app.shelf.find(None)[1].records) == 2
    scene.camera.keeping = True
    scene.clock.go_on(61_000)
    scene.camera.tick()
    async with scene.app.session(None) as talk:
        assert await acts.state(talk) == STATE
    assert len(scene.app.shelf.find(None)[1].records) == 1


async def test_recordings_come_in_pages_and_no_more_than_asked(scene: Scene) -> None:
    scene.camera.held.recordings[:] = [listed(number) for number in range(1, 250)]
    await scene.pair()
    async with scene.app.session(None) as talk:
        every = await acts.recordings(talk, 1000)
        assert [one.seq for one in every] == list(range(249, 0, -1))
        assert len(await acts.recordings(talk, 7)) == 7


async def test_annotations_and_settings_reach_the_camera(scene: Scene) -> None:
    await scene.pair()
    said = Annotation(listed(2).recording, title="Door", category="Interview")
    async with scene.app.session(None) as talk:
        await talk.ask(LinkVerb.ANNOTATE, said)
        await talk.ask(LinkVerb.SETTINGS_SET, SettingsChange(3, None, None, None))
        told, categories = await acts.settings(talk)
    assert scene.camera.held.annotations == [said]
    assert told.volume == 3
    assert categories == ("Traffic stop", "Interview")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Annotation(bytes(16), title="x"), "does not hold that recording"),
        (Annotation(listed(1).recording, category="Tea"), "not one of the agency's"),
    ],
)
async def test_a_refusal_says_why(scene: Scene, said: Annotation, words: str) -> None:
    await scene.pair()
    async with scene.app.session(None) as talk:
        with pytest.raises(RefusedError, match=words):
            await talk.ask(LinkVerb.ANNOTATE, said)
        assert await acts.state(talk) == STATE


def test_every_reason_of_a_camera_has_words() -> None:
    source = Path(__file__).parents[2] / "src" / "lapel"
    files = ("camera/link_desk.py", "protocol/control.py", "protocol/camera_link.py")
    text = "".join((source / one).read_text() for one in files)
    given = set(re.findall(r'Code\.[A-Z_]+, (?:Refusal\()?"([a-z-]+)"', text))
    given |= set(re.findall(r'return "([a-z-]+)"', text))
    assert {"recording", "too-many", "storage", "source", "setting"} <= given
    assert given == set(REFUSALS)
    documented = (source.parents[1] / "docs" / "reference" / "link.md").read_text()
    assert [one for one in given if f"`{one}`" not in documented] == []


async def test_a_change_of_state_is_heard(scene: Scene) -> None:
    await scene.pair()
    changed = replace(STATE, battery=12)
    async with scene.app.session(None) as talk:
        await acts.state(talk)
        scene.camera.change(changed)
        assert await talk.hear() == Noticed(changed)
        assert talk.state == changed


async def test_a_session_that_is_lost_can_be_opened_again(scene: Scene) -> None:
    await scene.pair()
    async with scene.app.session(None) as talk:
        await acts.state(talk)
        scene.air.cut()
        with pytest.raises(LinkError, match="out of range"):
            await acts.state(talk)
    async with scene.app.session(None) as talk:
        assert await acts.state(talk) == STATE


async def test_a_camera_that_has_unpaired_is_not_found_again(scene: Scene) -> None:
    await scene.pair()
    async with scene.app.session(None) as talk:
        await talk.ask(LinkVerb.UNPAIR, Nothing())
    assert scene.camera.record is None
    with pytest.raises(NotFoundError, match="was not heard"):
        async with scene.app.session(None):
            pass


async def test_outside_pairing_mode_there_is_nobody_to_pair_with(scene: Scene) -> None:
    with pytest.raises(NotFoundError, match="Hold Event and Function"):
        await scene.app.pair(None, SAME, scene.asking())


async def test_two_cameras_in_pairing_mode_must_be_told_apart(scene: Scene) -> None:
    second = replace(scene.agency.camera(), entropy=system_entropy)
    other = ModelCamera(scene.air.peripheral("other"), second, CLOCK)
    other.chord()
    scene.camera.chord()
    while len({one.name for one in scene.air.sightings("phone")}) < 2:
        other.chord()
    with pytest.raises(NotFoundError, match="name it: Camera"):
        await scene.app.pair(None, SAME, scene.asking())
    with pytest.raises(NotFoundError, match="Camera XX is not in pairing mode"):
        await scene.app.pair("Camera XX", SAME, scene.asking())
    (wanted,) = [one.name for one in scene.air.sightings("phone")[:1]]
    await scene.app.pair(wanted, SAME, scene.asking())
    assert (scene.camera.record, other.record).count(None) == 1
    other.close()
