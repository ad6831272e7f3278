"""What every air must do, in memory and on real host stacks (`ports/air.py`)."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from lapel.base.errors import MalformedError, UnreachableError
from lapel.ports.air import Connection, Gone, Peripheral, Subscribed, Wrote
from lapel.radio.adverts import place_of
from lapel.wire.link import UNASSIGNED, pairing_name
from tests.radio.stages import LIMIT_S, PLACE, Ear, Stage, find, lost, shown


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def camera(stage: Stage, ear: Ear) -> Iterator[Peripheral]:
    made = stage.make(ear)
    yield made
    made.close()


async def joined(
    stage: Stage, camera: Peripheral, ear: Ear, mtu: int = 185
) -> tuple[Connection, Subscribed]:
    """Show the camera, and connect an app."""
    camera.show(shown())
    central = await stage.central(mtu)
    connection = await central.connect(PLACE)
    return connection, await ear.next(Subscribed)


async def take(connection: Connection, count: int) -> list[bytes]:
    """Take so many values."""
    taken: list[bytes] = []
    async with asyncio.timeout(LIMIT_S):
        async for value in connection.values():
            taken.append(value)
            if len(taken) == count:
                break
    return taken


async def rest(values: AsyncIterator[bytes]) -> list[bytes]:
    """Take all until the end."""
    async with asyncio.timeout(LIMIT_S):
        return [value async for value in values]


async def test_a_scan_sees_service_data_and_name(
    stage: Stage, camera: Peripheral
) -> None:
    camera.show(shown(token=b"abcdef", response=pairing_name(42)))
    central = await stage.central(185)

    seen = await find(central, lambda one: one.name is not None)

    assert seen.name == "Camera 42"
    assert (seen.company, seen.data) == (UNASSIGNED, b"abcdef")
    assert -100 < seen.rssi < 0


async def test_a_camera_without_a_scan_response_has_no_name(
    stage: Stage, camera: Peripheral
) -> None:
    camera.show(shown())
    central = await stage.central(185)

    assert (await find(central, lambda one: one.place == PLACE)).name is None


async def test_connecting_subscribes_with_the_mtu_of_the_link(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    for mtu in stage.mtus:
        connection, subscribed = await joined(stage, camera, ear, mtu)
        assert subscribed.mtu == mtu
        await connection.close()
        await ear.next(Gone)


async def test_values_pass_both_ways_in_order_at_every_mtu(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    for mtu in stage.mtus:
        connection, subscribed = await joined(stage, camera, ear, mtu)
        size = min(mtu - 3, 512)
        values = [bytes((number,)) * (size - number % 2) for number in range(12)]

        camera.send(subscribed.link, tuple(values[:6]))
        camera.send(subscribed.link, tuple(values[6:]))
        for value in values:
            await connection.write(value)

        assert await take(connection, 12) == values
        assert [(await ear.next(Wrote)).value for _ in values] == values
        await connection.close()
        await ear.next(Gone)


async def test_a_value_that_does_not_fit_is_refused_on_either_side(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    connection, subscribed = await joined(stage, camera, ear, stage.mtus[0])
    size = min(stage.mtus[0] - 3, 512)

    with pytest.raises(MalformedError):
        camera.send(subscribed.link, (bytes(size + 1),))
    with pytest.raises(MalformedError):
        await connection.write(bytes(size + 1))

    await connection.write(b"still there")
    assert (await ear.next(Wrote)).value == b"still there"


async def test_a_drop_comes_after_the_values_sent_before(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    connection, subscribed = await joined(stage, camera, ear)
    values = connection.values()

    camera.send(subscribed.link, tuple(bytes((n,)) * 100 for n in range(20)))
    camera.drop(subscribed.link)

    assert await rest(values) == [bytes((n,)) * 100 for n in range(20)]
    assert await ear.next(Gone) == Gone(subscribed.link)
    with pytest.raises(UnreachableError):
        await connection.write(b"too late")


async def test_a_lost_link_is_heard_on_both_sides(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    connection, subscribed = await joined(stage, camera, ear)

    stage.cut()

    assert await rest(connection.values()) == []
    assert await ear.next(Gone) == Gone(subscribed.link)
    with pytest.raises(UnreachableError):
        await connection.write(b"too late")
    camera.send(subscribed.link, (b"no error",))
    camera.drop(subscribed.link)


async def test_a_closed_connection_is_gone_for_the_camera(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    connection, subscribed = await joined(stage, camera, ear)

    await connection.close()
    await connection.close()

    assert await ear.next(Gone) == Gone(subscribed.link)
    with pytest.raises(UnreachableError):
        await connection.write(b"too late")


async def test_what_is_shown_changes_in_one_instant(
    stage: Stage, camera: Peripheral
) -> None:
    camera.show(shown(1, token=b"first."))
    central = await stage.central(185)
    await find(central, lambda one: one.data == b"first.")

    camera.show(shown(2, token=b"second", response=pairing_name(7)))
    seen = await find(central, lambda one: one.data == b"second")

    assert seen.place == place_of(shown(2).address)
    assert await lost(central, 0.5, PLACE)


async def test_what_is_shown_changes_while_an_app_is_connected(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    connection, _ = await joined(stage, camera, ear)

    camera.show(shown(2, token=b"second"))
    await connection.write(b"same link")
    assert (await ear.next(Wrote)).value == b"same link"
    if not stage.many:  # such a controller is seen again when the app has left
        await connection.close()
    other = await stage.central(185)
    seen = await find(other, lambda one: one.data == b"second")

    assert seen.place == place_of(shown(2).address)
    assert await lost(other, 0.5, PLACE)


async def test_a_silent_camera_is_not_seen_and_takes_nobody(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    camera.show(shown())
    central = await stage.central(185)
    await find(central, lambda one: one.place == PLACE)

    camera.show(None)
    await asyncio.sleep(0.3)

    assert await lost(central, 0.5, PLACE)
    with pytest.raises(UnreachableError):
        await central.connect(PLACE)
    assert ear.heard.empty()


async def test_an_open_link_outlives_silence(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    connection, subscribed = await joined(stage, camera, ear)

    camera.show(None)
    camera.send(subscribed.link, (b"down",))
    await connection.write(b"up")

    assert await take(connection, 1) == [b"down"]
    assert (await ear.next(Wrote)).value == b"up"


async def test_after_close_nothing_is_heard(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    connection, _ = await joined(stage, camera, ear)

    camera.close()
    assert await rest(connection.values()) == []
    with pytest.raises(UnreachableError):
        await connection.write(b"into the void")

    while not ear.heard.empty():
        ear.heard.get_nowait()
    assert await ear.silent(0.3)
    camera.close()
    camera.show(shown(3))
    camera.send(1, (b"no error",))


async def test_a_place_where_nobody_is_cannot_be_reached(stage: Stage) -> None:
    central = await stage.central(185)

    with pytest.raises(UnreachableError):
        await central.connect("C0:00:00:00:00:99")


async def test_a_connect_that_is_given_up_does_not_stand_in_the_way(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    central = await stage.central(185)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await central.connect("C0:00:00:00:00:99")

    camera.show(shown())
    await find(central, lambda one: one.place == PLACE)
    connection = await central.connect(PLACE)
    await ear.next(Subscribed)
    await connection.write(b"here")
    assert (await ear.next(Wrote)).value == b"here"


async def test_a_camera_is_there_again_after_an_app_has_left(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    first, before = await joined(stage, camera, ear)
    await first.close()
    await ear.next(Gone)

    again, after = await joined(stage, camera, ear)

    assert after.link != before.link
    await again.write(b"again")
    assert await ear.next(Wrote) == Wrote(after.link, b"again")


async def test_a_radio_that_is_made_anew_uses_no_number_twice(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    connection, before = await joined(stage, camera, ear)
    camera.close()
    assert await rest(connection.values()) == []

    again, ear = await made_anew(stage)
    _, after = await joined(stage, again, ear)

    assert after.link != before.link
    again.close()


async def made_anew(stage: Stage) -> tuple[Peripheral, Ear]:
    """Make the radio again, as soon as its hardware is free."""
    ear = Ear()
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                return await asyncio.to_thread(stage.make, ear), ear
            except UnreachableError:
                await asyncio.sleep(0.05)


async def test_two_apps_have_links_of_their_own(
    stage: Stage, camera: Peripheral, ear: Ear
) -> None:
    one, first = await joined(stage, camera, ear)
    if not stage.many:
        central = await stage.central(185)
        with pytest.raises(UnreachableError):
            await central.connect(PLACE)
        return
    central = await (stage.other or stage.central)(185)
    other = await central.connect(PLACE)
    second = await ear.next(Subscribed)

    await one.write(b"from one")
    assert await ear.next(Wrote) == Wrote(first.link, b"from one")
    await other.write(b"from other")
    assert await ear.next(Wrote) == Wrote(second.link, b"from other")
    camera.send(second.link, (b"to other",))
    camera.send(first.link, (b"to one",))
    assert await take(one, 1) == [b"to one"]
    assert await take(other, 1) == [b"to other"]

    camera.drop(first.link)
    assert await ear.next(Gone) == Gone(first.link)
    await other.write(b"stays")
    assert await ear.next(Wrote) == Wrote(second.link, b"stays")
