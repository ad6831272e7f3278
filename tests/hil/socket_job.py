"""Runs in the virtual machine: our peripheral on Linux's HCI user channel.

The kernel has a controller of our virtual air, and leaves it to whoever asks for it, as
a board with a real adapter does. An app reaches it; then the adapter is pulled out.
"""

import asyncio
import subprocess
from contextlib import aclosing
from queue import SimpleQueue

from lapel.ports.air import Failed, Gone, Heard, Subscribed, Wrote
from lapel.radio.adverts import place_of
from lapel.radio.central import BumbleCentral
from lapel.radio.doors import make_peripheral
from lapel.sim.air.running import Air
from tests.hil.vhci import Attached, attach
from tests.radio.stages import shown

LIMIT_S = 90


def say(*words: object) -> None:
    """Tell the test how far it is."""
    print(*words, flush=True)  # noqa: T201


async def job(air: Air, adapter: Attached) -> None:
    """Be seen, be reached, echo, and lose the adapter."""
    heard: SimpleQueue[Heard] = SimpleQueue()
    camera = make_peripheral("hci-socket:0")(heard.put)
    camera.show(shown())
    say("opened")
    phone = BumbleCentral(air.transport("phone"))
    async with aclosing(phone.scan()) as scan:
        seen = await anext(scan)
    assert seen.place == place_of(shown().address), seen
    say("seen", seen)
    connection = await phone.connect(seen.place)
    subscribed = await asyncio.to_thread(heard.get)
    assert isinstance(subscribed, Subscribed), subscribed
    await connection.write(b"up")
    assert await asyncio.to_thread(heard.get) == Wrote(subscribed.link, b"up")
    camera.send(subscribed.link, (b"down" * 50,))
    assert await anext(connection.values()) == b"down" * 50
    say("echoed")
    await asyncio.to_thread(adapter.pull_out)
    while not isinstance(told := await asyncio.to_thread(heard.get), Failed):
        assert isinstance(told, Gone), told
    say("then:", told.cause)
    camera.close()
    await phone.close()


async def main() -> None:
    """Do all of it."""
    await asyncio.to_thread(subprocess.run, ["modprobe", "hci_vhci"], check=True)
    with Air() as air:
        adapter = attach(air, "adapter")
        await asyncio.sleep(3)  # the kernel looks at a new adapter, then leaves it
        async with asyncio.timeout(LIMIT_S):
            await job(air, adapter)


if __name__ == "__main__":
    asyncio.run(main())
