"""The link's own thread, with a radio that has one too: quick, and quiet at the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from statistics import median
from threading import enumerate as threads

import pytest

from lapel.camera.linking import Linking
from lapel.ports.air import Central, Connection, Sighting
from lapel.protocol.app_link import AppLink, AppState, Wish
from lapel.protocol.link import Answered, Ended, Keep, Now, Output, Send, Why
from lapel.sim.memory_air import MemoryAir
from lapel.sim.phone import LinkedCamera, Phone
from lapel.wire.control import LinkVerb, Nothing
from lapel.wire.pairing import Pairings

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


async def found(central: Central) -> Sighting:
    async with aclosing(central.scan()) as heard:
        async for sighting in heard:
            return sighting
    raise TimeoutError("nothing was heard")


class Talk:
    """An app on a connection, driven by what comes."""

    def __init__(self, phone: Phone, wish: Wish) -> None:
        self.phone = phone
        self.app = AppLink(phone.identity, wish)
        self.heard: list[Output] = []
        self.waits: list[float] = []

    @property
    def now(self) -> Now:
        moment = self.phone.camera.camera.time.now()
        return Now(moment.mono_ms, moment.utc_ms, moment.quality)

    async def run(self, central: Central) -> None:
        """Talk until the link ends, or a session has been answered."""
        connection = await central.connect((await found(central)).place)
        await self._do(connection, self.app.start(self.now))
        sent = time.monotonic()
        async for value in connection.values():
            self.waits.append(time.monotonic() - sent)
            await self._do(connection, self.app.value(value, self.now))
            if self.app.state is AppState.OPEN and not self.said(Answered):
                asked = self.app.ask(LinkVerb.STATE, Nothing())
                await self._do(connection, asked)
            if self.said(Answered) or self.said(Ended):
                break
            sent = time.monotonic()
        await connection.close()

    async def _do(self, connection: Connection, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                for value in output.values:
                    await connection.write(value)
                continue
            self.heard.append(output)
            if isinstance(output, Keep):
                self.phone.keep(Pairings.added(None, output.record))
                await self._do(connection, self.app.kept(self.now))

    def said(self, kind: type[Output]) -> list[Output]:
        return [one for one in self.heard if isinstance(one, kind)]


@asynccontextmanager
async def radio(air: MemoryAir) -> AsyncIterator[Central]:
    central = air.central()
    try:
        yield central
    finally:
        await central.close()


async def test_a_pairing_and_a_session_wait_for_no_look(
    air: MemoryAir, worn: LinkedCamera
) -> None:
    phone = worn.phone()
    await asyncio.to_thread(worn.together, "event", "function")
    async with radio(air) as central:
        pairing = Talk(phone, Wish(compare=False))
        await pairing.run(central)
        assert Ended(Why.PAIRED) in pairing.heard
        assert phone.pairings is not None
        session = Talk(phone, Wish(phone.pairings.records[0]))
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
