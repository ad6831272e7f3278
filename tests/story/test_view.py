"""View and a whole agency: what a phone says of a recording reaches Evidence."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from lapel.base.clock import ClockQuality
from lapel.base.ids import recording_name
from lapel.crypto.keys import PrivateKey
from lapel.crypto.noise import P256Pair
from lapel.ports.system import SystemClock, system_entropy
from lapel.protocol.app_link import Wish
from lapel.protocol.link import Answered, Ended, Now, Why
from lapel.protocol.pairing import CAMERAS, Identity, Trust
from lapel.radio.doors import open_central
from lapel.sim.actors import CameraActor
from lapel.sim.air.running import Air
from lapel.sim.talk import Ask, Talk
from lapel.wire.control import Annotation, LinkVerb, Recordings, RecordingsBefore
from lapel.wire.cose import parse
from lapel.wire.journal import Entry, EntryKind
from lapel.wire.linked import AnnotationData
from lapel.wire.pairing import How
from lapel.wire.port import Code
from tests.story.conftest import Town

pytestmark = pytest.mark.process

CLOCK = SystemClock()
NEWEST: Ask = (LinkVerb.RECORDINGS, RecordingsBefore(None))
TITLE = "Stop on Main St"


def now() -> Now:
    return Now(CLOCK.mono_ms(), CLOCK.utc_ms(), ClockQuality.RTC)


def phone() -> Identity:
    """A phone without a grant."""
    pair = P256Pair.of(PrivateKey.generate())
    return Identity(pair, b"", Trust(CAMERAS), system_entropy)


def link(camera: CameraActor) -> dict[str, object]:
    return cast("dict[str, object]", camera.state().get("link", {}))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  # a file of another process
            await asyncio.sleep(0.05)


def linked(town: Town, air: Air) -> CameraActor:
    """A camera with a radio, adopted under a policy that lets View in."""
    camera = town.camera()
    if camera.process is not None:
        camera.process.stop()
    camera.options = ("--air", air.transport("camera"))
    camera.start()
    town.world.evidence.run("policy", "--bluetooth", "on", "--view", "on")
    try:
        town.adopt(camera)
    finally:
        town.world.evidence.run("policy", "--bluetooth", "off", "--view", "off")
    return camera


async def paired_and_annotated(camera: CameraActor, air: Air) -> None:
    central, identity = open_central(air.transport("phone")), phone()
    await until(lambda: link(camera).get("on_air") is True)
    camera.press("--together", "--hold", "3.2", "event", "function")
    await until(lambda: link(camera).get("pairing") is True)
    pairing = Talk(identity, Wish(compare=False), now)
    await pairing.run(central)
    assert pairing.said(Ended) == [Ended(Why.PAIRED)]
    wish = Wish(pairing.kept[0])
    listing = Talk(identity, wish, now, [NEWEST])
    await listing.run(central)
    page = listing.said(Answered)[0].result
    assert isinstance(page, Recordings)
    said = Annotation(page.page[0].recording, TITLE, category="Traffic stop")
    saying = Talk(identity, wish, now, [(LinkVerb.ANNOTATE, said), NEWEST])
    await saying.run(central)
    done, listed = saying.said(Answered)
    assert done.code is Code.DONE
    assert isinstance(listed.result, Recordings)
    assert listed.result.page[0].title == TITLE
    await central.close()


def annotation(town: Town, camera: CameraActor) -> Entry:
    """The entry as Evidence keeps it: the camera's own signed bytes."""
    database = sqlite3.connect(town.world.evidence.folder / "evidence.db")
    with closing(database):
        query = "SELECT document FROM journal WHERE serial = ? AND kind = ?"
        ((raw,),) = database.execute(query, (camera.serial, EntryKind.ANNOTATION))
    return Entry.decode(parse("journal", raw).payload)


def test_what_a_phone_says_of_a_recording_reaches_evidence(
    town: Town, tmp_path: Path
) -> None:
    """Takes 20 s: two dockings, buttons held for real, and a recording between."""
    with Air() as air:
        camera = linked(town, air)
        town.record(camera)
        asyncio.run(paired_and_annotated(camera, air))
        town.plug(camera)
        town.wait_step(camera)
        assert link(camera)["on_air"] is False
    (kept,) = town.kept(camera, tmp_path)
    data = AnnotationData.of(annotation(town, camera).data)
    assert recording_name(data.recording) == kept["id"]
    assert (data.title, data.category) == (TITLE, "Traffic stop")
    assert (data.by.how, data.by.holder) == (How.BUTTON, None)
