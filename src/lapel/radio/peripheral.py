"""A camera's radio on a bumble host stack."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final, TypeAlias

from bumble.att import ATT_WRITE_NOT_PERMITTED_ERROR, ATT_Error, Bearer
from bumble.core import BaseBumbleError
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import HCI_REMOTE_USER_TERMINATED_CONNECTION_ERROR, HCI_Error
from typing_extensions import override

from lapel.base.errors import MalformedError
from lapel.ports.air import (
    Failed,
    Gone,
    Heard,
    MakePeripheral,
    Peripheral,
    Shown,
    Subscribed,
    Wrote,
)
from lapel.radio.adverts import too_long
from lapel.radio.gatt import NOTIFY_UUID, SERVICE_UUID, WRITE_UUID
from lapel.radio.host import Host, open_host
from lapel.radio.looping import LoopThread
from lapel.radio.showing import Showing, address_of, showing
from lapel.radio.telling import Teller

_END_S: Final = 5.0
_BEFORE: Final = bytes.fromhex("c00000000000")
"""A random address that is never shown: until the first `show` the radio is silent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What strangers may take."""

    connections: int = 8
    idle_s: float = 10.0
    """Seconds in which whoever connects must subscribe."""
    behind: int = 1024
    """Values that may wait to be heard; whoever writes more is dropped."""


_Act: TypeAlias = tuple[bytes, ...] | None
"""Values to notify; None: drop."""


@dataclass(eq=False)
class _Link:
    """One connection; it has a number and an MTU from when its app has subscribed."""

    connection: Connection
    acts: "asyncio.Queue[_Act]" = field(default_factory=asyncio.Queue)
    number: int | None = None
    idle: asyncio.TimerHandle | None = None
    task: "asyncio.Task[None] | None" = None


class BumblePeripheral(Peripheral):
    """Shows adverts, and carries values over the camera's GATT service."""

    def __init__(
        self,
        transport: str,
        hear: Callable[[Heard], None],
        limits: Limits | None = None,
        numbers: "count[int] | None" = None,
    ) -> None:
        """Open the transport; raises `SetupError` or `UnreachableError`.

        `numbers` numbers the links, also of a radio that is made anew.
        """
        self._limits = limits or Limits()
        self._thread = LoopThread("radio")
        try:
            self._host = self._thread.run(open_host(transport, address_of(_BEFORE)))
        except BaseException:
            self._thread.end_after(_nothing())
            raise
        self._tell = Teller("radio-heard", hear)
        self._over = False
        self._mtus: dict[int, int] = {}
        outside = _Outside(self._told, self._mtus, numbers or count(1))
        self._work = _Work(self._host, outside, self._limits)
        self._thread.run(self._work.begin())

    @override
    def show(self, shown: Shown | None) -> None:
        self._thread.post(lambda: self._work.show(shown))

    @override
    def send(self, link: int, values: tuple[bytes, ...]) -> None:
        mtu = self._mtus.get(link)
        if mtu is None:
            return
        if any(too_long(value, mtu) for value in values):
            raise MalformedError("a value that does not fit into this link")
        self._thread.post(lambda: self._work.act(link, values))

    @override
    def drop(self, link: int) -> None:
        self._thread.post(lambda: self._work.act(link, None))

    @override
    def close(self) -> None:
        if not self._over:
            self._over = True
            self._tell.close()
            self._thread.end_after(self._work.end())

    def join(self, limit_s: float = 30) -> None:
        """Wait until a closed radio has ended."""
        self._thread.join(limit_s)

    def _told(self, heard: Heard) -> bool:
        """Tell; gives whether whoever hears keeps up."""
        self._tell(heard)
        return self._tell.behind < self._limits.behind


@dataclass(frozen=True, slots=True)
class _Outside:
    """What the loop shares with who made the radio."""

    tell: Callable[[Heard], bool]
    """Gives whether whoever hears keeps up."""
    mtus: dict[int, int]
    numbers: "count[int]"


