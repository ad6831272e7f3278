"""Bytes of one upload on their way to the disk, hashed and inspected as they pass.

Two threads work on each batch while the next one arrives: one writes and hashes, the
other opens and walks. What this process saw from the first byte on needs no second look
at commit; anything else (a restart, a piece taken back) is read again from the disk.
"""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor

from lapel.evidence.ingest.inspect import Inspector
from lapel.evidence.store.objects import Part

BATCH = 1 << 20
"""Bytes that are handed to the threads at once."""


class Arrival:
    """An open upload. One request at a time may add to it."""

    def __init__(self, part: Part, inspector: Inspector | None) -> None:
        """Begin with a part; `inspector` only if the part is empty."""
        self.part = part
        self.turn = asyncio.Lock()
        self._running = hashlib.sha256() if part.size == 0 else None
        self._inspector = inspector if part.size == 0 else None
        self._working: tuple[asyncio.Future[None], ...] = ()

    @property
    def size(self) -> int:
        """Bytes that arrived."""
        return self.part.size

    async def take(self, batch: bytes, threads: ThreadPoolExecutor) -> None:
        """Begin to write, hash and inspect the next bytes, when the last are done.

        Raises what went wrong with the last; `settle` tells of these.
        """
        loop = asyncio.get_running_loop()
        await self.settle()
        working = [loop.run_in_executor(threads, self._store, batch)]
        if self._inspector is not None:
            feed = loop.run_in_executor(threads, self._inspector.feed, batch)
            working.append(feed)
        self._working = tuple(working)

    async def settle(self) -> None:
        """Wait until all that was taken is written and inspected; raises failures."""
        for done in await self.rest():
            done.result()

    async def rest(self) -> "tuple[asyncio.Future[None], ...]":
        """Wait until nobody works on this; gives what was done, to be looked at.

        After a failure the commit reads the file again.
        """
        if self._working:
            await asyncio.wait(self._working)
        working, self._working = self._working, ()
        if any(done.exception() for done in working):
            self.forget()
        return working

    def _store(self, batch: bytes) -> None:
        self.part.write(batch)
        if self._running is not None:
            self._running.update(batch)

    async def take_back(self, size: int) -> None:
        """Forget everything behind `size`; what was seen must be read again."""
        await self.rest()
        self.part.cut(size)
        self.forget()

    def forget(self) -> None:
        """Give up what was seen; the commit reads the file again."""
        self._running = None
        self._inspector = None

    def seen(self) -> tuple[bytes | None, Inspector | None]:
        """Give SHA-256 and inspection, where all bytes passed through here."""
        digest = None if self._running is None else self._running.digest()
        return digest, self._inspector
