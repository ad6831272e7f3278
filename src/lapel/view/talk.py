"""One link of an app, over a connection: what the pure machine says is done here.

An app drives it: `hear` waits for the next thing that a person may want to know, `ask`
for an answer. Everything that must be kept is kept before the camera is told.
"""

import asyncio
from collections import deque
from types import TracebackType
from typing import Final, Self

from lapel.base.clock import Clock, ClockQuality
from lapel.base.errors import LapelError, RefusedError, UnreachableError
from lapel.ports.air import Connection
from lapel.protocol.app_link import AppLink
from lapel.protocol.link import (
    Answered,
    Ended,
    Keep,
    LinkError,
    Noticed,
    Now,
    Output,
    Proved,
    Send,
    Why,
)
from lapel.view.shelf import Shelf, fingerprint
from lapel.wire.control import LinkVerb, State
from lapel.wire.document import Document
from lapel.wire.pairing import Pairings
from lapel.wire.port import Code

ADVICE: Final = {
    Why.FORMAT: "the camera speaks another language; update both",
    Why.VERSION: "camera and app have no version in common; update the older one",
    Why.NOT_PAIRING: "the camera is not in pairing mode. Hold Event and Function "
    "together for three seconds, and pair within a minute",
    Why.CRYPTO: "the camera did not prove that it is the one paired. If it was paired "
    "with another app since, pair anew; else somebody may stand between",
    Why.BUSY: "the camera is busy, in pairing mode, or its agency has switched View "
    "off. Try again in a minute",
    Why.LATE: "the camera did not answer in time. Go nearer and try again",
    Why.POLICY: "the agency's settings ended the link",
    Why.UNVERIFIED: "this camera cannot show that it is your agency's. Nothing was "
    "told to it; if it should be yours, dock it and try again",
    Why.DIFFERENT: "the codes differ, so somebody may stand between. Nothing was kept; "
    "do not pair here, and tell the agency",
    Why.STORAGE: "the pairing could not be stored; the one before still holds",
    Why.UNPAIRED: "the camera has erased this pairing",
    Why.REPLACED: "the camera has opened another session",
    Why.WORN_OUT: "the session has ended after its longest time; connect again",
    Why.GONE: "the camera is out of range or switched off. Nothing is lost; try again",
}


def error_of(why: Why) -> LapelError:
    """Say why a link ended, and what to do."""
    return LinkError(why, ADVICE.get(why, why.value))


class Talk:
    """A link at work; use it as a context, which drops the connection at its end."""

    def __init__(
        self, connection: Connection, link: AppLink, shelf: Shelf, clock: Clock
    ) -> None:
        """Prepare; nothing is sent before the context begins."""
        self.state: State | None = None
        self._connection = connection
        self._link = link
        self._shelf = shelf
        self._clock = clock
        self._before: dict[str, Pairings] = shelf.pairings()
        self._values: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._heard: deque[Output] = deque()
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Listen, and say hello."""
        self._listening = asyncio.create_task(self._listen(), name="link values")
        await self._do(self._link.start(self._now()))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop the connection, whatever happened."""
        self._link.end(Why.GONE)
        if self._listening is not None:
            self._listening.cancel()
        await self._connection.close()

    def _now(self) -> Now:
        return Now(self._clock.mono_ms(), self._clock.utc_ms(), ClockQuality.RTC)

    async def _listen(self) -> None:
        try:
            async for value in self._connection.values():
                self._values.put_nowait(value)
        finally:
            self._values.put_nowait(None)

    async def hear(self) -> Output:
        """Wait for what the link puts out next; `Ended` is the last."""
        while not self._heard:
            await self._more()
        output = self._heard.popleft()
        if isinstance(output, Noticed):
            self.state = output.state
        return output

    async def _more(self) -> None:
        due = self._link.next_deadline()
        left = None if due is None else max(0, due - self._clock.mono_ms()) / 1000
        try:
            value = await asyncio.wait_for(self._values.get(), left)
        except TimeoutError:
            await self._do(self._link.tick(self._now()))
            return
        if value is None:
            self._heard.extend(self._link.end(Why.GONE))
            if not self._heard:
                raise error_of(Why.GONE)
            return
        await self._do(self._link.value(value, self._now()))

    async def _do(self, outputs: list[Output]) -> None:
        """Do what the link says, in order."""
        for output in outputs:
            match output:
                case Send(values):
                    await self._send(values)
                case Keep(record):
                    self._shelf.keep(record)
                    self._heard.append(output)
                    await self._do(self._link.kept(self._now()))
                case Proved(record):
                    camera = fingerprint(record.peer)
                    if camera in self._before:
                        self._shelf.proved(record, self._before[camera])
                case _:
                    self._heard.append(output)

    async def _send(self, values: tuple[bytes, ...]) -> None:
        try:
            for value in values:
                await self._connection.write(value)
        except UnreachableError:
            self._values.put_nowait(None)

    async def same(self) -> None:
        """Pass on the user's word that both sides show the same code."""
        await self._do(self._link.same(self._now()))

    async def ask(self, verb: LinkVerb, arguments: Document) -> Document | None:
        """Ask the camera and wait for its result.

        Raises `RefusedError` with the camera's reason, `LinkError` when the link ends.
        """
        await self._do(self._link.ask(verb, arguments))
        while True:
            match await self.hear():
                case Answered(_, Code.DONE, result):
                    return result
                case Answered(_, code, _, reason):
                    reason = reason or code.name.lower().replace("_", "-")
                    raise RefusedError(reason, refusal(reason))
                case Ended(why):
                    raise error_of(why)
                case _:
                    pass


REFUSALS: Final = {
    "setting": "the agency does not let wearers change this",
    "category": "not one of the agency's categories; see: lapel view settings",
    "source": "an app tells a place by its own receiver only",
    "role": "this app may not ask for that",
    "verb": "it does not know this request; update the older one of both",
    "not-served": "this camera does not do that yet",
    "arguments": "it could not read what was asked; make it shorter, or update both",
    "recording": "it does not hold that recording any more; describe it in Evidence",
    "one-at-a-time": "another request is still at work; try again",
    "too-many": "too many changes at once; try again in a few seconds",
    "memory-full": "its storage is full; nothing was changed. Dock it",
    "storage": "its storage failed; nothing was changed. Have the camera looked at",
    "wrong-state": "not now, in this mode",
}
"""What a camera's reasons mean, and what to do."""


def refusal(reason: str) -> str:
    """Say in words why the camera refused."""
    return f"the camera refused: {REFUSALS.get(reason, reason)}"
