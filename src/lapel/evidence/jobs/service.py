"""Work outside of a request: pictures, checkpoints, sweeping, looking after files."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from lapel.base.errors import LapelError
from lapel.evidence.custody import witnesses
from lapel.evidence.items import service as items
from lapel.evidence.jobs import check, thumbs
from lapel.evidence.server import Server
from lapel.evidence.site import Site

_log: Final = structlog.get_logger("lapel.evidence")

LOOK_S: Final = 1.0
THUMBS_S: Final = 1.0
CHECKPOINT_S: Final = 5.0
WITNESS_S: Final = 20.0
SWEEP_S: Final = 60.0
CHECK_S: Final = 10.0
PATIENCE_S: Final = 30.0
"""How long pictures and the check of files give way to recordings that arrive."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is done again and again, and whether it gives way to what arrives."""

    name: str
    every_s: float
    act: Callable[[Site], None]
    gives_way: bool = False


@asynccontextmanager
async def running(server: Server) -> AsyncGenerator[None]:
    """Run every job for every agency until the block ends."""
    work = (
        Job("pictures", THUMBS_S, make_pictures, gives_way=True),
        Job("checkpoint", CHECKPOINT_S, lambda site: site.checkpoints.refresh()),
        Job("witnesses", WITNESS_S, ask_witnesses),
        Job("sweep", SWEEP_S, sweep),
        Job("files", CHECK_S, check.Checker().step, gives_way=True),
    )
    tasks = [
        asyncio.create_task(_repeat(job, server), name=f"job {job.name}")
        for job in work
    ]
    tasks.append(asyncio.create_task(_look(server), name="job agencies"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(job: Job, server: Server) -> None:
    while True:
        await asyncio.sleep(job.every_s)
        if job.gives_way:
            await _quiet(server)
        for site in server.sites:
            try:
                await asyncio.to_thread(job.act, site)
            except (LapelError, OSError) as error:
                _log.warning(
                    "job.failed", job=job.name, agency=site.tenant.id, error=str(error)
                )


async def _look(server: Server) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        await asyncio.to_thread(server.look)


async def _quiet(server: Server) -> None:
    """Wait until no recording arrives, but not for ever."""
    waited = 0.0
    while waited < PATIENCE_S and any(site.ingest.arrivals for site in server.sites):
        await asyncio.sleep(1.0)
        waited += 1.0


def make_pictures(site: Site) -> None:
    """Make the small pictures that wait."""
    with site.database.read() as connection:
        waiting = items.without_thumb(connection)
    for item in waiting:
        thumbs.make(site, item)


def ask_witnesses(site: Site) -> None:
    """Have the newest checkpoint cosigned."""
    witnesses.refresh(site.database, site.tenant.id)


def sweep(site: Site) -> None:
    """Remove what expired."""
    site.ingest.sweep()
    site.people.sweep()
