"""A loop in a thread of its own."""

import asyncio
import threading

from lapel.radio.looping import LoopThread


async def name() -> str:
    return threading.current_thread().name


async def nothing() -> None:
    return


def test_work_is_done_in_the_thread_of_that_name() -> None:
    thread = LoopThread("radio")

    assert thread.run(name()) == "radio"

    thread.end_after(nothing())
    thread.join()


def test_the_end_ends_tasks_and_thread_and_later_acts_are_nothing() -> None:
    thread = LoopThread("radio")
    ended = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def begin() -> "asyncio.Task[None]":
        return asyncio.create_task(wait())

    thread.run(begin())
    thread.run(nothing())
    thread.end_after(nothing())
    thread.join()

    assert ended.is_set()
    assert thread.loop.is_closed()
    thread.post(ended.clear)
    assert ended.is_set()
