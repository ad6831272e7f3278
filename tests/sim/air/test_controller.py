"""A virtual controller, as a host sees it."""

import asyncio
import struct
from typing import cast

import pytest
from bumble import hci as bumble
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.sim.air.hci import ACL, COMMAND, NAME, Code, Splitter
from lapel.sim.air.radio import ONE, SETS, Shape
from tests.sim.air.bench import EVERY_MS, Bench, joined, until

SHAPES = pytest.mark.parametrize("shape", [SETS, ONE], ids=lambda shape: shape.name)
PARAMETERS = struct.pack("<BH3s3sBBB6sBbBBBBB", 1, 0x13, *[b"\x20\0\0"] * 2, 7, 1, 0,
                         bytes(6), 0, 0, 1, 0, 1, 0, 0)  # fmt: skip


@SHAPES
async def test_the_list_of_commands_is_that_of_bumble(shape: Shape) -> None:
    camera = Bench().controller("camera", shape)

    claimed = int.from_bytes(camera.done(0x1002), "little")

    known = cast(dict[int, int], vars(bumble)["HCI_SUPPORTED_COMMANDS_MASKS"])
    expected = sum(
        known.get(opcode, 0) for opcode, one in camera.controller.commands.items()
        if one.bit is not None
    )  # fmt: skip
    assert claimed == expected


async def test_a_shape_without_sets_has_no_command_of_bluetooth_5() -> None:
    one = Bench().controller("camera", ONE)

    assert one.ask(0x2036, PARAMETERS) == bytes((Code.UNKNOWN_COMMAND,))
    assert one.done(0x1001)[0] == 6
    assert one.done(0x2002) == struct.pack("<HB", 27, 16)


@SHAPES
async def test_each_advert_is_reported_once_with_its_address_and_loudness(
    shape: Shape,
) -> None:
    bench = Bench()
    camera, phone = bench.controller("camera", shape), bench.controller("phone", shape)
    bench.medium.put("camera", 10, 0)
    phone.scan()
    camera.advertise(b"\2\1\6")

    await until(lambda: len(phone.metas(2)) >= 3)

    report = phone.metas(2)[0]
    assert report == b"\1\0\1" + camera.random + b"\3\2\1\6" + struct.pack("<b", -77)


async def test_the_rhythm_does_not_depend_on_what_is_shown() -> None:
    bench = Bench([0.0])
    quiet, busy = bench.controller("quiet"), bench.controller("busy")
    times: dict[str, int] = {"quiet": 0, "busy": 0}
    bench.medium.sniffers.append(
        lambda packet: times.update({packet.sender: times[packet.sender] + 1})
    )
    quiet.advertise(b"")
    busy.advertise(bytes(31))

    await asyncio.sleep(0.5)

    assert abs(times["quiet"] - times["busy"]) <= 1
    assert 15 <= times["quiet"] <= 500 // EVERY_MS + 1


async def test_only_active_scanning_asks_for_a_scan_response() -> None:
    bench = Bench()
    camera, asking = bench.controller("camera"), bench.controller("asking")
    listening = bench.controller("listening")
    asking.scan(active=True)
    listening.scan()
    camera.done(0x2009, b"\3\2\x09A" + bytes(28))
    camera.advertise()

    await until(lambda: len(asking.metas(2)) >= 4 and listening.metas(2))

    assert {one[1] for one in asking.metas(2)} == {0, 4}
    assert {one[1] for one in listening.metas(2)} == {0}


async def test_repeated_reports_are_left_out_when_asked() -> None:
    bench = Bench()
    camera, phone = bench.controller("camera"), bench.controller("phone")
    phone.scan(once=True)
    camera.advertise()
    await asyncio.sleep(0.1)

    assert len(phone.metas(2)) == 1


async def test_an_advert_that_takes_no_connection_is_not_connected_to() -> None:
    bench = Bench()
    camera, phone = bench.controller("camera"), bench.controller("phone")
    camera.advertise(kind=3)
    phone.connect(camera)
    await asyncio.sleep(0.1)

    assert not phone.metas(1)


@SHAPES
async def test_a_connection_ends_the_advert_and_tells_both_who_the_other_is(
    shape: Shape,
) -> None:
    bench = Bench()
    camera, phone = await joined(bench, shape)
    phone.scan()
    await asyncio.sleep(0.1)

    assert phone.metas(1)[0][3:11] == b"\0\1" + camera.random
    assert camera.metas(1)[0][3:11] == b"\1\1" + phone.random
    assert not phone.metas(2)


@SHAPES
async def test_a_host_that_asks_for_the_longer_event_gets_that_one(
    shape: Shape,
) -> None:
    bench = Bench()
    camera, phone = bench.controller("camera", shape), bench.controller("phone", shape)
    camera.advertise()
    phone.done(0x2001, struct.pack("<Q", 0x21F))
    phone.connect(camera)
    await until(lambda: camera.metas(1))
    told, other = (10, 1) if shape is SETS else (1, 10)

    event = phone.metas(told)[0]

    assert not phone.metas(other)
    assert event[3:11] == b"\0\1" + camera.random
    assert event[-7:] == struct.pack("<HHHB", 24, 0, 100, 0)


