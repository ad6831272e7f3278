"""Slow check of stored files: each is read again now and then, and held to its hash."""

import hashlib

from lapel.evidence.items import service as items
from lapel.evidence.items.model import Item
from lapel.evidence.site import Site
from lapel.evidence.store.objects import blocks


class Checker:
    """Goes round the recordings of each agency, one a step."""

    def __init__(self) -> None:
        """Begin at the first recording."""
        self._after: dict[str, int] = {}

    def step(self, site: Site) -> None:
        """Check the next recording; a file that changed is noted and logged once."""
        with site.database.read() as connection:
            item = items.next_to_check(connection, self._after.get(site.tenant.id, 0))
        self._after[site.tenant.id] = item.number if item is not None else 0
        if item is None:
            return
        fault = fault_of(site, item)
        if fault is not None:
            with site.database.write() as connection:
                items.found_bad(connection, site.stamp(), item, fault)


def fault_of(site: Site, item: Item) -> str | None:
    """Say what is wrong with a stored file; None when it is what came."""
    path = site.ingest.objects.path(item.object)
    running = hashlib.sha256()
    try:
        for block in blocks(path):
            running.update(block)
    except FileNotFoundError:
        return "the stored file is gone"
    if running.digest() != item.sha256:
        return "the stored file is not what came"
    return None
