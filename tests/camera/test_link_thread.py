"""The link's own thread, with a radio that has one too: quick, and quiet at the end."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from statistics import median
from threading import enumerate as threads

import pytest

from lapel.camera.linking import Linking
from lapel.ports.air import Central
from lapel.protocol.app_link import Wish
from lapel.protocol.link import Answered, Ended, Now, Why
from lapel.sim.memory_air import MemoryAir
from lapel.sim.phone import LinkedCamera
from lapel.sim.talk import Talk, found

LOOK_S = 0.1
"""How often the camera's process looks: a handshake must not wait for it."""


@pytest.fixture
def air() -> MemoryAir:
    return MemoryAir()


@pytest.fixture
def worn(air: MemoryAir) -> Iterator[LinkedCamera]:
    camera = LinkedCamera()
    camera.linking.close()
    camera.linking = Linking(camera.camera, air.peripheral())
    camera.linking.start()
    yield camera
    camera.linking.close()


@asynccontextmanager
async def radio(air: MemoryAir) -> AsyncGenerator[Central]:
    central = air.central()
    try:
        yield central
    finally:
        await central.close()


async def test_a_pairing_and_a_session_wait_for_no_look(
    air: MemoryAir, worn: LinkedCamera
) -> None:
    identity = worn.phone().identity

    def now() -> Now:
        moment = worn.camera.time.now()
        return Now(moment.mono_ms, moment.utc_ms, moment.quality)

    await asyncio.to_thread(worn.together, "event", "function")
    async with radio(air) as central:
        pairing = Talk(identity, Wish(compare=False), now)
        await pairing.run(central)
        assert Ended(Why.PAIRED) in pairing.heard
        session = Talk(identity, Wish(pairing.kept[0]), now)
        await session.run(central)
    assert session.said(Answered)
    assert median(pairing.waits) < LOOK_S / 5
    assert median(session.waits) < LOOK_S / 5


async def test_a_radio_that_was_pulled_out_comes_back(
    air: MemoryAir, worn: LinkedCamera
) -> None:
    async with radio(air) as central:
        await asyncio.wait_for(found(central), 5)
        air.fail("camera", "pulled out")
        for _ in range(500):
            if not worn.camera.link.shown().on_air:
                break
            await asyncio.sleep(0.01)
        assert not worn.camera.link.shown().on_air
        worn.clock.go_on(5000)
        await asyncio.wait_for(found(central), 5)


def test_closing_ends_the_thread(worn: LinkedCamera) -> None:
    assert [one for one in threads() if one.name == "link"]
    worn.linking.close()
    assert not [one for one in threads() if one.name == "link"]
