"""What a person does with an app on a computer: pair with a camera, and use it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import LapelError
from lapel.crypto.link import Code
from lapel.ports.air import Central
from lapel.protocol.app_link import AppLink, Wish
from lapel.protocol.link import Ended, Judged, Keep, LinkError, Opened, Show, Why
from lapel.protocol.pairing import Demands
from lapel.view.finding import find_paired, find_pairing
from lapel.view.shelf import Shelf
from lapel.view.talk import Talk, error_of
from lapel.wire.control import (
    LinkVerb,
    Listed,
    Nothing,
    Recordings,
    RecordingsBefore,
    SettingsFrom,
    State,
    WearerSettings,
)
from lapel.wire.document import Document
from lapel.wire.pairing import Pairings, Record

PAGES_MOST: Final = 1000
UNCONFIRMED: Final = (
    "the camera did not confirm the pairing. Was its Event button pressed once, while "
    "it flashed? Pair again; a pairing from before still holds"
)
T = TypeVar("T", bound=Document)


@dataclass(frozen=True, slots=True)
class Asking:
    """How a person takes part in a pairing."""

    met: Callable[[Judged], None]
    """Told who the camera is, before anything is kept."""
    compare: Callable[[Code], Awaitable[bool]]
    """Asked whether camera and app show the same."""
    waits: Callable[[], None] = lambda: None
    """Told that it is the camera's turn now."""


@dataclass(frozen=True)
class App:
    """An app on a computer."""

    shelf: Shelf
    central: Central
    clock: Clock
    entropy: Entropy
    look_s: float = 5.0
    """How long it looks for cameras in pairing mode."""
    find_s: float = 15.0
    """How long it looks for a camera that it knows."""

    async def pair(self, name: str | None, wish: Wish, asking: Asking) -> Record:
        """Pair with the camera in pairing mode; gives the record that was kept.

        Raises `NotFoundError`, or `LinkError` when the pairing did not come about.
        """
        sighting = await find_pairing(self.central, name, self.look_s)
        connection = await self.central.connect(sighting.place)
        link = AppLink(self.shelf.identity(self.entropy), wish)
        kept: Record | None = None
        async with Talk(connection, link, self.shelf, self.clock) as talk:
            while True:
                match await talk.hear():
                    case Judged() as judged:
                        asking.met(judged)
                    case Show(code):
                        await _compare(talk, asking, code)
                    case Keep(record):
                        kept = record
                        asking.waits()
                    case Ended(Why.PAIRED) if kept is not None:
                        return kept
                    case Ended(Why.GONE | Why.LATE) if kept is not None:
                        raise LinkError(Why.LATE, UNCONFIRMED)
                    case Ended(why):
                        raise error_of(why)
                    case _:
                        pass

    @asynccontextmanager
    async def session(self, named: str | None) -> AsyncGenerator[Talk, None]:
        """Open a session with a paired camera; raises `NotFoundError`, `LinkError`.

        The record whose token the camera shows is tried first, then the others.
        """
        camera, held = self.shelf.find(named)
        found = await find_paired(self.central, {camera: held}, self.clock, self.find_s)
        tried = list(_first(found.record, held))
        for number, record in enumerate(tried, 1):
            connection = await self.central.connect(found.sighting.place)
            link = AppLink(self.shelf.identity(self.entropy), Wish(record))
            async with Talk(connection, link, self.shelf, self.clock) as talk:
                try:
                    await opened(talk)
                except LinkError as error:
                    if error.why is not Why.CRYPTO or number == len(tried):
                        raise
                    continue
                yield talk
                return


def _first(record: Record, held: Pairings) -> Iterator[Record]:
    yield record
    yield from (one for one in held.records if one != record)


async def opened(talk: Talk) -> None:
    """Wait until the session is open; raises `LinkError`."""
    while True:
        match await talk.hear():
            case Opened():
                return
            case Ended(why):
                raise error_of(why)
            case _:
                pass


async def _compare(talk: Talk, asking: Asking, code: Code) -> None:
    """Ask the person while the link goes on; a late or lost link ends the question."""
    answer = asyncio.ensure_future(asking.compare(code))
    hearing = asyncio.create_task(talk.hear(), name="link while comparing")
    try:
        await asyncio.wait((answer, hearing), return_when=asyncio.FIRST_COMPLETED)
        if hearing.done():
            output = hearing.result()
            raise error_of(output.why if isinstance(output, Ended) else Why.FORMAT)
        if not answer.result():
            raise error_of(Why.DIFFERENT)
    finally:
        for one in (answer, hearing):
            one.cancel()
            with suppress(asyncio.CancelledError, LapelError):
                await one
    await talk.same()


def need(demands: Demands, *, compare: bool) -> Wish:
    """Wish for a pairing that is at least this good."""
    return Wish(None, demands, compare)


async def state(talk: Talk) -> State:
    """Ask for the camera's state."""
    return _is(await talk.ask(LinkVerb.STATE, Nothing()), State)


async def recordings(talk: Talk, most: int) -> list[Listed]:
    """Ask for the newest recordings, page by page, at most so many."""
    found: list[Listed] = []
    before: int | None = None
    for _ in range(PAGES_MOST):
        result = await talk.ask(LinkVerb.RECORDINGS, RecordingsBefore(before))
        page = _is(result, Recordings)
        found += page.page
        if len(found) >= most or not page.more or not page.page:
            break
        before = page.page[-1].seq
    return found[:most]


async def settings(talk: Talk) -> tuple[WearerSettings, tuple[str, ...]]:
    """Ask for what the wearer may set, and all categories."""
    categories: list[str] = []
    for _ in range(PAGES_MOST):
        asked = SettingsFrom(len(categories))
        page = _is(await talk.ask(LinkVerb.SETTINGS_GET, asked), WearerSettings)
        categories += page.categories
        if not page.more or not page.categories:
            return page, tuple(categories)
    raise error_of(Why.FORMAT)


def _is(document: Document | None, kind: type[T]) -> T:
    if not isinstance(document, kind):
        raise error_of(Why.FORMAT)
    return document
