"""An air in memory: cameras and apps of one process, without a host stack.

It keeps what `ports/air.py` promises and nothing more: the contract tests of
`tests/radio` run against it as against real stacks.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from typing_extensions import override

from lapel.base.errors import MalformedError, UnreachableError
from lapel.ports.air import (
    Central,
    Connection,
    Failed,
    Gone,
    Heard,
    MakePeripheral,
    Peripheral,
    Shown,
    Sighting,
    Subscribed,
    Wrote,
)
from lapel.radio.adverts import place_of, sighted, too_long
from lapel.radio.telling import Teller
from lapel.sim.air.space import Space

_LOOK_S: Final = 0.005


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast this air is: an advert each so often, and how long an app tries."""

    advert_s: float = 0.1
    patience_s: float = 10.0


class MemoryAir:
    """The air itself. `space` says who hears whom; whoever is not put is near.

    Names are those given to `peripheral` and `central`; one name is one device.
    """

    def __init__(self, pace: Pace | None = None) -> None:
        """Begin empty."""
        self.pace = pace or Pace()
        self.space = Space()
        self.lock = threading.RLock()
        self._cameras: list[_Camera] = []
        self._numbers = count(1)

    def peripheral(self, name: str = "camera") -> MakePeripheral:
        """Give what makes the radio of this camera."""

        def make(hear: Callable[[Heard], None]) -> Peripheral:
            camera = _Camera(self, name, hear)
            with self.lock:
                self._cameras.append(camera)
            return camera

        return make

    def central(self, name: str = "phone", mtu: int = 185) -> Central:
        """Give an app's radio; its connections have this MTU."""
        return _App(self, name, mtu)

    def put(self, name: str, x: float, y: float = 0.0) -> None:
        """Move a device, in metres; connections that it cannot hold are lost."""
        with self.lock:
            self.space.put(name, x, y)
            for camera in self._cameras:
                camera.lose_far()

    def cut(self) -> None:
        """Lose every connection now, as when a van drives between."""
        with self.lock:
            for camera in self._cameras:
                camera.lose_all()

    def fail(self, name: str, cause: str) -> None:
        """Break the radio of this camera."""
        with self.lock:
            broken = [one for one in self._cameras if one.name == name]
            for camera in broken:
                camera.fail(cause)

    def sightings(self, name: str) -> list[Sighting]:
        """Give what this app hears at this moment."""
        with self.lock:
            heard = [camera.seen_by(name) for camera in self._cameras]
        return [one for one in heard if one is not None]

    def reach(self, app: str, place: str) -> "_Camera | None":
        """Find the camera that shows this place to this app."""
        for camera in self._cameras:
            seen = camera.shown is not None and place_of(camera.shown.address) == place
            if seen and self.space.rssi(camera.name, app) is not None:
                return camera
        return None

    def number(self) -> int:
        """Give the number of a new link."""
        return next(self._numbers)

    def forget(self, camera: "_Camera") -> None:
        """Leave out a camera whose radio has ended."""
        with self.lock:
            if camera in self._cameras:
                self._cameras.remove(camera)


