"""Which of the cameras on the air is the one wanted (formats 1: token)."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from lapel.base.clock import Clock
from lapel.base.errors import NotFoundError
from lapel.crypto.link import token
from lapel.ports.air import Central, Sighting
from lapel.wire.link import slot_of
from lapel.wire.pairing import Pairings, Record


@dataclass(frozen=True, slots=True)
class Found:
    """A camera on the air, and the record that its token comes from."""

    sighting: Sighting
    camera: str
    record: Record


def recognise(
    sighting: Sighting, pairings: Mapping[str, Pairings], utc_ms: int
) -> Found | None:
    """Find the record whose token, in this slot or one beside it, is in the advert."""
    slot = slot_of(utc_ms)
    for camera, held in pairings.items():
        for record in held.records:
            for near in (slot, slot - 1, slot + 1):
                if sighting.data == token(record.disc, max(0, near))[:6]:
                    return Found(sighting, camera, record)
    return None


async def hear_for(central: Central, seconds: float) -> AsyncGenerator[Sighting, None]:
    """Yield what is on the air, for so long."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    sightings: asyncio.Queue[Sighting] = asyncio.Queue()

    async def listen() -> None:
        async with aclosing(central.scan()) as scan:
            async for sighting in scan:
                sightings.put_nowait(sighting)

    listening = asyncio.create_task(listen(), name="scan")
    try:
        while (left := until - loop.time()) > 0:
            get = asyncio.create_task(sightings.get(), name="next sighting")
            done, _ = await asyncio.wait(
                (get, listening), timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
            if get in done:
                yield get.result()
                continue
            get.cancel()
            if listening in done:
                listening.result()
                return
    finally:
        listening.cancel()
        await asyncio.wait((listening,))


async def find_paired(
    central: Central, pairings: Mapping[str, Pairings], clock: Clock, seconds: float
) -> Found:
    """Find the first of these cameras that is heard; raises `NotFoundError`."""
    async with aclosing(hear_for(central, seconds)) as heard:
        async for sighting in heard:
            found = recognise(sighting, pairings, clock.utc_ms())
            if found is not None:
                return found
    raise NotFoundError(
        "the camera was not heard. Switch it on, go nearer, and try again; if it was "
        "paired with another app since, pair anew"
    )


async def find_pairing(central: Central, name: str | None, seconds: float) -> Sighting:
    """Find a camera in pairing mode, by its name; raises `NotFoundError`.

    Without a name there must be exactly one: with two, a person says which.
    """
    seen: dict[str, Sighting] = {}
    async with aclosing(hear_for(central, seconds)) as heard:
        async for sighting in heard:
            if sighting.name is None:
                continue
            if name is not None and sighting.name == name:
                return sighting
            seen[sighting.name] = sighting
    return _only(seen.values(), name)


def _only(seen: Iterable[Sighting], name: str | None) -> Sighting:
    found = list(seen)
    if name is None and len(found) == 1:
        return found[0]
    names = ", ".join(sorted(str(one.name) for one in found))
    if not found:
        raise NotFoundError(
            "no camera is in pairing mode. Hold Event and Function together for three "
            "seconds, while it is not recording, and pair within a minute"
        )
    if name is None:
        raise NotFoundError(
            f"more than one camera is in pairing mode; name it: {names}"
        )
    raise NotFoundError(f"{name} is not in pairing mode; these are: {names}")
