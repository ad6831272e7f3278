"""Slow check of stored files: each is read again now and then, and held to its hash."""

import hashlib

from lapel.evidence.items import service as items
from lapel.evidence.items.model import Item
from lapel.evidence.site import Site
from lapel.evidence.store.objects import blocks


class Checker:
    """Goes round all recordings, one a step."""

    def __init__(self, site: Site) -> None:
        """Begin at the first recording."""
        self._site = site
        self._after = 0

    def step(self) -> None:
        """Check the next recording; a file that changed is noted and logged once."""
        with self._site.database.read() as connection:
            item = items.next_to_check(connection, self._after)
        if item is None:
            self._after = 0
            return
        self._after = item.number
        fault = fault_of(self._site, item)
        if fault is not None:
            with self._site.database.write() as connection:
                items.found_bad(connection, self._site.stamp(), item, fault)


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
