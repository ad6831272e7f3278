"""An app on a connection of any radio: it pairs, or opens a session and asks."""

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import TypeAlias, TypeVar

from lapel.ports.air import Central, Connection, Sighting
from lapel.protocol.app_link import AppLink, AppState, Wish
from lapel.protocol.link import Answered, Ended, Keep, Now, Output, Send
from lapel.protocol.pairing import Identity
from lapel.wire.control import LinkVerb, Nothing
from lapel.wire.document import Document
from lapel.wire.pairing import Record

Ask: TypeAlias = tuple[LinkVerb, Document]
T = TypeVar("T")


async def found(central: Central) -> Sighting:
    """Give the first camera that is heard."""
    async with aclosing(central.scan()) as heard:
        async for sighting in heard:
            return sighting
    raise TimeoutError("nothing was heard")


class Talk:
    """One connection, driven by what comes; `waits` are seconds for each value."""

    def __init__(
        self,
        identity: Identity,
        wish: Wish,
        now: Callable[[], Now],
        asks: Sequence[Ask] = ((LinkVerb.STATE, Nothing()),),
    ) -> None:
        """Prepare; `run` connects, and in a session asks `asks` one by one."""
        self.app = AppLink(identity, wish)
        self.now = now
        self.heard: list[Output] = []
        self.kept: list[Record] = []
        self.waits: list[float] = []
        self._asks = list(asks)
        self._asking = 0

    async def run(self, central: Central) -> None:
        """Talk until the link ends, or all has been answered."""
        connection = await central.connect((await found(central)).place)
        await self._do(connection, self.app.start(self.now()))
        sent = time.monotonic()
        async for value in connection.values():
            self.waits.append(time.monotonic() - sent)
            await self._do(connection, self.app.value(value, self.now()))
            answered = len(self.said(Answered))
            if self.said(Ended) or answered == len(self._asks):
                break
            if self.app.state is AppState.OPEN and self._asking == answered:
                asked = self.app.ask(*self._asks[answered])
                self._asking += 1
                await self._do(connection, asked)
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
                self.kept.append(output.record)
                await self._do(connection, self.app.kept(self.now()))

    def said(self, kind: type[T]) -> list[T]:
        """Give outputs of one kind."""
        return [one for one in self.heard if isinstance(one, kind)]
