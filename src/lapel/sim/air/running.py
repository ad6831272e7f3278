"""A running air: medium, hosts and door in a thread of its own, as a block."""

import asyncio
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from lapel.ports.system import SystemClock
from lapel.sim.air.door import Door
from lapel.sim.air.hub import LOOPBACK, Hub
from lapel.sim.air.medium import Medium, Sniffer
from lapel.sim.air.radio import SETS, Shape

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where an air listens; 0 picks a free port."""

    hosts: int = 0
    door: int = 0


class Air:
    """A virtual air for tests, the demo and `lapel air`.

    Its acts may be called from any thread, and are done when they return.
    """

    def __init__(
        self, shape: Shape = SETS, ports: Ports | None = None, seed: int = 1
    ) -> None:
        """Name the shape of its controllers; `seed` decides about delays and loss."""
        self._shape = shape
        self._wanted = ports or Ports()
        self._seed = seed
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="air", daemon=True
        )

    def __enter__(self) -> Self:
        """Listen."""
        clock = SystemClock()
        chance = random.Random(self._seed).random  # noqa: S311  # nothing secret
        self._medium = Medium(self._loop, chance, lambda: clock.utc_ms() * 1_000_000)
        self._hub = Hub(self._medium, self._shape)
        self._door = Door(self._medium)
        self._thread.start()
        try:
            self.ports = asyncio.run_coroutine_threadsafe(
                self._open(), self._loop
            ).result()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cut off all hosts, and end the thread."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._end()

    def transport(self, name: str = "") -> str:
        """Give what a radio is opened with; `name` is its name on this air."""
        where = f"{LOOPBACK}:{self.ports.hosts}"
        return f"air:{where}/{name}" if name else f"tcp-client:{where}"

    def put(self, name: str, x: float, y: float = 0.0) -> None:
        """Move a host, in metres. A name may be moved before its host is there."""
        self._do(lambda: self._medium.put(name, x, y))

    def lose(self, share: float) -> None:
        """Have receivers miss this share of all packets."""

        def change() -> None:
            self._medium.loss = share

        self._do(change)

    def cut(self) -> None:
        """Lose every connection now."""
        self._do(self._medium.cut)

    def sniff(self, sniffer: Sniffer) -> None:
        """Show every packet to `sniffer`, which is called in the air's thread."""
        self._do(lambda: self._medium.sniffers.append(sniffer))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names of all hosts."""
        return self._do(lambda: tuple(self._medium.listeners))

    def _do(self, act: Callable[[], T]) -> T:
        async def run() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    async def _open(self) -> Ports:
        hosts = await self._hub.open(self._wanted.hosts)
        return Ports(hosts, await self._door.open(self._wanted.door))

    async def _close(self) -> None:
        await self._hub.close()
        await self._door.close()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
