"""Work one item ahead: while one is used, the next is being made in a thread."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(items: Iterator[T], name: str) -> Iterator[T]:
    """Give the items in order; at most one is made before it is asked for.

    The thread is named `name`, and ends with the iteration.
    """
    with ThreadPoolExecutor(1, thread_name_prefix=name) as thread:

        def step() -> "Future[tuple[T] | None]":
            return thread.submit(lambda: next(((item,) for item in items), None))

        made = step()
        while (item := made.result()) is not None:
            made = step()
            yield item[0]