@dataclass(eq=False)
class _Line(Connection):
    """One connection; the air's lock guards `open`."""

    camera: "_Camera"
    app: str
    mtu: int
    link: int
    loop: asyncio.AbstractEventLoop
    open: bool = True
    arrived: "asyncio.Queue[bytes | None]" = field(default_factory=asyncio.Queue)

    @override
    async def write(self, value: bytes) -> None:
        if too_long(value, self.mtu):
            raise MalformedError(f"{len(value)} bytes do not fit into this link")
        with self.camera.air.lock:
            if not self.open:
                raise UnreachableError("the camera is out of reach; connect again")
            self.camera.hear(Wrote(self.link, value))

    @override
    async def values(self) -> AsyncIterator[bytes]:
        while (value := await self.arrived.get()) is not None:
            yield value
        self.arrived.put_nowait(None)

    @override
    async def close(self) -> None:
        self.camera.lose(self)

    def arrive(self, value: bytes | None) -> None:
        """Hand a value, or the end, to the app's loop; it may have ended by now."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.arrived.put_nowait, value)


class _Camera(Peripheral):
    """A camera's radio."""

    def __init__(
        self, air: MemoryAir, name: str, hear: Callable[[Heard], None]
    ) -> None:
        self.air = air
        self.name = name
        self.shown: Shown | None = None
        self._lines: dict[int, _Line] = {}
        self._over = False
        self._tell = Teller(f"radio-{name}", hear)

    @override
    def show(self, shown: Shown | None) -> None:
        with self.air.lock:
            if not self._over:
                self.shown = shown

    @override
    def send(self, link: int, values: tuple[bytes, ...]) -> None:
        with self.air.lock:
            line = self._lines.get(link)
            if line is None:
                return
            if any(too_long(value, line.mtu) for value in values):
                raise MalformedError("a value that does not fit into this link")
            for value in values:
                line.arrive(value)

    @override
    def drop(self, link: int) -> None:
        with self.air.lock:
            line = self._lines.get(link)
            if line is not None:
                self.lose(line)

    @override
    def close(self) -> None:
        with self.air.lock:
            self._tell.close()
            self._end()

    def join(self, app: str, mtu: int) -> _Line:
        """Connect an app; called with the air's lock held."""
        loop = asyncio.get_running_loop()
        line = _Line(self, app, mtu, self.air.number(), loop)
        self._lines[line.link] = line
        self.hear(Subscribed(line.link, mtu))
        return line

    def hear(self, heard: Heard) -> None:
        """Have the thread tell it."""
        self._tell(heard)

    def seen_by(self, app: str) -> Sighting | None:
        """Give what an app hears of this camera."""
        rssi = self.air.space.rssi(self.name, app)
        if self.shown is None or rssi is None:
            return None
        place = place_of(self.shown.address)
        return sighted(place, rssi, self.shown.advert, self.shown.response)

    def lose(self, line: _Line) -> None:
        """End a connection for both sides."""
        with self.air.lock:
            if not line.open:
                return
            line.open = False
            del self._lines[line.link]
            self.hear(Gone(line.link))
            line.arrive(None)

    def lose_far(self) -> None:
        """End the connections of apps that are out of reach."""
        for line in list(self._lines.values()):
            if self.air.space.rssi(self.name, line.app) is None:
                self.lose(line)

    def lose_all(self) -> None:
        """End all connections."""
        for line in list(self._lines.values()):
            self.lose(line)

    def fail(self, cause: str) -> None:
        """End as hardware does that was pulled out."""
        self._end()
        self.hear(Failed(cause))

    def _end(self) -> None:
        self.lose_all()
        self.shown, self._over = None, True
        self.air.forget(self)


class _App(Central):
    """An app's radio."""

    def __init__(self, air: MemoryAir, name: str, mtu: int) -> None:
        self._air = air
        self._name = name
        self._mtu = mtu
        self._lines: list[_Line] = []

    @override
    async def scan(self) -> AsyncGenerator[Sighting, None]:
        while True:
            for sighting in self._air.sightings(self._name):
                yield sighting
            await asyncio.sleep(self._air.pace.advert_s)

    @override
    async def connect(self, place: str) -> Connection:
        try:
            async with asyncio.timeout(self._air.pace.patience_s):
                line = await self._join(place)
        except TimeoutError as error:
            raise UnreachableError(
                "the camera does not answer; go nearer, and search again"
            ) from error
        self._lines.append(line)
        return line

    @override
    async def close(self) -> None:
        while self._lines:
            await self._lines.pop().close()

    async def _join(self, place: str) -> _Line:
        while True:
            with self._air.lock:
                camera = self._air.reach(self._name, place)
                if camera is not None:
                    return camera.join(self._name, self._mtu)
            await asyncio.sleep(_LOOK_S)
