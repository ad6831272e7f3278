"""What contract tests stand on: an air, one camera's radio, any number of apps."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import AsyncExitStack, aclosing, contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TypeVar

import pytest

from lapel.ports.air import Central, Heard, MakePeripheral, Shown, Sighting
from lapel.radio.adverts import place_of
from lapel.radio.central import BumbleCentral
from lapel.radio.desktop import BleakCentral
from lapel.radio.peripheral import bumble_peripheral
from lapel.sim.air.radio import ONE, SETS, Shape
from lapel.sim.air.running import Air
from lapel.sim.bluez.running import Bluez
from lapel.sim.memory_air import MemoryAir, Pace
from lapel.wire.link import Advert

T = TypeVar("T")
LIMIT_S = 15


class Ear:
    """Collects what a camera's radio hears."""

    def __init__(self) -> None:
        self.heard: SimpleQueue[Heard] = SimpleQueue()

    def __call__(self, heard: Heard) -> None:
        self.heard.put(heard)

    async def next(self, kind: type[T]) -> T:
        """Give what is heard next; it must be of this kind."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                try:
                    heard = self.heard.get_nowait()
                except Empty:
                    await asyncio.sleep(0.002)
                    continue
                assert isinstance(heard, kind), heard
                return heard

    async def silent(self, seconds: float) -> bool:
        """Whether nothing is heard for so long."""
        await asyncio.sleep(seconds)
        return self.heard.empty()


@dataclass(frozen=True)
class Stage:
    """One adapter under test."""

    make: MakePeripheral
    central: Callable[[int], Awaitable[Central]]
    """Make an app's radio with this MTU."""
    cut: Callable[[], None]
    """Lose every connection."""
    mtus: tuple[int, ...] = (23, 100, 185, 247, 517)
    """MTUs that apps of this adapter can have."""
    other: Callable[[int], Awaitable[Central]] | None = None
    """Make the radio of a second app, where it must be one of another kind."""
    many: bool = True
    """Whether a camera can be seen and reached while an app is connected."""


def shown(number: int = 1, *, token: bytes = b"token1", response: bytes = b"") -> Shown:
    """Make what a camera shows; `number` makes its address."""
    address = bytes((0xC0, 0, 0, 0, 0, number))
    return Shown(address, Advert(token).encode(), response)


PLACE = place_of(shown().address)


async def find(
    central: Central, holds: Callable[[Sighting], bool], limit_s: float = LIMIT_S
) -> Sighting:
    """Scan until a sighting holds."""
    async with asyncio.timeout(limit_s), aclosing(central.scan()) as scan:
        async for sighting in scan:
            if holds(sighting):
                return sighting
    raise AssertionError("the scan ended")


async def lost(central: Central, seconds: float, place: str) -> bool:
    """Whether a place is not heard for so long."""
    try:
        await find(central, lambda one: one.place == place, seconds)
    except TimeoutError:
        return True
    return False


async def memory_stage(stack: AsyncExitStack) -> Stage:
    """Make an air in memory."""
    air = MemoryAir(Pace(advert_s=0.01, patience_s=0.3))
    names = iter(f"phone-{number}" for number in range(100))

    async def central(mtu: int) -> Central:
        app = air.central(next(names), mtu)
        stack.push_async_callback(app.close)
        return app

    return Stage(air.peripheral(), central, air.cut)


def bumble_stage(shape: Shape) -> Callable[[AsyncExitStack], Awaitable[Stage]]:
    """Make bumble's hosts, both of them, on a virtual air of this shape."""

    async def stage(stack: AsyncExitStack) -> Stage:
        air = stack.enter_context(Air(shape))
        names = iter(f"phone-{number}" for number in range(100))

        async def central(mtu: int) -> Central:
            app = BumbleCentral(air.transport(next(names)), mtu, patience_s=2)
            stack.push_async_callback(app.close)
            return app

        make = bumble_peripheral(air.transport("camera"))
        return Stage(make, central, air.cut, many=shape is not ONE)

    return stage


async def bleak_stage(stack: AsyncExitStack) -> Stage:
    """Make this machine's Bluetooth the virtual air, for unmodified bleak."""
    # Bleak holds its connection to a bus until the bus is gone, and a moment more.
    stack.push_async_callback(asyncio.sleep, 0.1)
    air = stack.enter_context(Air())
    bluez = stack.enter_context(Bluez(air.transport("desktop")))
    stack.enter_context(environment(bluez.environment))
    names = iter(f"phone-{number}" for number in range(100))

    async def central(mtu: int) -> Central:
        bluez.ask_mtu(mtu)
        app = BleakCentral(patience_s=3)
        stack.push_async_callback(app.close)
        return app

    async def other(mtu: int) -> Central:
        app = BumbleCentral(air.transport(next(names)), mtu)
        stack.push_async_callback(app.close)
        return app

    make = bumble_peripheral(air.transport("camera"))
    return Stage(make, central, air.cut, other=other)


@contextmanager
def environment(values: Mapping[str, str]) -> Generator[None]:
    """Set variables of this process for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield


STAGES: dict[str, Callable[[AsyncExitStack], Awaitable[Stage]]] = {
    "memory": memory_stage,
    "bumble-sets": bumble_stage(SETS),
    "bumble-one": bumble_stage(ONE),
    "bleak": bleak_stage,
}
