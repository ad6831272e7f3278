"""The server dies, its disk fills, its files change: nothing is lost."""

import grp
import os
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from lapel.base.errors import SignatureError, StorageFullError
from lapel.base.ids import recording_name
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.crypto.note import LogKey
from lapel.evidence import package, start
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Action, Actor, Target, Who
from lapel.evidence.items import service as items
from lapel.evidence.jobs import thumbs
from lapel.evidence.jobs.check import Checker
from lapel.evidence.playback import ClearFile
from lapel.evidence.store.folder import Folder
from lapel.evidence.store.objects import RESERVE, Objects
from lapel.evidence.tenants import keys as tenant_keys
from lapel.evidence.tenants import service as tenants
from lapel.ports.system import SystemClock, system_entropy
from lapel.proof.receipt import DeletionPolicy, Own, check_deletion
from lapel.sim.agency import Agency, Sent
from lapel.sim.forge import Media
from lapel.wire.custody import ActorKind, ObjectKind
from tests.evidence.test_tus import add, offset, place
from tests.evidence.world import inhabited, serving

POINTS = (
    "ingest.before-store",
    "ingest.after-sync",
    "ingest.after-rename",
    "ingest.after-store",
    "ingest.in-transaction",
    "ingest.after-row",
    "ingest.after-checkpoint",
    "ingest.after-receipt",
)


def allows_deletion(folder: Path, sent: Sent, receipt: bytes) -> None:
    """Check a receipt as the camera does."""
    ground, tenant = start.open_ground(folder, SystemClock(), system_entropy)
    ring = tenant_keys.load(ground.folder.keys)
    (keyfile,) = ground.folder.signer.glob("*.key")
    log = LogKey.from_secret(tenant.origin, keyfile.read_bytes()).verifier
    own = Own(
        tenant.id,
        sent.recording,
        sent.serial,
        len(sent.stored),
        sha256(sent.stored),
        sha256(sent.closing),
    )
    keys: tuple[PublicKey, ...] = (ring.receipt.public,)
    check_deletion(own, receipt, DeletionPolicy(keys, (log,)))
    with ground.database.read() as connection:
        target = Target(ObjectKind.RECORDING, recording_name(sent.recording))
        acts = [one.action for one in custody.acts_on(connection, tenant.id, target)]
    assert acts.count(Action.RECEIVED) == 1
    ground.database.close()


@pytest.mark.process
@pytest.mark.parametrize("fault", POINTS)
def test_a_server_that_dies_in_a_commit_gives_one_receipt_in_the_end(
    tmp_path: Path, film: Media, fault: str
) -> None:
    folder = tmp_path / "evidence"
    with inhabited(folder, film, 1, fault) as world, world.dock() as dock:
        (sent,) = world.sent
        token = dock.headers["authorization"]
        where = place(dock, sent)
        add(dock, where, 0, sent.stored)
        with pytest.raises(httpx.TransportError):
            dock.post(f"{where}/commit", content=sent.closing)
    with serving(folder) as server:
        device = server.device(token.removeprefix("Bearer "))
        with device as dock:
            where = place(dock, sent)
            assert offset(dock, where) == len(sent.stored)
            answer = dock.post(f"{where}/commit", content=sent.closing)
            assert answer.status_code == 200, answer.text
            again = dock.post(f"{where}/commit", content=sent.closing)
            assert again.content == answer.content
    allows_deletion(folder, sent, answer.content)


@pytest.mark.process
def test_an_upload_goes_on_after_the_server_died(tmp_path: Path, film: Media) -> None:
    folder = tmp_path / "evidence"
    with inhabited(folder, film, 1) as world:
        (sent,) = world.sent
        half = len(sent.stored) // 2
        with world.dock() as dock:
            token = dock.headers["authorization"]
            where = place(dock, sent)
            add(dock, where, 0, sent.stored[:half])
        world.server.process.kill()
        world.server.process.wait()
    with serving(folder) as server:
        device = server.device(token.removeprefix("Bearer "))
        with device as dock:
            assert place(dock, sent) == where
            assert offset(dock, where) == half
            add(dock, where, half, sent.stored[half:])
            answer = dock.post(f"{where}/commit", content=sent.closing)
            assert answer.status_code == 200, answer.text


@pytest.mark.process
def test_one_process_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    with serving(folder):
        words = [sys.executable, "-m", "lapel.cli", "evidence", "serve"]
        words += ["--dir", str(folder), "--port", "0", "--device-port", "0"]
        done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 75
    assert "in use by another process" in done.stderr


@pytest.mark.process
def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with serving(tmp_path / "one") as server:
        port = httpx.URL(server.url).port
        words = [sys.executable, "-m", "lapel.cli", "evidence", "serve"]
        words += ["--dir", str(tmp_path / "two"), "--port", str(port)]
        words += ["--device-port", "0"]
        done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 78
    assert f"port {port} is taken" in done.stderr


@pytest.mark.process
def test_nothing_is_left_running(tmp_path: Path) -> None:
    with serving(tmp_path / "evidence") as server:
        pid = server.process.pid
        path = Path(f"/proc/{pid}/task/{pid}/children")
        (signer,) = path.read_text().split()
    assert server.process.returncode == 0
    assert not Path(f"/proc/{signer}").exists()
    assert not (tmp_path / "evidence" / "running.json").exists()


