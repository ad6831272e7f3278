"""What anybody near may send to a camera's radio: it stays, and serves others."""

# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
# pyright: reportUnknownArgumentType=false

import asyncio
import random
from collections.abc import AsyncIterator, Iterator

import pytest
from bumble.core import UUID
from bumble.device import Connection, Device, Peer
from bumble.hci import Address

from lapel.ports.air import Failed, Gone, Peripheral, Subscribed, Wrote
from lapel.radio.central import BumbleCentral
from lapel.radio.gatt import NOTIFY_UUID, SERVICE_UUID, WRITE_UUID
from lapel.radio.host import open_host
from lapel.radio.peripheral import Limits, bumble_peripheral
from lapel.sim.air.running import Air
from tests.radio.stages import LIMIT_S, PLACE, Ear, shown

ATT, SIGNALLING, SECURITY = 4, 5, 6
CCCD = UUID.from_16_bits(0x2902)


@pytest.fixture
def air() -> Iterator[Air]:
    with Air() as made:
        yield made


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def camera(air: Air, ear: Ear) -> Iterator[Peripheral]:
    made = bumble_peripheral(air.transport("camera"))(ear)
    made.show(shown())
    yield made
    made.close()


@pytest.fixture
async def stranger(air: Air) -> AsyncIterator[Device]:
    """Make a host that sends what it likes."""
    address = Address(b"\1\2\3\4\5\xc6", Address.RANDOM_DEVICE_ADDRESS)
    host = await open_host(air.transport("stranger"), address)
    yield host.device
    await host.close()


async def reach(device: Device) -> Connection:
    """Connect, and do nothing else."""
    return await device.connect(Address(PLACE), timeout=LIMIT_S)


async def works(air: Air, camera: Peripheral, ear: Ear) -> None:
    """Have an honest app come, be heard and hear."""
    central = BumbleCentral(air.transport("honest"))
    connection = await central.connect(PLACE)
    async with asyncio.timeout(LIMIT_S):
        subscribed = await ear.next(Subscribed)
        await connection.write(b"up")
        assert await ear.next(Wrote) == Wrote(subscribed.link, b"up")
        camera.send(subscribed.link, (b"down",))
        assert await anext(connection.values()) == b"down"
    await central.close()
    assert await ear.next(Gone) == Gone(subscribed.link)


@pytest.mark.parametrize("channel", [ATT, SIGNALLING, SECURITY])
async def test_garbage_on_a_channel_changes_nothing(
    air: Air, camera: Peripheral, ear: Ear, stranger: Device, channel: int
) -> None:
    connection = await reach(stranger)
    draw = random.Random(channel)  # noqa: S311  # the same garbage in each run

    for opcode in range(256):
        size = draw.randrange(30)
        body = draw.randbytes(size)
        stranger.send_l2cap_pdu(connection.handle, channel, bytes((opcode,)) + body)
    stranger.send_l2cap_pdu(connection.handle, channel, b"")
    await asyncio.sleep(0.2)

    assert ear.heard.empty()
    await works(air, camera, ear)


async def test_a_write_before_subscribing_is_refused(
    air: Air, camera: Peripheral, ear: Ear, stranger: Device
) -> None:
    connection = await reach(stranger)
    peer = Peer(connection)
    await peer.discover_service(SERVICE_UUID)
    await peer.discover_characteristics(service=peer.services[0])
    write = peer.get_characteristics_by_uuid(WRITE_UUID)[0]

    with pytest.raises(Exception, match=r"(?i)not_permitted"):
        await write.write_value(b"early", with_response=True)
    await write.write_value(b"early", with_response=False)
    await asyncio.sleep(0.1)

    assert ear.heard.empty()
    await works(air, camera, ear)


async def test_subscribing_twice_is_one_link(
    air: Air, camera: Peripheral, ear: Ear, stranger: Device
) -> None:
    peer = Peer(await reach(stranger))
    await peer.discover_service(SERVICE_UUID)
    await peer.discover_characteristics(service=peer.services[0])
    notify = peer.get_characteristics_by_uuid(NOTIFY_UUID)[0]
    await peer.discover_descriptors(characteristic=notify)
    cccd = notify.get_descriptor(CCCD)
    assert cccd is not None

    await cccd.write_value(b"\1\0", with_response=True)
    await cccd.write_value(b"\1\0", with_response=True)
    subscribed = await ear.next(Subscribed)
    assert await ear.silent(0.1)

    await cccd.write_value(b"\0\0", with_response=False)
    assert await ear.next(Gone) == Gone(subscribed.link)
    await works(air, camera, ear)


