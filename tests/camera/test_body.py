"""The camera as its wearer meets it: presses, docking, storage, capture."""

import pytest

from lapel.camera.store import HELD_BACK
from lapel.crypto.certs import Certificate
from lapel.ports.capture import Track, TrackLost
from lapel.proof.companions import Companions
from lapel.proof.recording import judge
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.protocol.buttons import Button
from lapel.protocol.modes import Happening
from lapel.sim.camera import SERIAL
from lapel.sim.live import LiveCamera
from lapel.sim.packets import footage
from lapel.sim.tenant import Agency
from lapel.wire.journal import EntryKind, Stop
from lapel.wire.port import Code, Verb
from lapel.wire.recording import Reason


def reasons(worn: LiveCamera) -> list[Reason]:
    stops = [entry for entry in worn.journal() if entry.kind is EntryKind.STOP]
    return [Stop.of(entry.data).reason for entry in stops]


def verdicts(worn: LiveCamera) -> list[Verdict]:
    maker = Certificate.from_der(worn.camera.papers.identity.maker)
    found: list[Verdict] = []
    for kept in worn.camera.store.kept():
        data = memoryview(worn.files.read(kept.name))
        trust, closing = Trust((maker,)), Companions(kept.closing)
        report = judge(data, trust, worn.clock.utc_ms(), closing)
        found.append(report.verdict)
    return found


def show_muted(worn: LiveCamera) -> bool:
    return worn.camera.muted


def worn_camera() -> LiveCamera:
    worn = LiveCamera()
    worn.camera.switch(on=True)
    worn.see(5)
    return worn


def test_event_twice_starts_and_event_held_stops() -> None:
    worn = worn_camera()
    worn.press("event")
    assert worn.mode == "buffering"
    worn.press("event", "event")
    assert worn.mode == "event"
    worn.see(3)
    worn.press("event", hold_ms=3100)
    worn.settle()
    assert worn.mode == "buffering"
    assert reasons(worn) == [Reason.BUTTON]
    assert verdicts(worn) == [Verdict.AUTHENTIC]


def test_docking_closes_the_recording_and_undocking_returns_to_the_switch() -> None:
    worn = worn_camera()
    worn.press("event", "event")
    worn.see(2)
    worn.dock()
    assert worn.camera.state.docked
    assert worn.mode == "off"
    assert reasons(worn) == [Reason.DOCKED]
    worn.undock()
    assert worn.mode == "buffering"
    assert verdicts(worn) == [Verdict.AUTHENTIC]


def test_a_marked_recording_is_remembered_as_marked() -> None:
    worn = worn_camera()
    worn.press("event", "event")
    worn.press("function")
    worn.see(2)
    worn.press("event", hold_ms=3100)
    worn.settle()
    (kept,) = worn.camera.store.kept()
    assert kept.note.marked
    assert kept.note.start_ms > 0


def test_mute_ends_with_the_recording() -> None:
    worn = worn_camera()
    worn.press("event", "event")
    worn.press("function", hold_ms=3100)
    assert show_muted(worn)
    worn.see(1)
    worn.press("event", hold_ms=3100)
    worn.press("event", "event")
    assert not show_muted(worn)
    worn.press("event", hold_ms=3100)
    worn.settle()
    assert set(verdicts(worn)) == {Verdict.AUTHENTIC}


def test_full_storage_refuses_to_start_and_says_so() -> None:
    worn = worn_camera()
    worn.files.capacity = worn.files.capacity - worn.files.free() + 1_000_000
    worn.press("event", "event")
    assert worn.mode == "buffering"
    sounds = [played.sound.value[0] for played in worn.camera.speaker.played]
    assert sounds[-1] == "memory full"
    assert worn.journal()[-1].kind is EntryKind.REFUSAL


def test_storage_that_runs_full_closes_the_recording_with_its_reason() -> None:
    worn = worn_camera()
    worn.press("event", "event")
    worn.see(1)
    worn.files.capacity = worn.files.capacity - worn.files.free() + 20_000
    worn.see(120)
    worn.settle()
    assert worn.mode == "buffering"
    assert reasons(worn) == [Reason.MEMORY_FULL]
    assert verdicts(worn) == [Verdict.AUTHENTIC]


def full(worn: LiveCamera) -> None:
    """Let the camera record until its storage is full to the last byte."""
    worn.press("event", "event")
    worn.see(1)
    worn.files.capacity = worn.files.capacity - worn.files.free() + 2 * HELD_BACK
    worn.see(120)
    worn.settle()
    for _ in range(200):
        worn.press("battery", hold_ms=10_100)


def test_a_full_camera_starts_again_and_frees_itself() -> None:
    agency = Agency.found("north", 1_790_000_000_000)
    worn = LiveCamera()
    worn.dock()
    worn.adopt(agency)
    worn.undock()
    worn.camera.switch(on=True)
    worn.see(5)
    full(worn)
    for _ in range(20):
        capacity = worn.files.capacity
        worn = worn.reboot()
        worn.settle()
        worn.files.capacity = capacity
        worn = LiveCamera(worn.files)
        worn.settle()
    worn.dock()
    (kept,) = worn.camera.store.kept()
    assert kept.closing is not None
    told = agency.received(SERIAL, kept.closing)
    host = worn.host(agency.host())
    assert host.ask(Verb.RECEIPT, {1: agency.receive(told)}).code is Code.DONE
    assert worn.camera.store.recordings() == []
    assert worn.files.size("reserve") == HELD_BACK
    assert EntryKind.LOST in {entry.kind for entry in worn.journal()}
    worn.leave()


