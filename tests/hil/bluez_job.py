"""Runs in the virtual machine: BlueZ and bleak reach our peripheral over vhci.

The kernel's own host stack gets a controller of our virtual air; the camera's radio has
another one. Nothing of Linux is replaced.
"""

import asyncio
import os
import subprocess
from contextlib import ExitStack, aclosing
from pathlib import Path
from typing import Final

from lapel.base.errors import UnreachableError
from lapel.ports.air import Heard, Peripheral, Sighting, Subscribed, Wrote
from lapel.radio.adverts import place_of
from lapel.radio.desktop import BleakCentral
from lapel.radio.peripheral import bumble_peripheral
from lapel.sim.air.running import Air
from tests.hil.vhci import attach
from tests.radio.stages import shown

_MODULES: Final = ("hci_vhci", "algif_skcipher", "algif_hash", "ecb", "cmac")
_LIMIT_S: Final = 120


def say(*words: object) -> None:
    """Tell the test how far it is."""
    print(*words, flush=True)  # noqa: T201


class Echo:
    """Sends back each value that is written, reversed."""

    def __init__(self) -> None:
        self.radio: Peripheral | None = None
        self.mtu = 0

    def __call__(self, heard: Heard) -> None:
        if isinstance(heard, Subscribed):
            self.mtu = heard.mtu
        if isinstance(heard, Wrote) and self.radio is not None:
            self.radio.send(heard.link, (heard.value[::-1],))


def start_bluez(stack: ExitStack) -> None:
    """Start the system's bus, bluetoothd, and switch the adapter on."""
    for folder in ("/run/dbus", "/var/lib/bluetooth"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    subprocess.run(["dbus-daemon", "--system", "--fork"], check=True)
    daemon = subprocess.Popen(["/usr/libexec/bluetooth/bluetoothd", "-n"])
    stack.callback(daemon.terminate)


async def switch_on() -> None:
    """Have bluetoothd switch the adapter on."""
    words = ""
    for _ in range(30):
        said = await asyncio.to_thread(
            subprocess.run,
            ["timeout", "5", "bluetoothctl", "power", "on"],
            capture_output=True,
            text=True,
        )
        if "succeeded" in said.stdout:
            return
        words = said.stdout + said.stderr
        await asyncio.sleep(0.5)
    raise UnreachableError(words)


async def search(central: BleakCentral, token: bytes) -> Sighting:
    """Scan until a camera shows this token."""
    async with asyncio.timeout(40), aclosing(central.scan()) as scan:
        async for sighting in scan:
            if sighting.data == token:
                return sighting
    raise UnreachableError("the scan ended")


async def exchange(central: BleakCentral, echo: Echo) -> None:
    """Connect, and have values come back."""
    seen = await search(central, b"token1")
    say("seen", seen.place, seen.company, seen.rssi)
    connection = await central.connect(seen.place)
    say("connected, MTU", echo.mtu)
    values = connection.values()
    for size in (1, 20, 100, min(echo.mtu - 3, 512)):
        value = os.urandom(size)
        await connection.write(value)
        async with asyncio.timeout(20):
            assert await anext(values) == value[::-1]
    assert echo.radio is not None
    echo.radio.show(shown(2, token=b"token2"))
    await connection.write(b"same link")
    async with asyncio.timeout(20):
        assert await anext(values) == b"knil emas"
    await connection.close()
    changed = await search(central, b"token2")
    assert changed.place == place_of(shown(2).address)
    say("echoed; seen again as", changed.place)


async def talk(air: Air) -> None:
    """Switch on, and reach a camera."""
    echo = Echo()
    echo.radio = bumble_peripheral(air.transport("camera"))(echo)
    echo.radio.show(shown())
    async with asyncio.timeout(_LIMIT_S):
        await switch_on()
        central = BleakCentral(patience_s=40)
        await exchange(central, echo)
        await central.close()
    echo.radio.close()


def main() -> None:
    """Do all of it."""
    with ExitStack() as stack:
        subprocess.run(["modprobe", "-a", *_MODULES], check=True)
        air = stack.enter_context(Air())
        attach(air, "linux")
        start_bluez(stack)
        asyncio.run(talk(air))


if __name__ == "__main__":
    main()
