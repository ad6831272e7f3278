"""A docking, step by step, with a real camera's port and a server in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lapel.base.clock import ClockQuality
from lapel.base.errors import SignatureError, UnreachableError
from lapel.dock.budget import Budget
from lapel.dock.dock import System
from lapel.dock.evidence import Extended
from lapel.dock.machine import Machine
from lapel.dock.model import BayState, Step
from lapel.dock.port import Port
from lapel.dock.session import Rig, Session, greet
from lapel.sim.camera import SERIAL
from lapel.sim.clock import seeded
from lapel.sim.live import LiveCamera
from lapel.sim.receiver import Receiver
from lapel.sim.tenant import Agency
from lapel.wire.custody import Checkpoint
from lapel.wire.journal import EntryKind

NOW = 1_790_000_000_000


@dataclass
class Bench:
    """A docked camera, the server, and what the dock said."""

    worn: LiveCamera
    agency: Agency
    machine: Machine
    server: Receiver
    rate: int = 0
    told: list[BayState] = field(default_factory=list[BayState])
    seen: list[bytes] = field(default_factory=list[bytes])
    newest: str = ""
    ports: list[Port] = field(default_factory=list[Port])

    def session(self, wait: Callable[[float], None] | None = None) -> Session:
        """Connect as the dock does."""
        address = self.worn.port.address
        assert address is not None
        port = Port.connect(address, self.machine.to_camera())
        self.ports.append(port)
        rig = Rig(
            System(self.worn.clock, seeded(1)),
            Budget(self.rate),
            wait or (lambda _seconds: None),
            self.keep,
            lambda: self.newest,
        )
        state, log = BayState(1, camera=SERIAL), self.machine.log
        return Session(
            port, self.server, rig, greet(port), log, state, self.told.append
        )

    def keep(self, receipt: bytes) -> str:
        self.seen.append(receipt)
        return ""

    @property
    def last(self) -> BayState:
        return self.told[-1]

    def step(self) -> Step:
        return self.told[-1].step

    def recordings(self) -> list[bytes]:
        return [kept.recording for kept in self.worn.camera.store.kept()]


@pytest.fixture(scope="module")
def agency() -> Agency:
    return Agency.found("north", NOW)


@pytest.fixture
def bench(agency: Agency, tmp_path: Path) -> Iterator[Bench]:
    worn = LiveCamera()
    worn.dock()
    worn.adopt(agency)
    papers = agency.host()
    machine = Machine(
        tmp_path / "dock",
        "https://evidence.example",
        "DOCK-0001",
        "north",
        agency.log.verifier.vkey,
        papers.key,
        papers.certificate,
        agency.ca.certificate,
        agency.ca.certificate,
    )
    machine.save()
    server = Receiver(agency, SERIAL, worn.clock.utc_ms())
    server.document = worn.files.read("settings")
    found = Bench(worn, agency, machine, server)
    yield found
    for port in found.ports:
        port.close()
    found.worn.leave()


def record(bench: Bench, *marked: bool, seconds: float = 2) -> None:
    """Make a recording each, marked or not, and dock again."""
    worn = bench.worn
    worn.undock()
    worn.camera.switch(on=True)
    for mark in marked:
        worn.see(6)
        worn.press("event", "event")
        worn.see(1)
        if mark:
            worn.press("function")
        worn.see(seconds)
        worn.press("event", hold_ms=3100)
        worn.settle()
    worn.dock()


def test_journal_and_envelopes_come_first_then_what_was_marked(bench: Bench) -> None:
    record(bench, False, True, False)
    first, marked, last = bench.recordings()
    bench.session().run()
    acts = bench.server.came.acts
    begun = [act for act in acts if act.startswith("begin")]
    order = [act.removeprefix("begin ").replace("-", "") for act in begun]
    assert order == [one.hex() for one in (marked, first, last)]
    assert acts.index("journal") < acts.index("envelope") < acts.index(begun[0])
    assert acts.count("envelope") == 3
    assert bench.recordings() == []
    assert bench.step() is Step.DONE
    assert bench.last.message == "verified complete"
    assert len(bench.seen) == 5


@pytest.mark.parametrize("side", ["server", "cable", "dock"])
def test_a_cut_on_any_side_is_taken_up_without_sending_anything_again(
    bench: Bench, side: str
) -> None:
    record(bench, False, seconds=250)
    (kept,) = bench.worn.camera.store.kept()
    bench.rate = 1
    turns = iter(range(100))

    def cut(_seconds: float) -> None:
        if next(turns) != 3:
            return
        if side == "cable":
            bench.worn.port.close()
        elif side == "server":
            raise UnreachableError("Evidence does not answer")
        else:
            raise UnreachableError("the dock is being stopped")

    with pytest.raises(UnreachableError):
        bench.session(cut).run()
    arrived = bench.server.came.sent
    assert 0 < arrived < kept.length
    assert bench.recordings() == [kept.recording]
    bench.worn.dock()
    bench.session().run()
    assert bench.server.came.sent == kept.length
    assert bench.recordings() == []
    assert bench.last.done == kept.length


def test_what_is_held_aside_stays_and_is_not_sent_again_at_once(bench: Bench) -> None:
    record(bench, False, False)
    bad, _good = bench.recordings()
    bench.server.held.add(bad)
    session = bench.session()
    session.run()
    assert bench.recordings() == [bad]
    assert bench.step() is Step.PROBLEM
    assert "held aside until a person decides in Evidence" in bench.last.message
    sent = bench.server.came.sent
    session.again()
    assert bench.server.came.sent == sent
    assert bench.step() is Step.PROBLEM
    bench.server.held.clear()
    bench.worn.clock.go_on(600_001)
    session.again()
    assert bench.recordings() == []
    assert bench.step() is Step.DONE


def test_a_docked_camera_with_nothing_new_writes_no_journal(bench: Bench) -> None:
    session = bench.session()
    session.run()
    entries, acts = len(bench.worn.journal()), len(bench.server.came.acts)
    for _ in range(3):
        session.again()
    assert len(bench.worn.journal()) == entries
    assert bench.server.came.acts[acts:] == ["settings"] * 3


def test_new_settings_reach_a_camera_that_stays_and_are_reported(
    bench: Bench,
) -> None:
    session = bench.session()
    session.run()
    bench.server.document = bench.agency.settings(SERIAL, 2)
    session.again()
    assert bench.worn.camera.rulebook.version == 2
    kinds = {bench.server.entry(raw).kind for raw in bench.server.came.entries}
    assert EntryKind.SETTINGS in kinds


def test_settings_that_a_camera_refuses_do_not_keep_its_recordings(
    bench: Bench,
) -> None:
    record(bench, False)
    bench.server.document = bench.agency.settings("X7654321", 2)
    bench.session().run()
    assert bench.recordings() == []
    assert bench.step() is Step.PROBLEM
    assert "settings for another camera" in bench.last.message
    assert "tell the administrator" in bench.last.message


def test_without_a_server_the_clock_is_set_by_the_dock_once(bench: Bench) -> None:
    again = bench.worn.reboot()
    again.dock()
    bench.worn = again
    bench.server.away = UnreachableError("Evidence does not answer")
    for _ in range(3):
        with pytest.raises(UnreachableError):
            bench.session().run()
    assert again.camera.time.quality is ClockQuality.DOCK
    clocks = [e for e in again.journal() if e.kind is EntryKind.CLOCK]
    assert len(clocks) == 2


def test_a_log_that_forgot_something_ends_it_all_before_anything_is_deleted(
    bench: Bench,
) -> None:
    record(bench, False)
    bench.session().run()
    record(bench, False)
    log = bench.agency.log
    other = log.sign(Checkpoint(log.name, 1, bytes(32)))
    bench.server.extended = Extended(other, ())
    with pytest.raises(SignatureError, match="Tell the administrator"):
        bench.session().run()
    assert len(bench.recordings()) == 1
    bench.server.extended = None
    bench.session().run()
    assert bench.recordings() == []


def test_a_recording_that_another_dock_took_is_no_problem(bench: Bench) -> None:
    record(bench, False, False)
    second = bench.session()

    def other(_seconds: float) -> None:
        if len(bench.recordings()) == 2:
            second.run()

    bench.session(other).run()
    assert bench.recordings() == []
    assert bench.step() is Step.DONE


def test_a_camera_is_released_after_all_it_holds_was_taken_in(bench: Bench) -> None:
    record(bench, False)
    bench.server.released = True
    session = bench.session()
    session.run()
    acts = bench.server.came.acts
    assert acts[-1] == "release"
    assert acts.index("commit") < acts.index("release")
    assert (session.released, bench.step()) == (True, Step.RELEASED)
    assert bench.worn.camera.papers.owner is None
    assert bench.recordings() == []


def test_a_camera_with_something_held_aside_is_not_released(bench: Bench) -> None:
    record(bench, False)
    bench.server.released, bench.server.held = True, set(bench.recordings())
    session = bench.session()
    session.run()
    assert "release" not in bench.server.came.acts
    assert not session.released
    assert bench.worn.camera.papers.owner is not None


def test_a_release_of_another_agency_is_refused_and_said(bench: Bench) -> None:
    record(bench)
    bench.server.released = True
    bench.server.agency = Agency.found("south", NOW)
    session = bench.session()
    session.run()
    assert bench.step() is Step.PROBLEM
    assert not session.released
    assert bench.worn.camera.papers.owner is not None