async def test_one_advertiser_cannot_take_a_second_connection() -> None:
    camera, _ = await joined(Bench(), ONE)

    assert camera.ask(0x200A, b"\1") == bytes((Code.DISALLOWED,))


@SHAPES
async def test_packets_pass_in_order_and_are_told_as_sent(shape: Shape) -> None:
    camera, phone = await joined(Bench(), shape)
    payloads = [bytes((n,)) * shape.octets for n in range(10)]

    for payload in payloads:
        phone.write(phone.handle, payload)
    await until(lambda: len(phone.events(0x13)) == 10)

    assert camera.arrived == payloads


async def test_a_connection_is_cancelled_before_it_is_made() -> None:
    bench = Bench()
    camera, phone = bench.controller("camera"), bench.controller("phone")
    phone.connect(camera)
    phone.done(0x200E)
    await until(lambda: phone.metas(1))
    camera.advertise()
    await asyncio.sleep(0.1)

    assert phone.metas(1) == [bytes((Code.UNKNOWN_CONNECTION,)) + bytes(17)]
    assert phone.ask(0x200E) == bytes((Code.DISALLOWED,))


async def test_a_goodbye_is_told_to_both() -> None:
    camera, phone = await joined(Bench())

    phone.done(0x0406, struct.pack("<HB", phone.handle, 0x13))
    await until(lambda: camera.events(5) and phone.events(5))

    assert camera.events(5)[0][3] == Code.REMOTE_ENDED
    assert phone.events(5)[0][3] == Code.LOCAL_ENDED


async def test_a_host_that_resets_leaves_the_other_end_to_its_timeout() -> None:
    camera, phone = await joined(Bench())
    loop = asyncio.get_running_loop()
    began = loop.time()

    phone.done(0x0C03)
    await until(lambda: camera.events(5))

    assert camera.events(5)[0][3] == Code.TIMEOUT
    assert 0.9 < loop.time() - began < 3


async def test_sets_have_addresses_of_their_own() -> None:
    bench = Bench()
    camera, phone = bench.controller("camera"), bench.controller("phone")
    phone.scan()
    for handle in (1, 2):
        camera.done(0x2036, bytes((handle,)) + PARAMETERS[1:])
        camera.done(0x2035, bytes((handle, handle, 9, 9, 9, 9, 0xC0)))
        camera.done(0x2037, bytes((handle, 3, 1, 1, handle)))
    camera.done(0x2039, bytes((1, 2, 1, 0, 0, 0, 2, 0, 0, 0)))

    await until(lambda: len(phone.metas(2)) >= 4)

    seen = {(one[3], one[-2]) for one in phone.metas(2)}
    assert seen == {(1, 1), (2, 2)}


async def test_a_set_that_is_on_the_air_keeps_its_address() -> None:
    camera = Bench().controller("camera")
    camera.done(0x2036, PARAMETERS)
    camera.done(0x2035, b"\1" + camera.random)
    camera.done(0x2039, bytes((1, 1, 1, 0, 0, 0)))

    assert camera.ask(0x2035, b"\1" + camera.random) == bytes((Code.DISALLOWED,))
    assert camera.ask(0x203C, b"\1") == bytes((Code.DISALLOWED,))
    assert camera.ask(0x2037, b"\7\3\1\1x") == bytes((Code.UNKNOWN_SET,))


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=8))
async def test_any_command_is_answered(commands: list[tuple[int, bytes]]) -> None:
    bench = Bench()
    camera = bench.controller("camera")
    known = sorted(camera.controller.commands)

    for number, parameters in commands:
        camera.ask(number, parameters)
        opcode = known[number % len(known)]
        size = camera.controller.commands[opcode].size
        camera.ask(opcode, parameters)
        if size is not None:
            camera.ask(opcode, (parameters + bytes(size))[:size])
    camera.controller.take(ACL, b"\1\0\1\0x")
    camera.controller.leave()
    assert not bench.medium.listeners


@given(st.binary(max_size=100), st.integers(1, 20))
def test_any_bytes_of_a_host_are_cut_or_refused(data: bytes, step: int) -> None:
    splitter, size = Splitter(), 0
    try:
        for at in range(0, len(data), step):
            for kind, packet in splitter.feed(data[at : at + step]):
                assert kind in {COMMAND, ACL, NAME}
                size += 1 + len(packet)
    except MalformedError:
        return
    assert size <= len(data)


@pytest.mark.parametrize("name", [b"", b"\xff", b"a\n", b"phone", bytes(65)])
async def test_a_name_that_is_none_or_taken_is_refused(name: bytes) -> None:
    bench = Bench()
    camera = bench.controller("camera")
    bench.controller("phone")

    with pytest.raises(MalformedError):
        camera.controller.take(NAME, bytes((len(name),)) + name)
    camera.controller.take(NAME, b"\4cam1")

    assert sorted(bench.medium.listeners) == ["cam1", "phone"]