async def test_a_value_longer_than_any_may_be_is_not_heard(
    air: Air, camera: Peripheral, ear: Ear, stranger: Device
) -> None:
    peer = Peer(await reach(stranger))
    await peer.request_mtu(517)
    await peer.discover_service(SERVICE_UUID)
    await peer.discover_characteristics(service=peer.services[0])
    write = peer.get_characteristics_by_uuid(WRITE_UUID)[0]
    notify = peer.get_characteristics_by_uuid(NOTIFY_UUID)[0]
    await notify.subscribe()
    subscribed = await ear.next(Subscribed)

    await write.write_value(bytes(513), with_response=False)
    await write.write_value(bytes(5000), with_response=False)
    await write.write_value(bytes(512), with_response=False)

    assert await ear.next(Wrote) == Wrote(subscribed.link, bytes(512))
    await peer.connection.disconnect()
    await ear.next(Gone)
    await works(air, camera, ear)


async def test_who_connects_too_often_is_dropped_and_others_are_served(
    air: Air, ear: Ear
) -> None:
    limits = Limits(connections=3, idle_s=60)
    camera = bumble_peripheral(air.transport("camera"), limits)(ear)
    camera.show(shown())
    hosts = [
        await open_host(air.transport(), Address(bytes((n, 2, 3, 4, 5, 0xC6))))
        for n in range(4)
    ]
    connections = [await reach(host.device) for host in hosts[:3]]
    await asyncio.sleep(0.2)
    held = [one.handle in one.device.connections for one in connections]
    assert held == [True] * 3

    last = await reach(hosts[3].device)
    dropped = asyncio.Event()
    last.on(Connection.EVENT_DISCONNECTION, lambda _: dropped.set())
    async with asyncio.timeout(LIMIT_S):
        if last.handle in last.device.connections:
            await dropped.wait()

    await connections[0].disconnect()
    await works(air, camera, ear)
    for host in hosts:
        await host.close()
    camera.close()


async def test_who_does_not_subscribe_is_dropped(air: Air, ear: Ear) -> None:
    limits = Limits(idle_s=0.2)
    camera = bumble_peripheral(air.transport("camera"), limits)(ear)
    camera.show(shown())
    address = Address(b"\1\2\3\4\5\xc6", Address.RANDOM_DEVICE_ADDRESS)
    host = await open_host(air.transport("idle"), address)
    connection = await reach(host.device)
    dropped = asyncio.Event()
    connection.on(Connection.EVENT_DISCONNECTION, lambda _: dropped.set())

    async with asyncio.timeout(LIMIT_S):
        await dropped.wait()

    assert ear.heard.empty()
    await works(air, camera, ear)
    await host.close()
    camera.close()


async def test_writing_without_pause_ends_in_a_drop_when_nobody_listens(
    air: Air, stranger: Device, camera: Peripheral
) -> None:
    camera.show(None)
    held = asyncio.Event()
    loop = asyncio.get_running_loop()
    seen: list[object] = []

    def slow(heard: object) -> None:
        seen.append(heard)
        if len(seen) == 2:
            asyncio.run_coroutine_threadsafe(held.wait(), loop).result()

    busy = bumble_peripheral(air.transport("busy"))(slow)
    busy.show(shown(5))
    connection = await stranger.connect(Address("C0:00:00:00:00:05"), timeout=LIMIT_S)
    peer = Peer(connection)
    await peer.discover_service(SERVICE_UUID)
    await peer.discover_characteristics(service=peer.services[0])
    await peer.get_characteristics_by_uuid(NOTIFY_UUID)[0].subscribe()
    write = peer.get_characteristics_by_uuid(WRITE_UUID)[0]

    async with asyncio.timeout(LIMIT_S):
        while connection.handle in stranger.connections:
            for _ in range(50):
                await write.write_value(b"flood", with_response=False)
            await asyncio.sleep(0.01)  # so that the other threads have their turn
    held.set()
    busy.close()


async def test_a_controller_that_is_pulled_out_is_told_once(ear: Ear) -> None:
    with Air() as air:
        made = bumble_peripheral(air.transport("camera"))(ear)
        made.show(shown())
        central = BumbleCentral(air.transport("phone"))
        await central.connect(PLACE)
        await ear.next(Subscribed)
    await ear.next(Failed)

    made.show(shown(2))
    made.send(1, (b"no error",))
    made.drop(1)
    assert await ear.silent(0.2)
    made.close()
    await central.close()
