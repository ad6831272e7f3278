"""Power cuts: at the next start all is closed, and nothing durable is lost."""

import json
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest

from lapel.camera.journal import FILE, Journal
from lapel.camera.recorder import Recorder, Rules
from lapel.camera.recording import close_in_journal
from lapel.camera.recovery import Recovery, examine
from lapel.camera.store import FOLDER
from lapel.camera.writer import Told, Writer
from lapel.crypto.certs import Certificate
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.proof.companions import Companions
from lapel.proof.journal import beginning, follow, split
from lapel.proof.recording import Keys, judge
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.sim.camera import SERIAL, Bench, boot, evidence_key, made
from lapel.sim.clock import ManualClock, seeded
from lapel.sim.packets import footage, shape
from lapel.sim.storage import Act, Fate, LoggedFiles, MemoryFiles, Operation, crash
from lapel.wire.journal import EntryKind, Start, Stop
from lapel.wire.recording import MarkKind, Reason, Trigger, TriggerKind

VECTORS = Path(__file__).parent.parent / "vectors"
PRESS = Trigger(TriggerKind.BUTTON, b"")
ENTROPY = seeded(3)
GOOD = {Verdict.CLOSED_BY_POWER_LOSS, Verdict.AUTHENTIC}


def vectors(name: str) -> list[dict[str, dict[str, str]]]:
    text = (VECTORS / f"{name}.json").read_text()
    cases: list[dict[str, dict[str, str]]] = json.loads(text)["cases"]
    return cases


def test_recovery_keeps_what_the_vectors_keep() -> None:
    whole = bytes.fromhex(vectors("sealed")[0]["out"]["file"])
    for case in vectors("recovery"):
        data = bytearray(whole)
        if "cut" in case["in"]:
            data[int(case["in"]["cut"]) :] = bytes.fromhex(case["in"]["then"])
        else:
            data[int(case["in"]["flip_bit_0_of_byte"])] ^= 1
        found = examine(memoryview(data), sealed=True)
        wanted = (int(case["out"]["keep"]), int(case["out"]["frames"]))
        assert (found.keep, found.frames) == wanted, case["name"]


def test_a_journal_is_cut_where_the_vectors_cut_it() -> None:
    first, *torn = vectors("journal")
    whole = bytes.fromhex(first["out"]["file"])
    for case in torn:
        if "cut" not in case["in"]:
            continue
        files = MemoryFiles({FILE: whole[: int(case["in"]["cut"])]})
        journal = Journal(files, first["in"]["serial"])
        assert journal.position.seq == int(case["out"]["entries"])
        assert files.size(FILE) == int(case["out"]["keep"])


def recorded(*, sealed: bool) -> tuple[LoggedFiles, int]:
    """Two recordings, one of them with marks; the log from the boot on."""
    files, clock = LoggedFiles(), ManualClock(mono_ms=0)
    made(clock, ENTROPY, files)
    before = len(files.log)
    keys = (evidence_key().public,) if sealed else ()
    bench = boot(files, clock, ENTROPY, keys)
    told: list[Told] = []
    writer = Writer(told.append)
    recorder = Recorder(
        shape(), writer, lambda begun: (bench.desk, bench.opening(shape(), begun))
    )
    recorder.follow(Rules(pre_event_s=2))
    for number in range(2):
        for packet in footage(4, start=20 * number):
            clock.go_on(max(0, packet.mono_ms - clock.mono_ms()))
            recorder.take(packet)
        recorder.start(PRESS)
        for packet in footage(3, start=20 * number + 4, size=1200):
            clock.go_on(max(0, packet.mono_ms - clock.mono_ms()))
            recorder.take(packet)
        recorder.mark(MarkKind.MARKER, {})
        recorder.stop(Reason.BUTTON)
    writer.stop()
    return files, before


def fates() -> dict[str, Callable[[], Callable[[], Fate]]]:
    """Ways in which a disk loses what was not durable."""

    def always(fate: Fate) -> Callable[[], Callable[[], Fate]]:
        return lambda: lambda: fate

    def turns(*order: Fate) -> Callable[[], Callable[[], Fate]]:
        def begin() -> Callable[[], Fate]:
            following: Iterator[Fate] = cycle(order)
            return lambda: next(following)

        return begin

    return {
        "lost": always(Fate.LOST),
        "written": always(Fate.WRITTEN),
        "zeroed": always(Fate.ZEROED),
        "later first": turns(Fate.LOST, Fate.WRITTEN),
        "torn": turns(Fate.WRITTEN, Fate.LOST),
        "zeroed between": turns(Fate.WRITTEN, Fate.ZEROED, Fate.WRITTEN),
    }


def durable_parts(log: list[Operation]) -> dict[str, int]:
    """Parts of each recording's file that were durable: GENESIS, units, END."""
    counts: dict[str, int] = {}
    for operation in log:
        if operation.act is Act.SYNC and operation.name.startswith(FOLDER):
            counts[operation.name] = counts.get(operation.name, 0) + 1
    return counts


