"""What the air in memory has beyond the contract: distance, and radios that break."""

import asyncio
from contextlib import aclosing

import pytest

from lapel.base.errors import UnreachableError
from lapel.ports.air import Failed, Gone, Subscribed
from lapel.sim.memory_air import MemoryAir, Pace
from tests.radio.stages import PLACE, Ear, find, lost, shown

PACE = Pace(advert_s=0.01, patience_s=0.1)


async def test_who_goes_too_far_is_not_seen_and_loses_the_link() -> None:
    air, ear = MemoryAir(PACE), Ear()
    camera = air.peripheral("cam1")(ear)
    camera.show(shown())
    phone = air.central("phone")
    connection = await phone.connect(PLACE)
    link = (await ear.next(Subscribed)).link

    air.put("cam1", 20)
    await connection.write(b"still heard")
    air.put("cam1", 1_000)

    assert [value async for value in connection.values()] == []
    assert await lost(phone, 0.1, PLACE)
    with pytest.raises(UnreachableError):
        await phone.connect(PLACE)
    await ear.next(object)
    assert await ear.next(Gone) == Gone(link)
    camera.close()


async def test_loudness_follows_the_distance() -> None:
    air = MemoryAir(PACE)
    camera = air.peripheral("cam1")(Ear())
    camera.show(shown())
    phone = air.central("phone")
    near = await find(phone, lambda _: True)

    air.put("cam1", 10)

    assert (await find(phone, lambda one: one.rssi < near.rssi)).rssi == -77
    camera.close()


async def test_a_radio_that_breaks_says_so_last_and_can_be_made_anew() -> None:
    air, ear = MemoryAir(PACE), Ear()
    camera = air.peripheral("cam1")(ear)
    camera.show(shown())
    await air.central("phone").connect(PLACE)
    await ear.next(Subscribed)

    air.fail("cam1", "pulled out")
    camera.show(shown())

    await ear.next(Gone)
    assert await ear.next(Failed) == Failed("pulled out")
    assert await lost(air.central("other"), 0.1, PLACE)
    again = air.peripheral("cam1")(ear)
    again.show(shown(2))
    async with aclosing(air.central("other").scan()) as scan:
        assert (await anext(scan)).place.endswith("02")
    again.close()
    await asyncio.sleep(0)
