"""Troubles that are no crash: nothing is lost, and words say what to do."""

import dataclasses
import functools
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lapel.crypto.certs import DAY_MS, Certificate, Issuer, Role, Subject, Validity
from lapel.crypto.keys import PrivateKey
from lapel.crypto.seal import wrap
from lapel.dock.dock import System
from lapel.dock.evidence import Evidence
from lapel.dock.machine import Machine
from lapel.ports.joining import ServerRefusedError
from lapel.ports.private import write_private
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim import footage
from lapel.sim.actors import CameraActor, DockActor
from lapel.sim.children import Child, Children, wait_for
from lapel.sim.fleet import FleetCamera, Tenant
from lapel.sim.world import World
from tests.golden import media
from tests.story.conftest import Town
from tests.story.relay import Relay

pytestmark = pytest.mark.process

SYSTEM = System(SystemClock(), system_entropy)


def test_a_server_that_is_away_for_a_while_is_waited_for(
    town: Town, tmp_path: Path
) -> None:
    camera = town.camera()
    town.adopt(camera)
    town.record(camera)
    town.world.evidence.kill()
    town.plug(camera)
    state = town.wait_step(camera, "waiting")
    assert "does not answer" in str(state["message"])
    assert camera.recordings()
    town.world.evidence.start()
    town.wait_step(camera)
    assert camera.recordings() == []
    assert len(town.kept(camera, tmp_path)) == 1


