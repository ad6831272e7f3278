"""Work outside of a request: pictures, checkpoints, sweeping, looking after files."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from lapel.base.errors import LapelError
from lapel.evidence.items import service as items
from lapel.evidence.jobs import check, thumbs
from lapel.evidence.site import Site

_log: Final = structlog.get_logger("lapel.evidence")

THUMBS_S: Final = 1.0
CHECKPOINT_S: Final = 5.0
SWEEP_S: Final = 60.0
CHECK_S: Final = 10.0
PATIENCE_S: Final = 30.0
"""How long pictures and the check of files give way to recordings that arrive."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is done again and again, and whether it gives way to what arrives."""

    name: str
    every_s: float
    act: Callable[[], None]
    gives_way: bool = False


@asynccontextmanager
async def running(site: Site) -> AsyncGenerator[None]:
    """Run every job until the block ends."""
    checker = check.Checker(site)
    work = (
        Job("pictures", THUMBS_S, lambda: make_pictures(site), gives_way=True),
        Job("checkpoint", CHECKPOINT_S, site.checkpoints.refresh),
        Job("sweep", SWEEP_S, lambda: sweep(site)),
        Job("files", CHECK_S, checker.step, gives_way=True),
    )
    tasks = [
        asyncio.create_task(_repeat(job, site), name=f"job {job.name}") for job in work
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(job: Job, site: Site) -> None:
    while True:
        await asyncio.sleep(job.every_s)
        if job.gives_way:
            await _quiet(site)
        try:
            await asyncio.to_thread(job.act)
        except (LapelError, OSError) as error:
            _log.warning("job.failed", job=job.name, error=str(error))


async def _quiet(site: Site) -> None:
    """Wait until no recording arrives, but not for ever."""
    waited = 0.0
    while site.ingest.arrivals and waited < PATIENCE_S:
        await asyncio.sleep(1.0)
        waited += 1.0


def make_pictures(site: Site) -> None:
    """Make the small pictures that wait."""
    with site.database.read() as connection:
        waiting = items.without_thumb(connection)
    for item in waiting:
        thumbs.make(site, item)


def sweep(site: Site) -> None:
    """Remove what expired."""
    site.ingest.sweep()
    site.people.sweep()
