"""The door for whoever moves hosts of a running air: lines of JSON by TCP.

One request a line, one answer a line: {"act": "place", "name": "cam1", "x": 3, "y": 4},
{"act": "loss", "percent": 10}, {"act": "cut"}, {"act": "hosts"}.
"""

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from typing_extensions import override

from lapel.base.errors import (
    LapelError,
    MalformedError,
    NotFoundError,
    UnreachableError,
)
from lapel.sim.air.hub import LOOPBACK, listening, port_of
from lapel.sim.air.medium import Medium

LINE_MOST: Final = 4096
Words = Mapping[str, object]


@dataclass
class Door:
    """Answers requests about one medium."""

    medium: Medium
    _server: asyncio.Server | None = None
    _visits: set["_Visit"] = field(default_factory=set["_Visit"])

    async def open(self, port: int) -> int:
        """Listen; gives the port. 0 picks a free one."""
        self._server = await listening(lambda: _Visit(self), port)
        return port_of(self._server)

    async def close(self) -> None:
        """Stop."""
        for visit in list(self._visits):
            visit.end()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def enter(self, visit: "_Visit") -> None:
        """Know a connection."""
        self._visits.add(visit)

    def leave(self, visit: "_Visit") -> None:
        """Forget a connection."""
        self._visits.discard(visit)

    def answer(self, line: bytes) -> bytes:
        """Do one request; what cannot be done changes nothing."""
        try:
            said = self._do(_words(line))
        except LapelError as error:
            said = {"error": error.code, "message": str(error)}
        return json.dumps(said).encode() + b"\n"

    def _do(self, words: Words) -> Words:
        acts: dict[str, Callable[[Words], Words]] = {
            "place": self._place,
            "loss": self._loss,
            "cut": self._cut,
            "hosts": self._hosts,
        }
        name = words.get("act")
        act = acts.get(name) if isinstance(name, str) else None
        if act is None:
            raise MalformedError("acts are place, loss, cut and hosts")
        return act(words)

    def _place(self, words: Words) -> Words:
        name = words.get("name")
        if not isinstance(name, str) or name not in self.medium.listeners:
            raise NotFoundError(f"no host of this air is called {name}; see `hosts`")
        self.medium.put(name, _number(words, "x"), _number(words, "y"))
        return {}

    def _loss(self, words: Words) -> Words:
        percent = _number(words, "percent")
        if not 0 <= percent < 100:
            raise MalformedError("percent is at least 0 and less than 100")
        self.medium.loss = percent / 100
        return {}

    def _cut(self, _: Words) -> Words:
        self.medium.cut()
        return {}

    def _hosts(self, _: Words) -> Words:
        places = self.medium.space.places
        found = [
            {"name": name, "place": list(places.get(name, (0.0, 0.0)))}
            for name in sorted(self.medium.listeners)
        ]
        return {"hosts": found, "links": len(self.medium.links)}


class _Visit(asyncio.Protocol):
    """One connection to the door."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._held = b""
        self._transport: asyncio.WriteTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport
            self._door.enter(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._door.leave(self)

    def end(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    @override
    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        *lines, self._held = (self._held + data).split(b"\n")
        for line in lines:
            self._transport.write(self._door.answer(line))
        if len(self._held) > LINE_MOST:
            self.end()


def _words(line: bytes) -> Words:
    try:
        read: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MalformedError("a request is one line of JSON") from error
    if not isinstance(read, dict):
        raise MalformedError("a request is a JSON object")
    return cast(Words, read)


def _number(words: Words, name: str) -> float:
    value = words.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedError(f"{name} is a number")
    if not math.isfinite(value) or abs(value) > 1e6:
        raise MalformedError(f"{name} lies within a thousand kilometres")
    return float(value)


async def ask(port: int, request: Words) -> Words:
    """Ask the door of a running air; raises what it answers."""
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError as error:
        raise UnreachableError(
            f"no air has its door at port {port}; `lapel air` prints where it is"
        ) from error
    writer.write(json.dumps(request).encode() + b"\n")
    await writer.drain()
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    said = _words(line)
    if "error" in said:
        kind = NotFoundError if said["error"] == NotFoundError.code else MalformedError
        raise kind(str(said.get("message")))
    return said