def test_a_recording_altered_on_the_camera_is_held_aside_and_stays_there(
    town: Town, tmp_path: Path
) -> None:
    camera = town.camera()
    town.adopt(camera)
    town.record(camera)
    (kept,) = camera.recordings()
    data = bytearray(kept.read_bytes())
    data[len(data) // 2] ^= 1
    kept.write_bytes(data)
    town.plug(camera)
    state = town.wait_step(camera, "problem")
    assert "held aside" in str(state["message"])
    assert camera.recordings() == [kept]
    assert town.kept(camera, tmp_path) == []


def test_two_docks_with_one_camera_take_it_in_once(town: Town, tmp_path: Path) -> None:
    camera = town.camera()
    town.adopt(camera)
    town.record(camera)
    second = town.world.add_dock(1, f"second-{camera.serial}")
    second.start()
    town.plug(camera)
    second.plug(1, camera)
    wait_for(
        "the camera to be empty",
        lambda: camera.recordings() == [],
        town.world.wait,
        60,
    )
    second.kill()
    assert len(town.kept(camera, tmp_path)) == 1


def test_a_full_camera_refuses_to_start_and_says_so(town: Town) -> None:
    camera = town.camera()
    town.adopt(camera)
    camera.kill()
    camera.options = ("--capacity", "200000")
    camera.start()
    camera.wait_mode("buffering")
    camera.press("event", "event")
    wait_for(
        "the camera to say that it is full",
        lambda: "full" in str(camera.state()["sounds"]),
        town.world.wait,
        30,
    )
    assert camera.state()["mode"] == "buffering"


@pytest.fixture
def abroad(tmp_path: Path, never_stop: Callable[[float], bool]) -> Iterator[World]:
    """Start another agency."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}  # noqa: TID251
    with Children(tmp_path / "logs", environment) as children:
        world = World(tmp_path, children, never_stop)
        world.evidence.start()
        yield world


def test_another_agency_s_dock_reads_nothing(town: Town, abroad: World) -> None:
    camera = town.camera()
    town.adopt(camera)
    town.record(camera)
    before = camera.recordings()
    dock = abroad.add_dock(1)
    dock.start()
    dock.plug(1, camera)
    state = dock_step(town, dock.bay, "problem")
    assert "belongs to another agency" in str(state["message"])
    assert camera.recordings() == before
    assert abroad.evidence.export(abroad.folder / "out") == []


def test_a_dock_hands_nothing_to_a_server_of_another_authority(
    town: Town, abroad: World
) -> None:
    camera = town.camera()
    town.adopt(camera)
    town.record(camera)
    before = camera.recordings()
    dock = town.world.add_dock(1, f"astray-{camera.serial}")
    machine = Machine.load(dock.folder)
    elsewhere = str(abroad.evidence.ready["device_url"])
    dataclasses.replace(machine, url=elsewhere).save()
    dock.start()
    dock.plug(1, camera)
    state = dock_step(town, dock.bay, "problem")
    assert "not the agency's Evidence" in str(state["message"])
    assert "Check the address" in str(state["message"])
    assert camera.recordings() == before
    dock.kill()


def dock_step(
    town: Town, bay: Callable[[int], dict[str, object]], step: str
) -> dict[str, object]:
    wait_for(step, lambda: bay(1)["step"] == step, town.world.wait, 60)
    return bay(1)


def agency_issuer(town: Town) -> Issuer:
    keys = town.world.evidence.folder / "keys"
    certificate = Certificate.from_pem((keys / "ca.pem").read_bytes())
    return Issuer(certificate, PrivateKey.from_pem((keys / "ca.key").read_bytes()))


@pytest.mark.parametrize("wrong", ["expired", "role"])
def test_a_dock_with_a_wrong_certificate_reads_nothing(town: Town, wrong: str) -> None:
    camera = town.camera()
    town.adopt(camera)
    town.record(camera)
    before = camera.recordings()
    dock = town.world.add_dock(1, f"wrong-{camera.serial}")
    machine = Machine.load(dock.folder)
    now = SYSTEM.clock.utc_ms()
    end = now - DAY_MS if wrong == "expired" else now + DAY_MS
    role = Role.DOCK if wrong == "expired" else Role.SERVER
    certificate = agency_issuer(town).issue(
        Subject(machine.serial, "dock"),
        machine.key.public,
        role,
        Validity(now - 9 * DAY_MS, end),
    )
    dataclasses.replace(machine, certificate=certificate).save()
    dock.start()
    dock.plug(1, camera)
    state = dock_step(town, dock.bay, "problem")
    said = {"expired": "has run out", "role": "is no dock's"}[wrong]
    assert said in str(state["message"])
    assert "lapel dock adopt" in str(state["message"])
    assert camera.recordings() == before
    dock.kill()


def fleet(town: Town, count: int) -> Iterator[tuple[FleetCamera, Evidence]]:
    """Adopt cameras without a lens, each with a connection of its own."""
    town.camera().kill()
    factory = town.world.folder / "factory"
    maker = Issuer(
        Certificate.from_pem((factory / "maker.pem").read_bytes()),
        PrivateKey.from_pem((factory / "maker.key").read_bytes()),
    )
    evidence = town.world.evidence
    authority = Certificate.from_pem(evidence.authority.read_bytes())
    tenant = Tenant(evidence.tenant, authority.der)
    machine = Machine.load(town.dock.folder)
    for serial in itertools.islice(town.serials, count):
        camera = FleetCamera(
            f"F{serial}",
            SYSTEM.clock.utc_ms(),
            system_entropy,
            nonce=system_entropy(16),
        )
        path = town.world.folder / f"{camera.serial}.voucher"
        write_private(path, camera.voucher(maker, tenant))
        evidence.expect(path, factory / "maker.pem")
        client = Evidence(machine, SYSTEM)
        camera.adopt(client, maker)
        yield camera, client


def test_twenty_cameras_at_once_are_all_taken_in(town: Town) -> None:
    cameras = list(fleet(town, 20))
    start = threading.Barrier(20)

    def deliver(pair: tuple[FleetCamera, Evidence]) -> int:
        camera, client = pair
        kept = [camera.record(media()) for _ in range(3)]
        start.wait()
        camera.send_journal(client)
        receipts = {camera.send(client, item) for item in kept}
        again = camera.send(client, kept[0])
        assert again in receipts
        client.close()
        return len(receipts)

    with ThreadPoolExecutor(20) as threads:
        assert list(threads.map(deliver, cameras)) == [3] * 20


def test_what_was_altered_on_the_way_sealed_to_a_wrong_key_or_signed_by_a_dock(
    town: Town,
) -> None:
    """None of it gets a receipt; what is good does, before and after."""
    ((camera, client),) = fleet(town, 1)
    altered = camera.record(media())
    good = camera.record(media())
    unreadable = camera.record(media())
    machine = Machine.load(town.dock.folder)
    chain = (machine.certificate.der,)
    dock = dataclasses.replace(camera.signer, key=machine.key, chain=chain)
    forged = camera.record(media(), signer=dock)
    camera.send_journal(client)
    key, stranger = system_entropy(32), PrivateKey.generate().public
    envelope = wrap(key, unreadable.recording, [stranger]).encode()
    for wrong in (dataclasses.replace(unreadable, envelope=envelope), forged):
        with pytest.raises(ServerRefusedError) as refused:
            camera.send(client, wrong)
        assert refused.value.reason in {"unreadable", "tampered", "unknown-signer"}
    data = bytearray(altered.sealed)
    data[-9] ^= 1
    with pytest.raises(ServerRefusedError) as refused:
        camera.send(client, dataclasses.replace(altered, sealed=bytes(data)))
    assert "camera" in str(refused.value)
    assert camera.send(client, good)
    client.close()


@pytest.mark.footage
def test_a_cut_on_either_side_sends_nothing_again_and_the_dock_keeps_no_video(
    town: Town, tmp_path: Path
) -> None:
    camera = filmed(town)
    length = camera.recordings()[0].stat().st_size
    dock = town.world.add_dock(1, f"counted-{camera.serial}")
    dock.options = ("--budget", "3")
    upwards = Relay(("127.0.0.1", town.world.evidence.ports[1]))
    url = f"https://127.0.0.1:{upwards.port}"
    dataclasses.replace(Machine.load(dock.folder), url=url).save()
    before = usage(dock.folder)
    dock.start()
    cable = plugged(town, camera, dock)
    for part, cut in ((1, cable.cut), (2, upwards.cut)):
        third = part * length // 3
        there = functools.partial(passed, upwards, third)
        wait_for(f"part {part} of three", there, town.world.wait, 60)
        cut()
    wait_for("all of it", lambda: camera.recordings() == [], town.world.wait, 60)
    slack = 2_500_000  # pieces on their way at each cut, journals, TLS
    assert slack < length // 3
    assert length < upwards.to_target < length + slack, (length, upwards.to_target)
    assert length < cable.from_target < length + slack, (length, cable.from_target)
    assert usage(dock.folder) - before < 1 << 20
    assert written(dock.process) < 1 << 20
    dock.kill()
    upwards.close()
    cable.close()
    assert len(town.kept(camera, tmp_path / "out")) == 1


def passed(relay: Relay, least: int) -> bool:
    return relay.to_target > least


def filmed(town: Town) -> CameraActor:
    """An adopted camera with a minute of real footage on it."""
    clip = footage.find(os.environ)[footage.BUNNY]  # noqa: TID251
    camera = town.camera(source=f"file:{clip}?loop")
    town.adopt(camera)
    camera.kill()
    camera.options = ("--speed", "10")
    camera.start()
    camera.wait_mode("buffering")
    town.record(camera, 60)
    return camera


def plugged(town: Town, camera: CameraActor, dock: DockActor) -> Relay:
    """Put the camera into bay 1 with a relay between the two."""
    (camera.folder / "port" / "cable").touch()
    address = camera.folder / "port" / "address"
    wait_for("the port", address.exists, town.world.wait, 30)
    host, _, number = address.read_text().strip().rpartition(":")
    relay = Relay((host, int(number)))
    place = dock.folder.parent / f"port-{camera.serial}"
    place.mkdir()
    (place / "address").write_text(f"127.0.0.1:{relay.port}\n")
    (dock.folder / "bays" / "1").symlink_to(place)
    return relay


def usage(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))


def written(child: Child | None) -> int:
    """Bytes that a process has sent to storage, by the kernel's own count."""
    assert child is not None
    lines = Path(f"/proc/{child.process.pid}/io").read_text().splitlines()
    counts = dict(line.split(": ") for line in lines)
    return int(counts["write_bytes"])


@pytest.mark.footage
def test_a_cable_cut_mid_read_is_taken_up_where_it_was(
    town: Town, tmp_path: Path
) -> None:
    camera = filmed(town)
    slow = town.world.add_dock(1, f"slow-{camera.serial}")
    slow.options = ("--budget", "2")
    slow.start()
    slow.plug(1, camera)
    wait_for(
        "half of it",
        lambda: int(str(slow.bay(1)["done"])) > 4_000_000,
        town.world.wait,
        60,
    )
    slow.unplug(1)
    assert camera.recordings()
    slow.kill()
    town.plug(camera)
    town.wait_step(camera)
    assert camera.recordings() == []
    assert len(town.kept(camera, tmp_path)) == 1
