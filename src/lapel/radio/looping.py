"""An asyncio loop in a thread of its own, for radios that are told from any thread."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs a loop until it is closed. The thread has the name it is given."""

    def __init__(self, name: str) -> None:
        """Start the thread."""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[object, object, T], limit_s: float = 30) -> T:
        """Run in the loop, and wait for it; not from the loop itself."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(limit_s)

    def post(self, act: Callable[[], object]) -> None:
        """Have the loop call it; returns at once. After the end nothing happens."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(act)

    def end_after(self, last: Coroutine[object, object, None]) -> None:
        """Run this, then end the thread; returns at once."""

        async def end() -> None:
            try:
                await last
            finally:
                await self._end_tasks()
                await asyncio.sleep(0)  # what was closed is given back one round later
                self.loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self.loop)

    def join(self, limit_s: float = 30) -> None:
        """Wait for the thread to end."""
        self._thread.join(limit_s)

    async def _end_tasks(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.close()