def check_journal(files: MemoryFiles, bench: Bench) -> None:
    def change(chain: tuple[Certificate, ...]) -> PublicKey:
        return chain[0].public

    entries = split(files.read(FILE))
    walked = list(follow(entries, beginning(SERIAL), None, change))
    assert walked[-1].after == bench.desk.journal.position


def check_after(held: dict[str, bytes], log: list[Operation], *, sealed: bool) -> None:
    files, clock = MemoryFiles(held), ManualClock(mono_ms=0)
    bench = boot(files, clock, ENTROPY)
    store = bench.desk.store
    Recovery(bench.desk).run()
    assert Recovery(bench.desk).open == ()
    check_journal(files, bench)
    durable = durable_parts(log)
    kept = {kept.name: kept for kept in store.kept()}
    lost = [name for name, parts in durable.items() if parts > sealed]
    assert set(lost) <= set(kept)
    for name, found in kept.items():
        assert found.closing is not None
        report = judge(
            memoryview(files.read(name)),
            Trust((bench.maker,)),
            clock.utc_ms(),
            Companions(found.closing),
            Keys((evidence_key(),), store.companion(found.recording, ".envelope")),
        )
        assert report.verdict in GOOD, (report.line, report.reasons)
        assert report.chain is not None
        parts = report.chain.count + 1 + (report.chain.end is not None) + sealed
        assert parts >= durable.get(name, 0)


def try_each(step: int, *, sealed: bool) -> None:
    files, before = recorded(sealed=sealed)
    for number, fate in enumerate(fates().values()):
        for upto in range(before + number % step, len(files.log) + 1, step):
            log = files.log[:upto]
            check_after(crash(files.start, log, fate()), log, sealed=sealed)


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "clear"])
def test_after_a_power_cut_each_recording_is_closed_and_good(*, sealed: bool) -> None:
    try_each(5, sealed=sealed)


@pytest.mark.deep
@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "clear"])
def test_after_a_power_cut_at_each_operation(*, sealed: bool) -> None:
    try_each(1, sealed=sealed)


@pytest.mark.deep
@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "clear"])
def test_after_a_power_cut_in_the_middle_of_recovery(*, sealed: bool) -> None:
    files, before = recorded(sealed=sealed)
    for upto in range(before, len(files.log)):
        log = files.log[:upto]
        held = crash(files.start, log, fates()["torn"]())
        second = LoggedFiles(held)
        bench = boot(second, ManualClock(mono_ms=0), ENTROPY)
        Recovery(bench.desk).run()
        for cut in range(0, len(second.log), 4):
            again = crash(second.start, second.log[:cut], fates()["later first"]())
            check_after(again, log, sealed=sealed)


def test_a_clear_recording_with_its_end_is_closed_as_recovered() -> None:
    files, _ = recorded(sealed=False)
    held = {n: bytes(d) for n, d in files.held.items() if not n.endswith(".closing")}
    name = min(n for n in held if n.endswith(".mp4"))
    stops = [i for i, op in enumerate(files.log) if op.name == name]
    log = files.log[: stops[-1] + 1]
    left = crash(files.start, log, lambda: Fate.WRITTEN)
    bench = boot(MemoryFiles(left), ManualClock(mono_ms=0), ENTROPY)
    (stop,) = Recovery(bench.desk).run()
    assert stop.reason is Reason.RECOVERED
    assert stop.links is not None
    assert stop.sha256 == sha256(held[name])


def test_a_torn_entry_is_cut_and_its_number_used_again() -> None:
    files, clock = MemoryFiles(), ManualClock()
    made(clock, ENTROPY, files)
    first = boot(files, clock, ENTROPY)
    after = first.desk.journal.position
    files.held[FILE] += b"\xd2\x84\x58"
    second = boot(files, clock, ENTROPY)
    assert second.desk.journal.position.seq == after.seq + 1
    check_journal(files, second)


def test_a_removal_that_the_power_cut_short_is_finished() -> None:
    files, clock = MemoryFiles(), ManualClock()
    made(clock, ENTROPY, files)
    bench = boot(files, clock, ENTROPY)
    recording = bytes(range(16))
    start = Start(recording, None, PRESS)
    bench.desk.journal.add(EntryKind.START, start.items(), bench.time.now())
    files.replace(bench.desk.store.media(recording, sealed=True), b"LAPEL")
    stop = Stop(recording, Reason.POWER_LOSS, 0, sha256(b""), 0)
    close_in_journal(bench.desk, stop)
    assert bench.desk.store.recordings() == [recording]
    again = boot(files, clock, ENTROPY)
    assert Recovery(again.desk).open == ()
    assert again.desk.store.recordings() == []