def test_a_failed_recording_does_not_stop_the_one_after_it() -> None:
    worn = worn_camera()
    worn.press("event", "event")
    worn.see(2)
    worn.wait(lambda: worn.camera.writer.waiting == 0)
    worn.files.failing = 4
    worn.source.feed(*footage(2, start=worn.seconds, mono_ms=worn.clock.mono_ms()))
    while not worn.camera.quiet:
        pass
    worn.seconds += 2
    worn.press("event", hold_ms=3100)
    worn.press("event", "event")
    assert worn.mode == "event"
    worn.see(3)
    assert worn.mode == "event"
    worn.press("event", hold_ms=3100)
    worn.settle()
    assert reasons(worn)[-1] is Reason.BUTTON


def test_what_is_held_back_is_held_back_again() -> None:
    worn = worn_camera()
    worn.record()
    assert worn.files.size("reserve") == HELD_BACK


def test_a_camera_without_pictures_goes_on_with_sound_and_says_so() -> None:
    worn = worn_camera()
    worn.press("event", "event")
    worn.see(2)
    worn.source.feed(TrackLost(Track.VIDEO, "unplugged"))
    worn.camera.tick()
    assert worn.mode == "event"
    worn.source.feed(TrackLost(Track.SOUND, "unplugged"))
    worn.wait(lambda: worn.mode == "buffering")
    worn.settle()
    assert reasons(worn) == [Reason.ERROR]
    errors = [entry for entry in worn.journal() if entry.kind is EntryKind.ERROR]
    assert len(errors) == 2
    assert verdicts(worn) == [Verdict.AUTHENTIC]


def test_an_empty_battery_closes_the_recording() -> None:
    worn = worn_camera()
    worn.press("event", "event")
    worn.see(2)
    worn.camera.charge(15)
    worn.camera.charge(0)
    worn.settle()
    assert worn.mode == "off"
    assert reasons(worn) == [Reason.BATTERY]


def test_switching_off_closes_the_recording() -> None:
    worn = worn_camera()
    worn.press("event", "event")
    worn.see(2)
    worn.press("power")
    worn.settle()
    assert worn.mode == "off"
    assert reasons(worn) == [Reason.BUTTON]


def test_stealth_plays_nothing_and_is_journaled() -> None:
    worn = worn_camera()
    count = len(worn.camera.speaker.played)
    worn.press("battery", hold_ms=10_100)
    worn.press("event", "event")
    assert len(worn.camera.speaker.played) == count
    assert EntryKind.STEALTH in {entry.kind for entry in worn.journal()}
    assert worn.mode == "event"


def test_a_chord_never_stops_a_recording() -> None:
    worn = worn_camera()
    worn.press("event", "event")
    worn.see(1)
    from_start = worn.clock.mono_ms()
    for button in ("event", "function"):
        worn.camera.edge(Button(button), down=True, at_ms=from_start)
    worn.clock.go_on(9000)
    worn.camera.tick()
    assert worn.mode == "event"
    assert not show_muted(worn)


def test_shutting_down_leaves_nothing_open() -> None:
    worn = worn_camera()
    worn.press("event", "event")
    worn.see(2)
    worn.camera.shut_down()
    assert reasons(worn) == [Reason.BUTTON]
    assert verdicts(worn) == [Verdict.AUTHENTIC]


def test_a_refused_happening_changes_nothing() -> None:
    worn = worn_camera()
    before = worn.journal()
    assert not worn.camera.happen(Happening.UNDOCK)
    assert worn.journal() == before


def test_a_source_that_does_not_open_is_tried_again() -> None:
    worn = LiveCamera()
    worn.broken = True
    worn.camera.switch(on=True)
    worn.press("event", "event")
    assert worn.mode == "buffering"
    worn.clock.go_on(6000)
    worn.camera.tick()
    errors = [entry for entry in worn.journal() if entry.kind is EntryKind.ERROR]
    assert len(errors) == 1
    worn.broken = False
    worn.clock.go_on(6000)
    worn.camera.tick()
    worn.see(3)
    worn.record(2)
    assert verdicts(worn) == [Verdict.AUTHENTIC]


@pytest.mark.parametrize("ended", [True, False])
def test_a_source_that_failed_is_opened_again_and_one_that_ended_is_not(
    *, ended: bool
) -> None:
    worn = worn_camera()
    for track in Track:
        worn.source.feed(TrackLost(track, "gone", ended=ended))
    worn.wait(lambda: worn.camera.capturing is None)
    worn.clock.go_on(6000)
    worn.camera.tick()
    assert (worn.camera.capturing is None) == ended
