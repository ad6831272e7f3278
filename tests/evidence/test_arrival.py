"""Bytes on their way: written and inspected while the next ones come."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lapel.base.errors import NotFoundError
from lapel.evidence.ingest.arrival import Arrival
from lapel.evidence.ingest.inspect import Inspector
from lapel.evidence.store.folder import Folder
from lapel.evidence.store.objects import Objects

NAME = "0" * 32


@asynccontextmanager
async def arriving(folder: Path) -> AsyncGenerator[tuple[Arrival, ThreadPoolExecutor]]:
    place = Folder(folder)
    place.make()
    objects = Objects(place)
    objects.begin(NAME, 100)
    with ThreadPoolExecutor(2) as threads:
        inspector = Inspector(bytes(16), 100, None)
        arrival = Arrival(objects.grow(NAME), inspector)
        yield arrival, threads
        arrival.part.close()


async def test_what_was_taken_is_written_in_order_and_hashed(tmp_path: Path) -> None:
    async with arriving(tmp_path) as (arrival, threads):
        for letter in (b"a", b"b", b"c"):
            await arrival.take(letter * 15, threads)
        await arrival.settle()
        whole = b"a" * 15 + b"b" * 15 + b"c" * 15
        assert arrival.size == len(whole)
        assert arrival.seen()[0] == hashlib.sha256(whole).digest()
    assert (Folder(tmp_path).uploads / NAME).read_bytes() == whole


async def test_after_a_failed_write_nothing_that_was_seen_counts(
    tmp_path: Path,
) -> None:
    async with arriving(tmp_path) as (arrival, threads):
        arrival.part.close()
        await arrival.take(b"lost", threads)
        with pytest.raises(NotFoundError):
            await arrival.settle()
        assert arrival.seen() == (None, None)
        assert arrival.size == 0


async def test_the_failure_of_one_batch_is_told_before_the_next_is_begun(
    tmp_path: Path,
) -> None:
    async with arriving(tmp_path) as (arrival, threads):
        arrival.part.close()
        await arrival.take(b"lost", threads)
        with pytest.raises(NotFoundError):
            await arrival.take(b"not begun", threads)
        assert not await arrival.rest()


async def test_a_request_that_is_given_up_leaves_nobody_at_work(
    tmp_path: Path,
) -> None:
    async with arriving(tmp_path) as (arrival, threads):
        await arrival.take(b"x" * (1 << 20), threads)
        waiting = asyncio.create_task(arrival.settle())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait((waiting,))
        await arrival.rest()
        assert arrival.size == 1 << 20
