"""A private bus with our `org.bluez` on it, over a virtual air, as a block."""

import subprocess
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final, Self

from bumble.hci import Address
from dbus_fast import BusType
from dbus_fast.aio import MessageBus

from lapel.base.errors import SetupError
from lapel.radio.host import Host, open_host
from lapel.radio.looping import LoopThread
from lapel.sim.air.radio import SETS, Shape
from lapel.sim.air.running import Air
from lapel.sim.bluez.adapter import Adapter
from lapel.sim.bluez.objects import Objects
from lapel.sim.bluez.service import NAME, Service

BUS_VARIABLE: Final = "DBUS_SYSTEM_BUS_ADDRESS"
_CONFIGURATION: Final = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Bluez:
    """What an unmodified browser or app finds where it looks for the system's BlueZ.

    It is found through `environment`. `name` is the host's name on the air.
    """

    def __init__(self, transport: str) -> None:
        """Keep where the controller is: `Air.transport(name)`."""
        self._transport = transport
        self._stack = ExitStack()
        self.address = ""

    def __enter__(self) -> Self:
        """Start the bus, and serve on it."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="bus")))
            self.address = _daemon(stack, folder)
            self._thread = LoopThread("bluez")
            stack.callback(self._thread.join)
            stack.callback(lambda: self._thread.end_after(self._end()))
            self._bus: MessageBus | None = None
            self._host: Host | None = None
            self._thread.run(self._begin())
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all."""
        self._stack.close()

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables for programs that are to find this bus."""
        return {BUS_VARIABLE: self.address}

    def ask_mtu(self, mtu: int) -> None:
        """Have the next connections ask for this MTU."""
        self._adapter.mtu = mtu

    async def _begin(self) -> None:
        self._bus = await MessageBus(self.address, BusType.SYSTEM).connect()
        address = Address(bytes(5) + b"\xc1", Address.RANDOM_DEVICE_ADDRESS)
        self._host = await open_host(self._transport, address)
        objects = Objects(self._bus)
        self._adapter = Adapter(self._host.device, objects)
        self._adapter.begin()
        self._bus.add_message_handler(Service(self._adapter, objects).heard)
        await self._bus.request_name(NAME)

    async def _end(self) -> None:
        if self._host is not None:
            await self._host.close()
        if self._bus is not None:
            self._bus.disconnect()


@dataclass(frozen=True)
class BluezAir:
    """A virtual air, and a machine on it whose programs find BlueZ.

    Cameras use `air.transport(name)`. The machine's name on the air is `desktop`.
    """

    air: Air
    bluez: Bluez

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables for browsers and apps of that machine."""
        return self.bluez.environment


@contextmanager
def bluez_air(shape: Shape = SETS) -> Generator[BluezAir]:
    """Run both for a while."""
    with Air(shape) as air, Bluez(air.transport("desktop")) as bluez:
        yield BluezAir(air, bluez)


def _daemon(stack: ExitStack, folder: Path) -> str:
    """Start a bus of our own; gives its address."""
    configuration = folder / "bus.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder))
    log = stack.enter_context((folder / "log").open("w+"))
    command = ["dbus-daemon", f"--config-file={configuration}", "--nofork"]
    try:
        daemon = subprocess.Popen(
            [*command, "--nopidfile", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    except FileNotFoundError as error:
        raise SetupError(
            "dbus-daemon is missing; Debian's package dbus-daemon brings it"
        ) from error
    stack.enter_context(daemon)
    stack.callback(daemon.terminate)
    if daemon.stdout is None or not (address := daemon.stdout.readline().strip()):
        log.seek(0)
        raise SetupError(f"dbus-daemon did not start: {log.read().strip()}")
    return address
