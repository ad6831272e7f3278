"""Bytes of one upload on their way to the disk, hashed and inspected as they pass.

Two threads work on each piece at the same time: one writes and hashes, the other opens
and walks. What this process saw from the first byte on needs no second look at commit;
anything else (a restart, a piece taken back) is read again from the disk.
"""

import asyncio
import hashlib
from collections.abc import Sequence
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
        self._inspecting: asyncio.Future[None] | None = None

    @property
    def size(self) -> int:
        """Bytes that arrived."""
        return self.part.size

    async def take(self, pieces: Sequence[bytes], threads: ThreadPoolExecutor) -> None:
        """Write, hash and inspect the next pieces."""
        loop = asyncio.get_running_loop()
        await self.settle()
        if self._inspector is not None:
            self._inspecting = loop.run_in_executor(
                threads, _feed, self._inspector, pieces
            )
        await loop.run_in_executor(threads, self._store, pieces)

    async def settle(self) -> None:
        """Wait until the inspection has seen all that was taken."""
        if self._inspecting is not None:
            await self._inspecting
            self._inspecting = None

    def _store(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            self.part.write(piece)
            if self._running is not None:
                self._running.update(piece)

    async def take_back(self, size: int) -> None:
        """Forget everything behind `size`; what was seen must be read again."""
        await self.settle()
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


def _feed(inspector: Inspector, pieces: Sequence[bytes]) -> None:
    for piece in pieces:
        inspector.feed(piece)
