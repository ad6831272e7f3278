"""Storage: the real disk and the one in memory keep the same contract; keys and tag."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import (
    BusyError,
    MalformedError,
    NotFoundError,
    RefusedError,
    SetupError,
    StorageFullError,
)
from lapel.camera.disk import Disk
from lapel.camera.journal import Journal
from lapel.camera.keyfile import KeyFile
from lapel.camera.models import catalogue, model
from lapel.camera.running import Folder, read_edge
from lapel.camera.store import HELD_BACK
from lapel.crypto.keys import PrivateKey
from lapel.crypto.seal import NoKeyError, hpke_seal, unwrap
from lapel.ports.files import Files
from lapel.ports.keystore import AT_MANUFACTURE, OF_TENANT, KeyName
from lapel.protocol.buttons import Button
from lapel.sim.camera import SERIAL, boot, evidence_key, made
from lapel.sim.clock import ManualClock, seeded
from lapel.sim.keys import CountedKeys
from lapel.sim.live import LiveCamera
from lapel.sim.storage import MemoryFiles
from lapel.sim.tenant import Agency
from lapel.wire.journal import EntryKind, Lost
from lapel.wire.sealed import Envelope

ENTROPY = seeded(5)


@pytest.fixture(params=["disk", "memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    return Disk(tmp_path) if request.param == "disk" else MemoryFiles()


def small(request: str, tmp_path: Path) -> Files:
    return Disk(tmp_path, 1000) if request == "disk" else MemoryFiles(capacity=1000)


def test_what_is_put_is_read_again(files: Files) -> None:
    files.replace("folder/a", b"first")
    files.replace("folder/a", b"second")
    assert files.read("folder/a") == b"second"
    assert files.read("folder/a", 2, 3) == b"con"
    assert files.size("folder/a") == 6
    assert files.names("folder") == ["a"]
    with files.view("folder/a") as seen:
        assert bytes(seen) == b"second"
    files.remove("folder/a")
    files.remove("folder/a")
    assert files.size("folder/a") is None
    assert files.names("folder") == []
    with pytest.raises(NotFoundError):
        files.read("folder/a")


def test_a_file_grows_at_its_end_and_can_be_cut(files: Files) -> None:
    file = files.append("b")
    file.write(b"abc")
    file.write(b"def")
    file.sync()
    file.cut(4)
    file.write(b"!")
    assert file.size == 5
    file.close()
    again = files.append("b")
    assert again.size == 5
    again.write(b"?")
    again.close()
    assert files.read("b") == b"abcd!?"


@pytest.mark.parametrize("kind", ["disk", "memory"])
def test_full_storage_is_told_and_can_be_freed(kind: str, tmp_path: Path) -> None:
    files = small(kind, tmp_path)
    files.replace("a", bytes(600))
    with pytest.raises(StorageFullError):
        files.replace("b", bytes(600))
    file = files.append("c")
    with pytest.raises(StorageFullError):
        file.write(bytes(600))
    file.cut(0)
    files.remove("a")
    file.write(bytes(600))
    file.close()
    assert files.free() <= 400


def test_files_are_private(tmp_path: Path) -> None:
    files = Disk(tmp_path / "camera")
    files.replace("keys/a", b"x")
    files.append("recordings/b").close()
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes.pop("a") == modes.pop("b") == 0o600
    assert set(modes.values()) == {0o700}


def test_a_folder_belongs_to_one_process(tmp_path: Path) -> None:
    first = Folder(tmp_path)
    with pytest.raises(BusyError):
        Folder(tmp_path)
    first.give_back()
    Folder(tmp_path).give_back()


def test_keys_are_kept_sealed_and_used_for_one_thing(files: Files) -> None:
    keys = KeyFile(files, ENTROPY)
    keys.make(AT_MANUFACTURE)
    point = keys.public(KeyName.SIGN0).point
    keys.make((*AT_MANUFACTURE, *OF_TENANT))
    again = KeyFile(files, ENTROPY)
    assert again.public(KeyName.SIGN0).point == point
    again.public(KeyName.SIGN).verify(again.sign(KeyName.SIGN, b"x"), b"x")
    sealed = hpke_seal(b"secret", again.public(KeyName.OPEN), b"info")
    assert again.open(sealed, b"info") == b"secret"
    auth = PrivateKey.from_pem(again.tls_key(KeyName.AUTH))
    assert auth.public.point == again.public(KeyName.AUTH).point
    for name in set(KeyName) - {KeyName.ID, KeyName.AUTH}:
        with pytest.raises(RefusedError):
            again.tls_key(name)
    again.erase(OF_TENANT)
    assert not KeyFile(files, ENTROPY).has(KeyName.SIGN)
    with pytest.raises(NotFoundError):
        again.sign(KeyName.SIGN, b"x")
    with pytest.raises(NoKeyError):
        KeyFile(files, ENTROPY, bytes(32))


def test_nothing_in_a_cameras_folder_opens_its_sealed_files() -> None:
    agency = Agency.found("north", 1_790_000_000_000)
    worn = LiveCamera()
    worn.dock()
    worn.adopt(agency)
    worn.undock()
    worn.camera.switch(on=True)
    worn.see(6)
    worn.record(2)
    (kept,) = worn.camera.store.kept()
    raw = worn.camera.store.companion(kept.recording, ".envelope")
    assert raw is not None
    envelope = Envelope.decode(raw)
    key = unwrap(envelope, [agency.evidence_key])
    held = {name: bytes(data) for name, data in worn.files.held.items()}
    assert not [name for name, data in held.items() if key in data]
    keys = KeyFile(worn.files, ENTROPY)
    for wrap in envelope.wraps:
        with pytest.raises(NoKeyError):
            keys.open(wrap.sealed, b"lapel/seal/1" + kept.recording)
    assert b"mdat" not in held[kept.name]


def test_entries_that_cannot_be_written_are_counted() -> None:
    store, clock = MemoryFiles(), ManualClock()
    made(clock, ENTROPY, store)
    bench = boot(store, clock, ENTROPY, (evidence_key().public,))
    journal, now = bench.desk.journal, bench.time.now()
    capacity, store.capacity = store.capacity, 0
    for _ in range(3):
        assert journal.add(EntryKind.MARKER, {}, now) is None
    with pytest.raises(StorageFullError):
        journal.add(EntryKind.STOP, {}, now)
    store.capacity = capacity
    assert journal.add(EntryKind.MARKER, {}, now) is not None
    ((_, entry),) = journal.entries(EntryKind.LOST)
    assert Lost.of(entry.data).count == 3


def test_a_journal_that_fails_counts_what_it_loses_and_goes_on_whole() -> None:
    store, clock = MemoryFiles(), ManualClock()
    made(clock, ENTROPY, store)
    bench = boot(store, clock, ENTROPY)
    journal, now = bench.desk.journal, bench.time.now()
    store.failing = 2
    assert journal.add(EntryKind.MARKER, {}, now) is None
    store.failing = 2
    with pytest.raises(OSError, match="input/output"):
        journal.add(EntryKind.START, {}, now)
    store.held["journal"] += b"what a write left that could not be cut"
    assert journal.add(EntryKind.MARKER, {}, now) is not None
    kinds = [entry.kind for _, entry in Journal(store, SERIAL).entries(*EntryKind)]
    assert kinds[-2:] == [EntryKind.LOST, EntryKind.MARKER]


def test_the_last_space_is_for_what_must_not_be_lost() -> None:
    store, clock = MemoryFiles(), ManualClock()
    made(clock, ENTROPY, store)
    bench = boot(store, clock, ENTROPY)
    journal, now = bench.desk.journal, bench.time.now()
    store.capacity = store.capacity - store.free() + HELD_BACK - 1
    assert journal.add(EntryKind.MARKER, {}, now) is None
    assert journal.add(EntryKind.RECEIPT, {}, now) is not None


def test_boots_and_starts_carry_the_counter_of_a_key_store_that_has_one() -> None:
    store, clock = MemoryFiles(), ManualClock()
    made(clock, ENTROPY, store)
    bench = boot(store, clock, ENTROPY)
    now, keys = bench.time.now(), CountedKeys(store, ENTROPY)
    journal = bench.desk.journal
    journal.begin(bench.papers.signer(keys), now, {})
    for kind in (EntryKind.START, EntryKind.MODE, EntryKind.START):
        journal.add(kind, {}, now)
    counters = [entry.nv for _, entry in journal.entries(*EntryKind)]
    assert counters == [None, 1, 2, None, 3]


def test_models_are_data() -> None:
    assert set(catalogue()) == {"body2", "flex2"}
    assert model("flex2").pre_event_s(0) == 30
    assert model("body2").pre_event_s(500) == 120
    with pytest.raises(NotFoundError, match="body2"):
        model("body9")


def test_a_folder_holds_one_camera(files: Files) -> None:
    clock = ManualClock()
    made(clock, ENTROPY, files)
    with pytest.raises(SetupError):
        made(clock, ENTROPY, files)


def test_lines_of_buttons_are_read_strictly() -> None:
    assert read_edge(b"17 down event") == (Button.EVENT, True, 17)
    for wrong in (
        b"",
        b"x down event",
        b"1 press event",
        b"1 up start",
        b"1 up event ",
    ):
        with pytest.raises(MalformedError):
            read_edge(wrong)


@given(st.binary(max_size=40))
def test_any_line_is_an_edge_or_malformed(line: bytes) -> None:
    try:
        read_edge(line)
    except MalformedError:
        return