class _Work:
    """What goes on in the radio's loop."""

    def __init__(self, host: Host, outside: _Outside, limits: Limits) -> None:
        self._limits = limits
        self._host = host
        self._device: Device = host.device
        self._tell = outside.tell
        self._mtus = outside.mtus
        self._numbers = outside.numbers
        self._links: dict[int, _Link] = {}
        self._wanted: Shown | None = None
        self._changed = asyncio.Event()
        self._showing: Showing = showing(self._device)
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed = False
        self._notify = Characteristic[bytes](
            NOTIFY_UUID, Characteristic.Properties.NOTIFY, Characteristic.READABLE, b""
        )

    async def begin(self) -> None:
        """Serve the camera's service, and wait for the first `show`."""
        properties = Characteristic.Properties
        write = Characteristic[bytes](
            WRITE_UUID,
            properties.WRITE | properties.WRITE_WITHOUT_RESPONSE,
            Characteristic.WRITEABLE,
            CharacteristicValue(write=self._written),
        )
        self._notify.on(Characteristic.EVENT_SUBSCRIPTION, self._subscription)
        self._device.add_service(Service(SERVICE_UUID, [write, self._notify]))
        self._device.on(Device.EVENT_CONNECTION, self._connected)
        asyncio.get_running_loop().set_exception_handler(self._trouble)
        self._shows = self._start(self._show_all(), "radio-shows")
        self._start(self._watch(), "radio-watch")

    async def end(self) -> None:
        """Be silent, drop all, and give the transport back."""
        self._shows.cancel()
        with suppress(HCI_Error, BaseBumbleError, TimeoutError):
            async with asyncio.timeout(_END_S):
                if not self._failed:
                    await self._showing.stop()
                    for link in list(self._links.values()):
                        await self._disconnect(link)
        await self._host.close()

    def show(self, shown: Shown | None) -> None:
        """Show this as soon as the controller has done what it does now."""
        self._wanted = shown
        self._changed.set()

    def act(self, number: int, act: _Act) -> None:
        """Do this on a link, after what was to be done before."""
        for link in self._links.values():
            if link.number == number:
                link.acts.put_nowait(act)

    def _start(
        self, work: Coroutine[object, object, None], name: str
    ) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _show_all(self) -> None:
        while not self._failed:
            await self._changed.wait()
            self._changed.clear()
            # To its end, even if this is cancelled: see `_disconnect`.
            await asyncio.shield(self._start(self._show_now(), "radio-show"))

    async def _show_now(self) -> None:
        try:
            with suppress(HCI_Error):
                await self._showing.stop()
            if self._wanted is not None:
                # A controller that cannot show itself while it is connected refuses;
                # then it is shown when the connection ends.
                with suppress(HCI_Error):
                    await self._showing.start(self._wanted)
        except BaseBumbleError:
            self._fail("the Bluetooth controller does not answer")

    async def _watch(self) -> None:
        await self._host.gone()
        self._lost()

    def _trouble(
        self, loop: asyncio.AbstractEventLoop, context: dict[str, object]
    ) -> None:
        """See what bumble does not tell: a socket whose adapter was pulled out."""
        if isinstance(context.get("exception"), OSError):
            self._lost()
        else:
            loop.default_exception_handler(context)

    def _lost(self) -> None:
        self._shows.cancel()
        self._fail("the Bluetooth controller is gone")

    def _fail(self, cause: str) -> None:
        if not self._failed:
            self._failed = True
            self._mtus.clear()
            self._tell(Failed(cause))

    def _connected(self, connection: Connection) -> None:
        link = _Link(connection)
        self._links[connection.handle] = link

        def gone(_reason: int) -> None:
            self._gone(link)

        connection.on(Connection.EVENT_DISCONNECTION, gone)
        loop = asyncio.get_running_loop()
        crowded = len(self._links) > self._limits.connections
        wait = 0 if crowded else self._limits.idle_s
        link.idle = loop.call_later(wait, link.acts.put_nowait, None)
        name = f"radio-link-{connection.handle}"
        link.task = loop.create_task(self._serve(link), name=name)
        self._changed.set()

    def _gone(self, link: _Link) -> None:
        self._links.pop(link.connection.handle, None)
        if link.idle is not None:
            link.idle.cancel()
        if link.task is not None:
            link.task.cancel()
        self._changed.set()
        # What arrived before has been handed to tasks of the host; they come first.
        asyncio.get_running_loop().call_soon(self._tell_gone, link)

    def _tell_gone(self, link: _Link) -> None:
        if link.number is not None and not self._failed:
            self._mtus.pop(link.number, None)
            self._tell(Gone(link.number))
            link.number = None

    def _subscription(self, bearer: Bearer, notify: bool, _indicate: bool) -> None:  # noqa: FBT001
        link = self._link_of(bearer)
        if link is None:
            return
        if not notify:
            link.acts.put_nowait(None)
            return
        if link.number is None:
            link.number = next(self._numbers)
            if link.idle is not None:
                link.idle.cancel()
            mtu = link.connection.att_mtu
            self._mtus[link.number] = mtu
            self._tell(Subscribed(link.number, mtu))

    def _written(self, bearer: Bearer, value: bytes) -> None:
        link = self._link_of(bearer)
        if link is None or link.number is None:
            raise ATT_Error(ATT_WRITE_NOT_PERMITTED_ERROR)
        if not self._tell(Wrote(link.number, bytes(value))):
            link.acts.put_nowait(None)

    def _link_of(self, bearer: Bearer) -> _Link | None:
        """Find the link; a bearer of another kind has none, nor has a failed radio."""
        if self._failed or not isinstance(bearer, Connection):
            return None
        link = self._links.get(bearer.handle)
        return link if link is not None and link.connection is bearer else None

    async def _serve(self, link: _Link) -> None:
        while (values := await link.acts.get()) is not None:
            for value in values:
                await self._device.notify_subscriber(
                    link.connection, self._notify, value
                )
                await self._drain(link, value)
        await self._disconnect(link)

    async def _drain(self, link: _Link, value: bytes) -> None:
        """Wait until the app's controller has it: a drop loses what is still waiting.

        Bumble's `drain` may return when part of the packets is through, but then at
        least one is; so it is asked once for each.
        """
        host, handle = self._device.host, link.connection.handle
        queue = host.get_data_packet_queue(handle)
        if queue is None:
            return
        for _ in range(math.ceil((len(value) + 7) / queue.max_packet_size)):
            with suppress(ValueError):
                await queue.drain(handle)

    async def _disconnect(self, link: _Link) -> None:
        """Disconnect; a connection that is gone already is fine.

        The app may drop it in the same moment, and then who waits here is cancelled.
        The command goes on to its end all the same: bumble takes the answer to one
        that was cut short for the answer to the next, and would show nothing more.
        """
        await asyncio.shield(self._start(self._drop(link), "radio-drop"))

    async def _drop(self, link: _Link) -> None:
        with suppress(HCI_Error, BaseBumbleError, TimeoutError):
            await link.connection.disconnect(
                HCI_REMOTE_USER_TERMINATED_CONNECTION_ERROR
            )


async def _nothing() -> None:
    pass


def bumble_peripheral(transport: str, limits: Limits | None = None) -> MakePeripheral:
    """Give what makes a camera's radio on this transport."""
    numbers = count(1)

    def make(hear: Callable[[Heard], None]) -> Peripheral:
        return BumblePeripheral(transport, hear, limits, numbers)

    return make
