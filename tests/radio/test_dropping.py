"""Both sides drop a link at once, as pairings end; the camera goes on being heard."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from lapel.ports.air import Peripheral, Subscribed
from lapel.radio.adverts import place_of
from lapel.radio.central import BumbleCentral
from lapel.radio.peripheral import bumble_peripheral
from lapel.sim.air.running import Air
from tests.radio.stages import Ear, shown

TIMES = 25


@pytest.fixture
def air() -> Iterator[Air]:
    with Air() as running:
        yield running


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def camera(air: Air, ear: Ear) -> Iterator[Peripheral]:
    made = bumble_peripheral(air.transport("camera"))(ear)
    yield made
    made.close()


async def heard(central: BumbleCentral, token: bytes) -> None:
    async with asyncio.timeout(5), aclosing(central.scan()) as scan:
        async for sighting in scan:
            if sighting.data == token:
                return


async def test_a_link_that_both_sides_drop_leaves_the_camera_on_the_air(
    air: Air, camera: Peripheral, ear: Ear
) -> None:
    central = BumbleCentral(air.transport("app"))
    for number in range(TIMES):
        now = shown(2 * number + 1, token=number.to_bytes(6, "big"))
        camera.show(now)
        await heard(central, number.to_bytes(6, "big"))
        connection = await central.connect(place_of(now.address))
        while not isinstance(told := await ear.next(object), Subscribed):
            pass
        camera.drop(told.link)
        camera.show(shown(2 * number + 2, token=b"after!"))
        await connection.close()
        await heard(central, b"after!")
    await central.close()
