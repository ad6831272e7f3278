"""What a paired app may ask of a camera, and what it is told."""

from dataclasses import replace

import pytest

from lapel.base.clock import ClockQuality
from lapel.camera.link_desk import AT_ONCE, EACH_MS
from lapel.protocol.link import Answered, Noticed
from lapel.sim.phone import VIEW_ON, Call, LinkedCamera
from lapel.wire.control import (
    Annotation,
    CameraMode,
    LinkVerb,
    Listed,
    Nothing,
    Position,
    Recordings,
    RecordingsBefore,
    SettingsChange,
    SettingsFrom,
    Source,
    State,
    WearerSettings,
)
from lapel.wire.document import Document
from lapel.wire.journal import Entry, EntryKind
from lapel.wire.linked import AnnotationData, ChosenData
from lapel.wire.port import Code
from lapel.wire.settings import Permitted

ALL = tuple(Permitted)
CATEGORIES = ("Traffic stop", "Interview")
WHERE = Position(1_415_000_000, 1_800_000_000, Source.PHONE, 8)


def paired(*, recordings: int = 0) -> tuple[LinkedCamera, Call]:
    """A camera with some recordings, and an open session with it."""
    worn = LinkedCamera()
    worn.set(permitted=ALL, categories=CATEGORIES)
    worn.step()
    worn.see(5)
    for _ in range(recordings):
        worn.record(3)
        worn.see(2)
    phone = worn.phone()
    worn.chord()
    phone.pair()
    return worn, phone.open()


def listed(call: Call) -> tuple[Listed, ...]:
    asked = RecordingsBefore(None)
    return call.asked(LinkVerb.RECORDINGS, asked, Recordings).page


def annotate(call: Call, said: Annotation) -> Answered:
    return call.ask(LinkVerb.ANNOTATE, said)


def said(worn: LinkedCamera) -> list[AnnotationData]:
    entries = [one for one in worn.journal() if one.kind is EntryKind.ANNOTATION]
    return [AnnotationData.of(entry.data) for entry in entries]


def test_the_state_is_what_the_camera_does() -> None:
    worn, call = paired(recordings=1)
    state = call.asked(LinkVerb.STATE, Nothing(), State)
    assert (state.mode, state.recording, state.held) == (CameraMode.BUFFERING, None, 1)
    assert state.clock is ClockQuality.SERVER
    worn.press("event", "event")
    worn.see(3)
    worn.written()
    worn.press("function", hold_ms=3100)
    worn.camera.charge(57)
    state = call.asked(LinkVerb.STATE, Nothing(), State)
    progress = worn.camera.progress
    assert progress is not None
    assert (state.mode, state.recording) == (CameraMode.EVENT, progress.recording)
    assert (state.battery, state.muted, state.stealth) == (57, True, False)
    assert state.lasted_ms >= 2000


def test_recordings_come_newest_first_with_what_was_said_of_them() -> None:
    worn, call = paired(recordings=3)
    newest, middle, oldest = listed(call)
    assert newest.seq > middle.seq > oldest.seq
    kept = [one.recording for one in worn.camera.store.kept()]
    assert [oldest.recording, middle.recording, newest.recording] == kept
    assert all(one.lasted_ms > 2000 for one in (newest, middle, oldest))
    whole = Annotation(middle.recording, "Müller 東京", "26-1", "Interview", WHERE)
    assert annotate(call, whole).code is Code.DONE
    assert annotate(call, Annotation(middle.recording, title="Stop")).code is Code.DONE
    again = listed(call)[1]
    assert (again.title, again.ident, again.category) == ("Stop", "26-1", "Interview")
    assert listed(call)[0].title is None


def test_an_annotation_is_a_signed_entry_that_names_its_app() -> None:
    worn, call = paired(recordings=1)
    (one,) = listed(call)
    annotate(call, Annotation(one.recording, "Stop", position=WHERE))
    (entry,) = said(worn)
    assert entry.recording == one.recording
    assert (entry.title, entry.position) == ("Stop", WHERE)
    assert entry.by.holder == "view-1"


def test_a_recording_under_way_can_be_annotated() -> None:
    worn, call = paired()
    worn.press("event", "event")
    worn.see(3)
    worn.written()
    (one,) = listed(call)
    assert annotate(call, Annotation(one.recording, title="Now")).code is Code.DONE
    worn.press("event", hold_ms=3100)
    worn.settle()
    worn.press("function")
    (after,) = listed(call)
    assert after.title == "Now"
    assert after.lasted_ms > 2000


def test_a_mark_and_an_annotation_do_not_undo_each_other() -> None:
    worn, call = paired()
    worn.press("event", "event")
    worn.see(3)
    worn.written()
    (one,) = listed(call)
    annotate(call, Annotation(one.recording, title="Now"))
    worn.press("function")
    worn.see(1)
    worn.press("event", hold_ms=3100)
    worn.settle()
    (after,) = listed(call)
    assert (after.title, after.marked) == ("Now", True)


