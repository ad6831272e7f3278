"""Work outside of a request: pictures, checkpoints, sweeping, looking after files."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
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


@asynccontextmanager
async def running(site: Site) -> AsyncGenerator[None]:
    """Run every job until the block ends."""
    checker = check.Checker(site)
    work: dict[str, tuple[float, Callable[[], None]]] = {
        "pictures": (THUMBS_S, lambda: make_pictures(site)),
        "checkpoint": (CHECKPOINT_S, site.checkpoints.refresh),
        "sweep": (SWEEP_S, lambda: sweep(site)),
        "files": (CHECK_S, checker.step),
    }
    tasks = [
        asyncio.create_task(_repeat(name, every, job), name=f"job {name}")
        for name, (every, job) in work.items()
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(name: str, every: float, job: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            await asyncio.to_thread(job)
        except (LapelError, OSError) as error:
            _log.warning("job.failed", job=name, error=str(error))


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
