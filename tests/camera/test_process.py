"""The camera's process, killed at named points and at any moment: nothing is lost."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from lapel.base import faults
from lapel.base.ids import recording_name
from lapel.camera.disk import Disk
from lapel.camera.factory import Factory, open_factory
from lapel.camera.identity import Papers
from lapel.camera.keyfile import KeyFile
from lapel.camera.recovery import Recovery
from lapel.crypto.certs import Certificate
from lapel.crypto.digest import sha256
from lapel.ports.system import SystemClock, system_entropy
from lapel.proof.companions import Companions
from lapel.proof.recording import Keys, judge
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.sim.camera import Bench, boot
from lapel.sim.live import client
from lapel.sim.tenant import Agency, Host
from lapel.wire.adoption import Identity
from lapel.wire.cose import parse
from lapel.wire.journal import Entry
from lapel.wire.port import Code, Verb
from lapel.wire.receipt import JournalReceived

CLOCK = SystemClock()
SERIAL, MODEL = "X1234567", "body2"
GOOD = {Verdict.AUTHENTIC, Verdict.CLOSED_BY_POWER_LOSS}
SOURCE = "synthetic:?size=64x48&rate=5&sound=0"
STARTED = {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PATH": os.defpath}


@dataclass
class Worn:
    """A camera's folder, and the process that runs it."""

    root: Path
    factory: Factory
    agency: Agency = field(
        default_factory=lambda: Agency.found("north", CLOCK.utc_ms())
    )
    hosts: list[Host] = field(default_factory=list[Host])

    @classmethod
    def new(cls, folder: Path) -> "Worn":
        factory = open_factory(Disk(folder / "maker"), CLOCK.utc_ms())
        files = Disk(folder / "cam")
        factory.make(files, KeyFile(files, system_entropy), MODEL, SERIAL)
        return cls(folder / "cam", factory)

    @contextmanager
    def run(self, fault: str = "") -> Generator["subprocess.Popen[str]"]:
        """Run the camera; it dies at the point `fault`, or at the end."""
        command = [sys.executable, "-m", "lapel.cli", "camera", "run"]
        options = ["--dir", str(self.root), "--source", SOURCE, "--speed", "10"]
        process = subprocess.Popen(  # noqa: S603
            [*command, *options],
            env={**STARTED, faults.VARIABLE: fault},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout
            process.stdout.readline()
            yield process
        finally:
            for host in self.hosts:
                host.close()
            process.kill()
            process.communicate()

    def press(self, *names: str, hold_ms: int = 100) -> None:
        """Press buttons, in moments that have passed already."""
        moment = CLOCK.mono_ms() - (hold_ms + 100) * len(names)
        lines: list[str] = []
        for name in names:
            lines += [f"{moment} down {name}", f"{moment + hold_ms} up {name}"]
            moment += hold_ms + 100
        handle = os.open(self.root / "buttons", os.O_WRONLY | os.O_NONBLOCK)
        os.write(handle, ("\n".join(lines) + "\n").encode())
        os.close(handle)

    def state(self) -> dict[str, object]:
        with suppress(OSError, ValueError):
            read: dict[str, object] = json.loads((self.root / "state.json").read_text())
            return read
        return {}

    def plug(self) -> None:
        (self.root / "port").mkdir(exist_ok=True)
        (self.root / "port" / "cable").touch()

    def host(self, *, owned: bool = True) -> Host:
        """Connect to the port, which the process has opened."""
        path = self.root / "port" / "address"
        wait(path.exists)
        host, _, port = path.read_text().strip().partition(":")
        papers = self.agency.host() if owned else None
        connected = Host((host, int(port)), client(papers))
        self.hosts.append(connected)
        return connected

    def papers(self) -> Papers:
        return Papers(Disk(self.root), system_entropy)

    def adopt(self) -> None:
        """Adopt the camera and set its clock, as far as it lives."""
        host = self.host(owned=False)
        nonce = self.papers().nonce
        ca = self.agency.ca.certificate.der
        voucher = self.factory.voucher(SERIAL, "north", ca, nonce)
        identity = Identity.of(host.ask(Verb.ADOPT, {1: voucher}).result or {})
        adopted = self.agency.adopted(identity, SERIAL, MODEL, nonce)
        host.ask(Verb.ADOPT, adopted.items())
        host.close()
        host = self.host()
        given = (host.ask(Verb.TIME).result or {})[1]
        assert isinstance(given, bytes)
        host.ask(Verb.TIME, {1: self.agency.time(given, CLOCK.utc_ms())})
        host.close()

    def recover(self) -> Bench:
        """Boot again and check everything that lies there."""
        files = Disk(self.root)
        bench = boot(files, CLOCK, system_entropy)
        Recovery(bench.desk).run()
        trust = Trust((bench.maker, self.agency.ca.certificate))
        for kept in bench.desk.store.kept():
            assert kept.closing is not None
            envelope = bench.desk.store.companion(kept.recording, ".envelope")
            keys = Keys((self.agency.evidence_key,), envelope)
            with files.view(kept.name) as data:
                companions = Companions(kept.closing)
                report = judge(data, trust, CLOCK.utc_ms(), companions, keys)
            assert report.verdict in GOOD, (report.line, report.reasons)
        return bench


_PAUSE = Event()


def wait(holds: object, seconds: float = 20) -> None:
    """Wait until `holds()`; fails when it never does."""
    assert callable(holds)
    for _ in range(int(seconds * 50)):
        if holds():
            return
        _PAUSE.wait(0.02)
    raise AssertionError("it never came to hold")


def dead(process: "subprocess.Popen[str]") -> bool:
    return process.poll() == -signal.SIGKILL


RECORDING = [
    "camera.start.envelope",
    "camera.start.journal",
    "camera.start.header",
    "camera.start.genesis",
    "camera.part.written:3",
    "camera.part.synced:2",
    "camera.journal.written:3",
    "camera.end.synced",
    "camera.stop.journaled",
    "camera.stop.noted",
]


@pytest.mark.process
@pytest.mark.parametrize("fault", RECORDING)
def test_killed_while_recording(tmp_path: Path, fault: str) -> None:
    worn = Worn.new(tmp_path)
    with worn.run(fault) as process:
        with suppress(AssertionError):
            wait(lambda: float(str(worn.state()["buffered_seconds"])) > 2, 5)
        worn.press("event", "event")
        with suppress(AssertionError):
            wait(lambda: dead(process) or int(str(worn.state()["units"])) > 2, 5)
        if process.poll() is None:
            worn.press("event", hold_ms=3100)
        wait(lambda: dead(process))
    bench = worn.recover()
    kept = bench.desk.store.kept()
    begun = RECORDING.index(fault) >= RECORDING.index("camera.start.genesis")
    if not fault.startswith("camera.journal"):
        assert len(kept) == begun


@pytest.mark.process
@pytest.mark.parametrize("fault", ["camera.recovery.cut", "camera.recovery.journaled"])
def test_killed_while_recovering(tmp_path: Path, fault: str) -> None:
    worn = Worn.new(tmp_path)
    with worn.run() as process:
        wait(lambda: float(str(worn.state()["buffered_seconds"])) > 2)
        worn.press("event", "event")
        wait(lambda: int(str(worn.state()["units"])) > 2)
        process.kill()
    with worn.run(fault) as process:
        wait(lambda: dead(process))
    assert len(worn.recover().desk.store.kept()) == 1


@pytest.mark.process
@pytest.mark.parametrize(
    "fault",
    [
        "camera.adopt.voucher",
        "camera.adopt.keys",
        "camera.settings.written",
        "camera.adopt.owner",
        "camera.adopt.done",
    ],
)
def test_killed_while_adopted(tmp_path: Path, fault: str) -> None:
    worn = Worn.new(tmp_path)
    worn.plug()
    with worn.run(fault) as process:
        with suppress(OSError, KeyError):
            worn.adopt()
        wait(lambda: dead(process))
    with worn.run():
        owned = worn.papers().owner is not None
        assert owned == (fault in {"camera.adopt.owner", "camera.adopt.done"})
        if not owned:
            worn.adopt()
        hello = worn.host().ask(Verb.HELLO)
        assert (hello.result or {})[4] is True
    worn.recover()


@pytest.mark.process
def test_killed_while_released(tmp_path: Path) -> None:
    worn = Worn.new(tmp_path)
    worn.plug()
    with worn.run("camera.release.owner") as process:
        worn.adopt()
        nonce = worn.papers().nonce
        with suppress(OSError):
            release = worn.agency.release(SERIAL, nonce)
            worn.host().ask(Verb.RELEASE, {1: release})
        wait(lambda: dead(process))
    with worn.run():
        hello = worn.host(owned=False).ask(Verb.HELLO)
        assert (hello.result or {})[4] is False
        assert not (worn.root / "settings").exists()
        worn.adopt()
    worn.recover()


SETTLING = [
    "camera.receipt.noted",
    "camera.receipt.removed",
    "camera.receipt.deletion",
    "camera.journal.trimmed",
]


@pytest.mark.process
@pytest.mark.parametrize("fault", SETTLING)
def test_killed_while_settling(tmp_path: Path, fault: str) -> None:
    worn = Worn.new(tmp_path)
    with worn.run():
        worn.plug()
        worn.adopt()
        (worn.root / "port" / "cable").unlink()
        wait(lambda: float(str(worn.state().get("buffered_seconds", 0))) > 2)
        worn.press("event", "event")
        wait(lambda: int(str(worn.state()["units"])) > 1)
        worn.plug()
        wait((worn.root / "port" / "address").exists)
    (kept,) = worn.recover().desk.store.kept()
    assert kept.closing is not None
    entry = Entry.decode(parse("journal", kept.closing).payload)
    told = worn.agency.received(SERIAL, kept.closing)
    with worn.run(fault) as process:
        journal = JournalReceived(
            "north", SERIAL, entry.seq, sha256(kept.closing), CLOCK.utc_ms()
        )
        host = worn.host()
        with suppress(OSError):
            receipts = worn.agency.receive(told), worn.agency.receive_journal(journal)
            for receipt in receipts:
                assert host.ask(Verb.RECEIPT, {1: receipt}).code is Code.DONE
        wait(lambda: dead(process))
    bench = worn.recover()
    assert bench.desk.store.recordings() == []
    name = recording_name(kept.recording)
    assert not list((worn.root / "recordings").glob(f"{name}*"))


@pytest.mark.process
@pytest.mark.deep
@pytest.mark.parametrize("round_", range(20))
def test_killed_at_any_moment(tmp_path: Path, round_: int) -> None:
    worn = Worn.new(tmp_path)
    for number in range(3):
        with worn.run() as process:
            _PAUSE.wait(0.2 + 0.11 * round_ % 0.7)
            worn.press("event", "event")
            _PAUSE.wait(0.05 + (0.37 * (round_ + number)) % 1.1)
            process.kill()
    bench = worn.recover()
    assert len(bench.desk.store.kept()) <= 3


@pytest.mark.process
def test_asked_to_end_the_camera_closes_its_recording(tmp_path: Path) -> None:
    worn = Worn.new(tmp_path)
    with worn.run() as process:
        wait(lambda: float(str(worn.state()["buffered_seconds"])) > 2)
        worn.press("event", "event")
        wait(lambda: int(str(worn.state()["units"])) > 1)
        second = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "lapel.cli", "camera", "run", "--dir", worn.root],
            env=STARTED,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 75
        assert "another process" in second.stderr
        process.terminate()
        assert process.wait(10) == 0
    (kept,) = worn.recover().desk.store.kept()
    assert kept.closing is not None
    ca = Certificate.from_der(worn.papers().identity.maker)
    data = memoryview((worn.root / kept.name).read_bytes())
    report = judge(data, Trust((ca,)), CLOCK.utc_ms(), Companions(kept.closing))
    assert report.verdict is Verdict.AUTHENTIC


@pytest.mark.process
def test_only_the_port_listens_and_only_in_a_dock(tmp_path: Path) -> None:
    worn = Worn.new(tmp_path)
    with worn.run() as process:
        assert listening(process.pid) == set()
        worn.plug()
        worn.host(owned=False).close()
        address = (worn.root / "port" / "address").read_text().strip()
        assert listening(process.pid) == {address}
        (worn.root / "port" / "cable").unlink()
        wait(lambda: listening(process.pid) == set())


def listening(pid: int) -> set[str]:
    """Addresses on which a process accepts, TCP and UDP, by its own tables."""
    inodes: set[str] = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            link = str(entry.readlink())
            if link.startswith("socket:["):
                inodes.add(link[8:-1])
    found: set[str] = set()
    for table, state in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        for line in lines:
            local, inode, now = line.split()[1], line.split()[9], line.split()[3]
            if inode in inodes and now == state:
                host, _, port = local.partition(":")
                octets = reversed(bytes.fromhex(host))
                found.add(f"{'.'.join(map(str, octets))}:{int(port, 16)}")
    return found