def test_what_is_said_twice_is_written_once() -> None:
    worn, call = paired(recordings=1)
    (one,) = listed(call)
    for _ in range(3):
        answer = annotate(call, Annotation(one.recording, title="Stop"))
        assert answer.code is Code.DONE
    assert len(said(worn)) == 1


def test_a_recording_that_is_gone_is_not_annotated() -> None:
    worn, call = paired(recordings=1)
    (one,) = listed(call)
    worn.camera.store.remove(one.recording)
    for recording in (one.recording, bytes(16)):
        answer = annotate(call, Annotation(recording, title="Stop"))
        assert (answer.code, answer.reason) == (Code.NOT_FOUND, "recording")
    assert said(worn) == []
    assert listed(call) == ()
    assert one.recording not in worn.camera.store.recordings()


def test_a_category_must_be_one_of_the_agency_s() -> None:
    worn, call = paired(recordings=1)
    (one,) = listed(call)
    answer = annotate(call, Annotation(one.recording, category="Lunch"))
    assert (answer.code, answer.reason) == (Code.NOT_PERMITTED, "category")
    assert said(worn) == []


def test_on_a_full_camera_an_annotation_is_refused_and_not_half_kept() -> None:
    worn, call = paired(recordings=1)
    (one,) = listed(call)
    before = worn.files.held["journal"]
    worn.files.capacity = worn.files.capacity - worn.files.free() + 1000
    answer = annotate(call, Annotation(one.recording, title="Stop"))
    assert (answer.code, answer.reason) == (Code.WRONG_STATE, "memory-full")
    answer = call.ask(LinkVerb.SETTINGS_SET, SettingsChange(0, None, None, None))
    assert (answer.code, answer.reason) == (Code.WRONG_STATE, "memory-full")
    assert worn.files.held["journal"] == before
    assert listed(call)[0].title is None
    worn.files.capacity = 1 << 40
    assert annotate(call, Annotation(one.recording, title="Stop")).code is Code.DONE


def test_a_disk_that_fails_once_is_a_refusal_or_tried_again() -> None:
    worn, call = paired(recordings=1)
    (one,) = listed(call)
    worn.files.failing = 2
    answer = annotate(call, Annotation(one.recording, title="Stop"))
    assert (answer.code, answer.reason) == (Code.WRONG_STATE, "storage")
    assert said(worn) == []
    assert annotate(call, Annotation(one.recording, title="Stop")).code is Code.DONE


def test_annotations_outlive_a_restart_and_a_journal_that_is_trimmed() -> None:
    worn, call = paired(recordings=2)
    newest, oldest = listed(call)
    annotate(call, Annotation(oldest.recording, "Stop", "26-1", "Interview"))
    before = listed(call)
    again = worn.again()
    phone = call.phone
    phone.camera = again
    assert listed(phone.open()) == before
    last = list(again.camera.journal.entries(EntryKind.BOOT))[-1][0]
    again.camera.journal.trim(last.seq, last.hash)
    third = again.again()
    phone.camera = third
    after = listed(phone.open())
    assert after == before
    assert after[0].recording == newest.recording


def test_settings_are_pages_of_what_may_be_chosen() -> None:
    worn, call = paired()
    asked = SettingsFrom(0)
    got = call.asked(LinkVerb.SETTINGS_GET, asked, WearerSettings)
    assert got.permitted == ALL
    assert got.categories == CATEGORIES
    assert (got.volume, got.vibration, got.lights, got.stealth) == (
        2,
        True,
        True,
        False,
    )
    assert not got.more
    later = call.asked(LinkVerb.SETTINGS_GET, SettingsFrom(1), WearerSettings)
    assert later.categories == CATEGORIES[1:]
    assert worn.camera.rulebook.version == 3


def test_what_a_wearer_chooses_holds_is_journaled_and_outlives_a_restart() -> None:
    worn, call = paired()
    change = SettingsChange(0, vibration=False, lights=None, stealth=None)
    assert call.ask(LinkVerb.SETTINGS_SET, change).code is Code.DONE
    before = worn.sounds
    worn.camera.switch(on=True)
    assert worn.sounds == before, "neither sound nor vibration"
    entry = worn.journal()[-1]
    assert entry.kind is EntryKind.SETTINGS
    chosen = ChosenData.of(entry.data)
    assert chosen.change == change
    assert chosen.by.holder == "view-1"
    again = worn.again()
    assert again.camera.speaker.chosen.volume == 0
    assert not again.camera.speaker.chosen.vibration


def test_what_the_agency_takes_back_is_as_it_was_made() -> None:
    worn, call = paired()
    call.ask(LinkVerb.SETTINGS_SET, SettingsChange(0, None, lights=False, stealth=None))
    worn.set(permitted=(Permitted.LIGHTS,))
    chosen = worn.camera.speaker.chosen
    assert (chosen.volume, chosen.lights) == (2, False)
    worn.step()
    call = call.phone.open()
    change = SettingsChange(1, None, None, None)
    answer = call.ask(LinkVerb.SETTINGS_SET, change)
    assert (answer.code, answer.reason) == (Code.NOT_PERMITTED, "setting")
    assert worn.camera.speaker.chosen == chosen


