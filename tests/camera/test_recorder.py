"""The recorder: buffer, flush, units, marks, sound, roll-over."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from threading import Event

import pytest

from lapel.camera.recorder import Begun, Recorder, Rules
from lapel.camera.recording import Desk, Opening, Unit
from lapel.camera.ring import MOST_BYTES
from lapel.camera.writer import Closed, Failed, Grew, Told, Writer
from lapel.crypto.seal import NoKeyError, unwrap
from lapel.ports.capture import Packet, Track
from lapel.proof.chain import Chain
from lapel.proof.companions import Companions
from lapel.proof.recording import Keys, Report, judge
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.sim.camera import Bench, boot, evidence_key, made
from lapel.sim.clock import ManualClock, seeded
from lapel.sim.packets import footage, shape
from lapel.sim.storage import LoggedFiles, MemoryFiles
from lapel.wire.recording import MarkKind, Reason, Sound, Trigger, TriggerKind
from lapel.wire.sealed import Envelope

PRESS = Trigger(TriggerKind.BUTTON, b"")
ENTROPY = seeded(7)


@dataclass
class Rig:
    files: MemoryFiles
    bench: Bench
    clock: ManualClock
    sound: bool = True
    told: list[Told] = field(default_factory=list[Told])

    def __post_init__(self) -> None:
        self.writer = Writer(self.told.append)
        self.recorder = Recorder(shape(sound=self.sound), self.writer, self.opened)
        self.recorder.follow(Rules(pre_event_s=5))

    def opened(self, begun: Begun) -> tuple[Desk, Opening]:
        return self.bench.desk, self.bench.opening(shape(sound=self.sound), begun)

    def take(self, packets: Iterable[Packet]) -> None:
        for packet in packets:
            self.clock.go_on(max(0, packet.mono_ms - self.clock.mono_ms()))
            self.recorder.take(packet)

    def finish(self) -> None:
        self.writer.stop()

    def closed(self) -> list[bytes]:
        return [told.recording for told in self.told if isinstance(told, Closed)]

    def report(self, recording: bytes) -> Report:
        store = self.bench.desk.store
        kept = store.find(recording)
        with self.files.view(kept.name) as data:
            return judge(
                data,
                Trust((self.bench.maker,)),
                self.bench.time.utc_ms(),
                Companions(kept.closing),
                Keys((evidence_key(),), store.companion(recording, ".envelope")),
            )

    def chain(self, recording: bytes) -> Chain:
        chain = self.report(recording).chain
        assert chain is not None
        return chain


def rig(*, sealed: bool = True, sound: bool = True) -> Rig:
    files = LoggedFiles()
    clock = ManualClock(mono_ms=0)
    made(clock, ENTROPY, files)
    keys = (evidence_key().public,) if sealed else ()
    return Rig(files, boot(files, clock, ENTROPY, keys), clock, sound)


@pytest.fixture(params=[True, False], ids=["sealed", "clear"])
def camera(request: pytest.FixtureRequest) -> Rig:
    return rig(sealed=bool(request.param))


def test_a_recording_is_authentic_and_holds_what_came_before(camera: Rig) -> None:
    camera.take(footage(10))
    camera.recorder.start(PRESS)
    camera.take(footage(5, start=10))
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    (recording,) = camera.closed()
    report = camera.report(recording)
    assert report.verdict is Verdict.AUTHENTIC, report.reasons
    chain = camera.chain(recording)
    assert chain.genesis.pre_event_ms in range(5000, 6001)
    assert chain.end_ms - chain.start_ms in range(10_000, 11_001)
    assert not chain.genesis.sound_before


def test_what_is_kept_before_the_event_is_trimmed_by_whole_gops() -> None:
    camera = rig()
    for second in range(20):
        camera.take(footage(1, start=second))
        assert camera.recorder.buffered_s <= 6
    assert camera.recorder.buffered_s >= 5
    camera.finish()


def test_without_a_buffer_a_recording_begins_with_the_next_key_picture() -> None:
    camera = rig()
    camera.recorder.follow(Rules(pre_event_s=0))
    camera.take(footage(3.4))
    camera.recorder.start(PRESS)
    camera.take(footage(3, start=3.4))
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    (recording,) = camera.closed()
    chain = camera.chain(recording)
    assert chain.genesis.pre_event_ms == 0
    assert chain.genesis.mono_ms == 4000
    assert camera.report(recording).verdict is Verdict.AUTHENTIC


def test_the_buffer_is_silent_unless_the_agency_turns_its_sound_on() -> None:
    for wanted in (False, True):
        camera = rig(sealed=False)
        camera.recorder.follow(Rules(pre_event_s=5, pre_event_sound=wanted))
        camera.take(footage(8))
        camera.recorder.start(PRESS)
        camera.recorder.stop(Reason.BUTTON)
        camera.finish()
        (recording,) = camera.closed()
        name = camera.bench.desk.store.find(recording).name
        heard = b"\x01" + (300).to_bytes(7, "big") in camera.files.read(name)
        assert heard is wanted
        assert camera.chain(recording).genesis.sound_before is wanted


def test_muted_sound_is_not_stored_and_is_told_apart() -> None:
    camera = rig(sealed=False)
    camera.recorder.start(PRESS)
    camera.take(footage(2))
    camera.recorder.mute(on=True)
    camera.take(footage(3, start=2))
    camera.recorder.mute(on=False)
    camera.take(footage(2, start=5))
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    (recording,) = camera.closed()
    name = camera.bench.desk.store.find(recording).name
    stored = camera.files.read(name)
    assert b"\x01" + (160).to_bytes(7, "big") not in stored
    assert b"\x01" + (40).to_bytes(7, "big") in stored
    assert camera.report(recording).verdict is Verdict.AUTHENTIC


def test_marks_stand_in_the_unit_of_their_instant() -> None:
    camera = rig(sealed=False)
    camera.take(footage(3))
    camera.recorder.start(PRESS)
    camera.take(footage(1.5, start=3))
    camera.recorder.mark(MarkKind.MARKER, {})
    camera.take(footage(2, start=4.5))
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    (recording,) = camera.closed()
    name = camera.bench.desk.store.find(recording).name
    assert camera.files.read(name).count(b"emsg") == 1
    assert camera.report(recording).verdict is Verdict.AUTHENTIC


def test_after_the_limit_a_recording_rolls_over_without_a_gap() -> None:
    camera = rig()
    camera.recorder.follow(Rules(pre_event_s=2, rollover_s=4))
    camera.take(footage(3))
    camera.recorder.start(PRESS)
    camera.take(footage(9, start=3))
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    chains = [camera.chain(recording) for recording in camera.closed()]
    assert len(chains) == 3
    reasons = [chain.end.reason for chain in chains if chain.end]
    assert reasons == [Reason.ROLLOVER, Reason.ROLLOVER, Reason.BUTTON]
    for first, second in pairwise(chains):
        assert second.genesis.continues == first.genesis.recording
        assert second.genesis.trigger.kind is TriggerKind.ROLLOVER
        length = first.end_ms - first.start_ms
        assert second.genesis.start_ms == first.genesis.start_ms + length


def test_without_pictures_sound_goes_on_over_the_last_picture() -> None:
    camera = rig()
    camera.recorder.start(PRESS)
    camera.take(footage(3))
    assert camera.recorder.lost(Track.VIDEO)
    rest = footage(4, start=3)
    camera.take(packet for packet in rest if packet.track is Track.SOUND)
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    (recording,) = camera.closed()
    assert camera.report(recording).verdict is Verdict.AUTHENTIC
    chain = camera.chain(recording)
    assert chain.end_ms > 5000


def test_without_sound_pictures_go_on() -> None:
    camera = rig()
    camera.recorder.start(PRESS)
    camera.take(footage(2))
    assert camera.recorder.lost(Track.SOUND)
    camera.take(footage(3, start=2, sound=False))
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    (recording,) = camera.closed()
    assert camera.report(recording).verdict is Verdict.AUTHENTIC


def test_full_storage_ends_a_recording_cleanly_with_what_is_held_back() -> None:
    camera = rig()
    store = camera.bench.desk.store
    assert store.hold_back()
    used = camera.files.capacity - camera.files.free()
    camera.files.capacity = used + 30_000
    camera.recorder.start(PRESS)
    camera.take(footage(60, size=1200))
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    (recording,) = camera.closed()
    report = camera.report(recording)
    assert report.verdict is Verdict.AUTHENTIC, report.reasons
    chain = camera.chain(recording)
    assert chain.end is not None
    assert chain.end.reason is Reason.MEMORY_FULL
    failed = [told for told in camera.told if isinstance(told, Failed)]
    assert [told.full for told in failed] == [True]


def test_a_failed_write_is_tried_again_with_the_same_bytes() -> None:
    camera = rig()
    camera.recorder.start(PRESS)
    camera.take(footage(3))
    camera.files.failing = 1
    camera.take(footage(3, start=3))
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    (recording,) = camera.closed()
    assert camera.report(recording).verdict is Verdict.AUTHENTIC


def test_a_disk_that_fails_for_good_leaves_a_closed_recording() -> None:
    camera = rig()
    camera.recorder.start(PRESS)
    camera.take(footage(3))
    while not any(isinstance(told, Grew) and told.links > 1 for told in camera.told):
        pass
    camera.files.failing = 4
    camera.take(footage(3, start=3))
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    (recording,) = camera.closed()
    report = camera.report(recording)
    assert report.verdict is Verdict.CLOSED_BY_POWER_LOSS, report.reasons


def test_a_whole_buffer_waits_for_a_slow_disk() -> None:
    camera = rig()
    go_on = Event()

    def blocked(_size: int, /) -> bytes:
        go_on.wait(10)
        raise OSError(5, "the disk has gone")

    begun = Begun(PRESS, 0, 0, sound_before=False, continues=None)
    opening = camera.bench.opening(shape(), begun)
    camera.writer.begin(replace(camera.bench.desk, entropy=blocked), opening)
    unit = Unit(bytes(16 << 20), 0, 0, Sound.FILLED)
    taken = [camera.writer.unit(unit) for _ in range(MOST_BYTES // len(unit.data) + 9)]
    assert taken.count(True) in range(MOST_BYTES // len(unit.data), len(taken))
    go_on.set()
    camera.finish()


def test_the_envelope_opens_with_the_evidence_key_only() -> None:
    camera = rig()
    camera.recorder.start(PRESS)
    camera.take(footage(2))
    camera.recorder.stop(Reason.BUTTON)
    camera.finish()
    (recording,) = camera.closed()
    report = camera.report(recording)
    assert report.verdict is Verdict.AUTHENTIC
    store = camera.bench.desk.store
    raw = store.companion(recording, ".envelope")
    assert raw is not None
    with pytest.raises(NoKeyError):
        unwrap(Envelope.decode(raw), [evidence_key(2)])
