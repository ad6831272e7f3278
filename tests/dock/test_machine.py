"""A dock's own folder, its certificate, its code, and the log that it has seen."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lapel.base.errors import BusyError, RefusedError, SetupError
from lapel.crypto.certs import DAY_MS, Role, Validity
from lapel.dock.dock import Dock, System, only_one
from lapel.dock.machine import Machine
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.tenant import Agency
from lapel.wire.receipt import JournalReceived

CLOCK = SystemClock()
SYSTEM = System(CLOCK, system_entropy)


@pytest.fixture(scope="module")
def agency() -> Agency:
    return Agency.found("north", CLOCK.utc_ms())


@pytest.fixture
def machine(agency: Agency, tmp_path: Path) -> Machine:
    papers = agency.host()
    made = Machine(
        tmp_path / "dock",
        "https://127.0.0.1:1",
        "DOCK-0001",
        "north",
        agency.log.verifier.vkey,
        papers.key,
        papers.certificate,
        agency.ca.certificate,
        agency.ca.certificate,
    )
    made.save()
    return made


def test_a_dock_is_what_its_folder_says(machine: Machine) -> None:
    again = Machine.load(machine.folder)
    assert again.key.secret == machine.key.secret
    assert again.certificate.der == machine.certificate.der
    assert again.log_vkey == machine.log_vkey
    for path in machine.folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_another_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="lapel dock adopt --dir"):
        Machine.load(tmp_path)


@pytest.mark.parametrize(
    ("role", "days", "words"),
    [
        (Role.DOCK, -1, "has run out"),
        (Role.SERVER, 1, "is no dock's"),
        (Role.CAMERA_AUTH, 1, "is no dock's"),
    ],
)
def test_a_certificate_that_no_camera_would_take_is_named_with_what_to_do(
    machine: Machine, agency: Agency, role: Role, days: int, words: str
) -> None:
    now = CLOCK.utc_ms()
    validity = Validity(now - 9 * DAY_MS, now + days * DAY_MS)
    wrong = replace(
        machine, certificate=agency.host(role, validity=validity).certificate
    )
    machine.check(now)
    with pytest.raises(RefusedError, match=words) as refused:
        wrong.check(now)
    assert "lapel dock adopt --dir" in str(refused.value)


def test_a_folder_belongs_to_one_dock(machine: Machine) -> None:
    with (
        only_one(machine.folder),
        pytest.raises(BusyError, match="another dock"),
        only_one(machine.folder),
    ):
        pass


def test_the_newest_checkpoint_is_kept_over_a_restart(
    machine: Machine, agency: Agency
) -> None:
    kept = machine.folder / "checkpoint"
    first = Dock(machine, 1, SYSTEM)
    told = JournalReceived("north", "X81000001", 1, bytes(32), 0)
    assert first.seen(agency.receive_journal(told)) == ""
    note = kept.read_text()
    assert Dock(machine, 1, SYSTEM).newest_checkpoint() == note
    other = Agency.found("north", 0).receive_journal(told)
    assert "agency's log" in first.seen(other)
    assert kept.read_text() == note


def test_a_dock_whose_disk_cannot_be_written_says_so_and_goes_on(
    machine: Machine, agency: Agency, full: Callable[[Path], None]
) -> None:
    dock = Dock(machine, 1, SYSTEM)
    full(machine.folder)
    told = JournalReceived("north", "X81000001", 1, bytes(32), 0)
    said = dock.seen(agency.receive_journal(told))
    assert "the dock's own disk cannot be written" in said
    assert "free some room" in said
    assert dock.newest_checkpoint()


@pytest.fixture
def full() -> Callable[[Path], None]:
    """Make the checkpoint's file one that cannot be written, whoever writes."""

    def block(folder: Path) -> None:
        (folder / "checkpoint.new").mkdir()

    return block


def test_a_dock_ends_when_it_is_asked_to(machine: Machine) -> None:
    dock = Dock(machine, 3, SYSTEM)
    with dock.running():
        names = {thread.name for thread in threading.enumerate()}
        assert {"bay-1", "bay-2", "bay-3"} <= names
    names = {thread.name for thread in threading.enumerate()}
    assert not {"bay-1", "bay-2", "bay-3"} & names