def stealth(worn: LinkedCamera) -> bool:
    return worn.camera.speaker.stealth


def test_stealth_by_the_app_and_by_the_button_are_one() -> None:
    worn, call = paired()
    call.ask(LinkVerb.SETTINGS_SET, SettingsChange(None, None, None, stealth=True))
    assert stealth(worn)
    assert stealth(worn.again())
    worn.press("battery", hold_ms=10_100)
    assert not stealth(worn)
    got = call.asked(LinkVerb.SETTINGS_GET, SettingsFrom(0), WearerSettings)
    assert not got.stealth
    assert not stealth(worn.again())
    told = [one.data[1] for one in worn.journal() if one.kind is EntryKind.STEALTH]
    assert told == [True, False]


def test_an_app_cannot_wear_storage_out() -> None:
    worn, call = paired(recordings=1)
    (one,) = listed(call)
    answers = [
        annotate(call, Annotation(one.recording, title=f"Title {number}"))
        for number in range(AT_ONCE + 5)
    ]
    assert [one.code for one in answers[:AT_ONCE]] == [Code.DONE] * AT_ONCE
    assert {(one.code, one.reason) for one in answers[AT_ONCE:]} == {
        (Code.BUSY, "too-many")
    }
    assert len(said(worn)) == AT_ONCE
    worn.pass_ms(EACH_MS)
    assert annotate(call, Annotation(one.recording, title="Now")).code is Code.DONE


REFUSED: dict[str, tuple[LinkVerb, Document, Code, str]] = {
    "live": (LinkVerb.LIVE_START, Nothing(), Code.NOT_PERMITTED, "not-served"),
    "prioritise": (LinkVerb.PRIORITISE, Nothing(), Code.NOT_PERMITTED, "role"),
    "arguments": (LinkVerb.ANNOTATE, Nothing(), Code.MALFORMED, "arguments"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_served_is_refused_by_name(name: str) -> None:
    _, call = paired()
    verb, arguments, code, reason = REFUSED[name]
    answer = call.ask(verb, arguments)
    assert (answer.code, answer.reason) == (code, reason)
    assert not call.dropped


def notices(call: Call) -> list[State]:
    call.carry()
    return [one.state for one in call.said(Noticed)]


def test_changes_are_told_once_a_second_at_most() -> None:
    worn, call = paired()
    assert notices(call) == []
    worn.press("event", "event")
    worn.see(2)
    first = notices(call)
    assert first[-1].mode is CameraMode.EVENT
    worn.pass_ms(1000)
    count = len(notices(call))
    for number in range(10):
        worn.camera.battery = 90 - 5 * number
        worn.pass_ms(100)
    worn.pass_ms(1000)
    told = notices(call)[count:]
    assert 1 <= len(told) <= 3
    assert told[-1].battery == worn.camera.battery


def test_without_a_session_nothing_is_told() -> None:
    worn, call = paired()
    sent = len(worn.radio.sent[call.number])
    call.lose()
    worn.press("event", "event")
    worn.see(2)
    worn.pass_ms(2000)
    assert len(worn.radio.sent[call.number]) == sent


def test_many_recordings_come_in_pages() -> None:
    worn, call = paired(recordings=12)
    for one in listed(call):
        long = Annotation(one.recording, "x" * 256, "y" * 256, CATEGORIES[0])
        annotate(call, long)
    found: list[Listed] = []
    asked, pages = RecordingsBefore(None), 0
    while True:
        page = call.asked(LinkVerb.RECORDINGS, asked, Recordings)
        found += page.page
        pages += 1
        if not page.more:
            break
        asked = RecordingsBefore(found[-1].seq)
    assert pages > 1
    assert len({one.recording for one in found}) == 12
    assert worn.camera.store.recordings() == sorted(one.recording for one in found)


def test_nothing_that_an_app_asks_touches_a_recording() -> None:
    worn, call = paired(recordings=1)

    def media() -> dict[str, bytes]:
        held = worn.files.held.items()
        ends = (".sealed", ".mp4", ".envelope", ".closing")
        return {name: bytes(data) for name, data in held if name.endswith(ends)}

    before, mode = media(), worn.mode
    (one,) = listed(call)
    for verb in LinkVerb:
        if verb is not LinkVerb.UNPAIR:
            call.ask(verb, Annotation(one.recording, title="Stop"))
            call.ask(verb, Nothing())
    assert media() == before
    assert worn.mode == mode


def kinds(entries: list[Entry]) -> set[EntryKind]:
    return {EntryKind(entry.kind) for entry in entries}


def test_the_app_is_named_by_how_it_was_paired() -> None:
    worn = LinkedCamera()
    worn.set(replace(VIEW_ON), permitted=ALL, categories=CATEGORIES)
    worn.see(5)
    worn.record(3)
    phone = worn.phone(granted=False)
    worn.chord()
    phone.pair()
    call = phone.open()
    (one,) = listed(call)
    annotate(call, Annotation(one.recording, title="Stop"))
    (entry,) = said(worn)
    assert entry.by.holder is None
    assert EntryKind.PAIRING in kinds(worn.journal())
