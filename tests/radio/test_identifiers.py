"""What a sniffer sees when a camera's identifiers change."""

import asyncio
from contextlib import aclosing
from itertools import pairwise

import pytest

from lapel.radio.central import BumbleCentral
from lapel.radio.peripheral import bumble_peripheral
from lapel.radio.showing import INTERVAL_MS
from lapel.sim.air.medium import Packet
from lapel.sim.air.radio import SHAPES
from lapel.sim.air.running import Air
from tests.radio.stages import LIMIT_S, Ear, shown

TOKENS = (b"token1", b"token2", b"token3")


async def told(packets: list[Packet], count: int) -> None:
    """Wait until so many packets of the camera are there."""
    async with asyncio.timeout(LIMIT_S):
        while len(packets) < count:  # noqa: ASYNC110  # the sniffer is a thread
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("shape", sorted(SHAPES))
async def test_no_address_or_token_of_before_is_seen_after_a_change(shape: str) -> None:
    seen: list[Packet] = []
    with Air(SHAPES[shape]) as air:
        air.sniff(lambda one: seen.append(one) if one.sender == "camera" else None)
        camera = bumble_peripheral(air.transport("camera"))(Ear())
        listener = BumbleCentral(air.transport("listener"))
        async with aclosing(listener.scan()) as scan:
            for number, token in enumerate(TOKENS):
                camera.show(shown(number, token=token, response=b"\3\x09" + token[-2:]))
                await told(seen, len(seen) + 8)
                await anext(scan)
        camera.close()
        await listener.close()

    order = [bytes(reversed(one.address.value))[-1] for one in seen if one.address]
    assert order == sorted(order)
    assert set(order) == {0, 1, 2}
    for packet, number in zip(seen, order, strict=True):
        inside = [n for n, token in enumerate(TOKENS) if token[-2:] in packet.pdu]
        assert inside == [number]
    assert {one.kind for one in seen} == {"ADV_IND", "SCAN_RSP"}


async def test_the_rhythm_of_adverts_is_the_same_whatever_is_shown() -> None:
    seen: list[Packet] = []
    with Air() as air:
        camera = bumble_peripheral(air.transport("camera"))(Ear())
        air.sniff(seen.append)
        gaps: list[list[int]] = []
        for token in TOKENS[:2]:
            camera.show(shown(token=token))
            await told(seen, len(seen) + 8)
            times = [one.at_ns for one in seen if token in one.pdu]
            gaps.append([b - a for a, b in pairwise(times)])
        camera.close()

    for run in gaps:
        middle = sorted(run)[len(run) // 2] / 1_000_000
        assert INTERVAL_MS - 2 <= middle <= INTERVAL_MS + 30
