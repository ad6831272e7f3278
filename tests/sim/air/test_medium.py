"""Who hears whom, and what becomes of connections."""

import asyncio

from lapel.sim.air.hci import Code
from lapel.sim.air.medium import Packet
from lapel.sim.air.space import FAINTEST, Space
from tests.sim.air.bench import Bench, joined, until

FAR = 1_000.0


def test_it_grows_fainter_with_distance_until_it_is_not_heard() -> None:
    space = Space()
    heard: list[int | None] = []
    for metres in (0, 1, 10, 30, FAR):
        space.put("camera", metres, 0)
        heard.append(space.rssi("camera", "phone"))

    assert heard == [-23, -50, -77, -90, None]
    assert FAINTEST < -90


def test_hearing_is_mutual() -> None:
    space = Space({"a": (3, 4), "b": (0, 0)})

    assert space.metres("a", "b") == 5
    assert space.rssi("a", "b") == space.rssi("b", "a")


async def test_a_host_out_of_reach_hears_nothing() -> None:
    bench = Bench()
    camera, phone = bench.controller("camera"), bench.controller("phone")
    bench.medium.put("camera", FAR, 0)
    phone.scan()
    camera.advertise()
    await asyncio.sleep(0.1)
    assert not phone.metas(2)

    bench.medium.put("camera", 5, 0)
    await until(lambda: phone.metas(2))


async def test_a_connection_out_of_reach_ends_after_its_timeout() -> None:
    bench = Bench()
    camera, phone = await joined(bench)
    loop = asyncio.get_running_loop()
    began = loop.time()

    bench.medium.put("phone", FAR, 0)
    phone.write(phone.handle, b"not heard")
    await until(lambda: camera.events(5) and phone.events(5))

    assert [one.events(5)[0][3] for one in (camera, phone)] == [Code.TIMEOUT] * 2
    assert 0.9 < loop.time() - began < 3
    assert not camera.arrived
    assert not bench.medium.links


async def test_who_comes_back_in_time_has_lost_nothing() -> None:
    bench = Bench()
    camera, phone = await joined(bench)

    bench.medium.put("phone", FAR, 0)
    phone.write(phone.handle, b"late")
    await asyncio.sleep(0.2)
    bench.medium.put("phone", 1, 0)
    await until(lambda: camera.arrived)
    await asyncio.sleep(1.2)

    assert camera.arrived == [b"late"]
    assert not camera.events(5)


async def test_lost_packets_come_again_and_nothing_is_lost_or_out_of_order() -> None:
    bench = Bench([0.9, 0.1, 0.2, 0.8, 0.3])
    camera, phone = await joined(bench)
    bench.medium.loss = 0.5
    sent = [bytes((n,)) for n in range(12)]

    for one in sent:
        phone.write(phone.handle, one)
    await until(lambda: len(camera.arrived) == 12)

    assert camera.arrived == sent


async def test_a_cut_ends_every_connection_at_once() -> None:
    bench = Bench()
    camera, phone = await joined(bench)

    bench.medium.cut()

    assert camera.events(5)[0][3] == phone.events(5)[0][3] == Code.TIMEOUT


async def test_a_goodbye_leaves_out_what_was_not_sent() -> None:
    bench = Bench()
    camera, phone = await joined(bench)
    handle = phone.handle
    for number in range(5):
        phone.write(handle, bytes((number,)))

    phone.done(0x0406, handle.to_bytes(2, "little") + b"\x13")
    await until(lambda: camera.events(5))

    assert len(camera.arrived) < 5


async def test_who_sniffs_sees_kind_sender_address_and_bytes() -> None:
    bench = Bench()
    seen: list[Packet] = []
    bench.medium.sniffers.append(seen.append)
    camera, phone = await joined(bench)
    phone.write(phone.handle, b"secret")
    await until(lambda: camera.arrived)

    kinds = [packet.kind for packet in seen]
    assert kinds == ["ADV_IND", "CONNECT_IND", "START"]
    assert [packet.sender for packet in seen] == ["camera", "phone", "phone"]
    assert seen[0].address is not None
    assert seen[0].address.text == "C0:00:00:00:00:01"
    assert seen[2].address is None
    assert seen[2].pdu == b"\2\6secret"
    assert seen[2].by_central