def test_a_signer_of_another_user_is_used_and_never_replaced(tmp_path: Path) -> None:
    socket, root = tmp_path / "run" / "socket", tmp_path / "evidence"
    socket.parent.mkdir()
    command = [sys.executable, "-m", "lapel.cli", "evidence", "signer"]
    command += ["--dir", str(tmp_path / "signer"), "--socket", str(socket)]
    command += ["--group", grp.getgrgid(os.getgid()).gr_name, "--until-stdin-ends"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603
    try:
        for _ in range(200):
            if socket.exists():
                break
            threading.Event().wait(0.05)
        with serving(root, more=("--signer", str(socket))) as server:
            assert len(server.run("trust").splitlines()) > 3
            assert list((tmp_path / "signer" / "signer").glob("*.key"))
            assert not list((root / "signer").glob("*.key"))
            assert socket.stat().st_mode & 0o777 == 0o660
    finally:
        child.communicate()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "lapel.cli", "evidence", "serve", "--dir", str(root)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode != 0
    assert "no signer answers" in done.stderr
    assert not list((root / "signer").glob("*.key"))


def test_folders_and_files_are_for_the_server_alone(
    agency: Agency, film: Media
) -> None:
    agency.take_in(agency.record(film))
    root = agency.site.ground.folder.root
    for path in (root, *root.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert path.lstat().st_mode & 0o777 & ~wanted == 0, path


def test_nothing_clear_ever_lies_on_the_server_s_disk(
    agency: Agency, film: Media
) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    site = agency.site
    with site.database.read() as connection:
        opened = items.open_item(connection, site.tenant.id, sent.recording)
    with ClearFile.open(site.ingest, opened) as clear:
        assert b"".join(clear.read(0, clear.size)) == sent.made.clear
    who = Who(Actor(ActorKind.USER, "p-1"), "A. Person", "Administrator", "::1")
    order = package.Ordered(who, sent.recording, sealed=True)
    assert b"".join(package.stream(site, package.prepare(site, order)))
    assert thumbs.make(site, opened.item)
    assert thumbs.read(site, opened.item).startswith(b"\xff\xd8")
    units = [part[len(part) // 2 :][:64] for part in sent.made.parts[1:-1]]
    root = site.ground.folder.root
    for path in (one for one in root.rglob("*") if one.is_file()):
        data = path.read_bytes()
        assert b"\xff\xd8\xff" not in data[:64], path
        assert not any(unit in data for unit in units), path
        assert sent.made.clear[:64] not in data, path


def test_no_room_is_said_before_a_byte_is_written(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.make()
    objects = Objects(folder)
    room = os.statvfs(tmp_path)
    free = room.f_bavail * room.f_frsize
    with pytest.raises(StorageFullError):
        objects.begin("0" * 32, max(0, free - RESERVE) + (1 << 30))
    assert not list(folder.uploads.iterdir())


@pytest.mark.root
def test_a_disk_that_fills_takes_nothing_back_and_goes_on_later(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603
        pytest.skip("not root")
    try:
        folder = Folder(disk)
        folder.make()
        objects = Objects(folder)
        objects.begin("a" * 32, 1 << 20)
        (disk / "other").write_bytes(bytes(78 << 20))
        part = objects.grow("a" * 32)
        part.write(bytes(1 << 20))
        kept = part.size
        with pytest.raises(StorageFullError):
            part.write(bytes(4 << 20))
        assert part.size == kept == (folder.uploads / ("a" * 32)).stat().st_size
        (disk / "other").unlink()
        part.write(bytes(4 << 20))
        part.close()
    finally:
        subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607


def test_a_file_that_changed_on_the_disk_is_found_and_not_shown(
    agency: Agency, film: Media
) -> None:
    site = agency.site
    sent = agency.record(film)
    agency.take_in(sent)
    with site.database.read() as connection:
        opened = items.open_item(connection, site.tenant.id, sent.recording)
    path = site.ingest.objects.path(opened.item.object)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    with ClearFile.open(site.ingest, opened) as clear, pytest.raises(SignatureError):
        list(clear.read(0, clear.size))
    Checker().step(site)
    with site.database.read() as connection:
        item = items.find(connection, site.tenant.id, sent.recording)
        target = Target(ObjectKind.RECORDING, recording_name(sent.recording))
        acts = [
            one.action for one in custody.acts_on(connection, site.tenant.id, target)
        ]
    assert item is not None
    assert item.found_bad_ms is not None
    assert acts[-1] == Action.OBJECT_BAD


def test_a_retired_evidence_key_still_opens_what_was_sealed_to_it(
    agency: Agency, film: Media
) -> None:
    site = agency.site
    sent = agency.record(film)
    old = site.keys.evidence[0].public.kid
    fresh = tenant_keys.add_evidence_key(site.ground.folder.keys)
    tenants.record_keys(site.database, site.stamp(), [fresh.public])
    tenants.retire_key(site.database, site.stamp(), old)
    agency.take_in(sent)
    with site.database.read() as connection:
        points = tenants.evidence_points(connection, site.tenant.id)
    assert points == (fresh.public.point,)
