"""What a camera writes and answers is what the reference describes."""

# pyright: standard

import re
from pathlib import Path

import pytest
from pycddl import Schema  # type: ignore[import-untyped]

from lapel.camera.signals import Sound
from lapel.ports.air import Failed, Subscribed, Wrote
from lapel.ports.capture import Track, TrackLost
from lapel.protocol.buttons import TABLES
from lapel.protocol.modes import TABLE
from lapel.sim.camera import SERIAL
from lapel.sim.live import LiveCamera
from lapel.sim.phone import LinkedCamera
from lapel.sim.tenant import Agency
from lapel.wire import cbor
from lapel.wire.boxes import children, read_emsg
from lapel.wire.cbor import Value
from lapel.wire.control import (
    Annotation,
    LinkVerb,
    Nothing,
    Position,
    SettingsChange,
    Source,
)
from lapel.wire.journal import EntryKind
from lapel.wire.port import Verb
from lapel.wire.settings import Permitted

DOCS = Path(__file__).parents[2] / "docs" / "reference"
CDDL = (DOCS / "lapel.cddl").read_text()
PAGE = (DOCS / "camera.md").read_text()
RULES = {
    EntryKind.START: "start",
    EntryKind.ANCHOR: "anchor",
    EntryKind.STOP: "stop",
    EntryKind.RECEIPT: "settled",
    EntryKind.DELETION: "settled",
    EntryKind.LOST: "lost",
}


def check(rule: str, value: Value) -> None:
    Schema(f"checked = {rule}\n{CDDL}").validate_cbor(cbor.encode(value))


@pytest.fixture(scope="module")
def agency() -> Agency:
    return Agency.found("north", 1_790_000_000_000)


def lived(agency: Agency) -> LiveCamera:
    """A camera to which much has happened; it is docked in the end."""
    worn = LiveCamera()
    worn.camera.switch(on=True)
    worn.see(5)
    worn.press("event", "event")
    worn.see(12)
    worn.press("function")
    worn.press("function", hold_ms=3100)
    worn.see(1)
    worn.source.feed(TrackLost(Track.SOUND, "unplugged"))
    worn.camera.tick()
    worn.camera.charge(10)
    worn.press("battery", hold_ms=10_100)
    worn.see(12)
    worn.press("event", hold_ms=3100)
    worn.settle()
    worn.dock()
    worn.adopt(agency)
    host = worn.host(agency.host())
    host.ask(Verb.SETTINGS, {1: agency.settings(SERIAL, 2)})
    host.ask(Verb.SETTINGS, {1: b"wrong"})
    return worn


def test_the_journal_is_as_described(agency: Agency) -> None:
    worn = lived(agency)
    worn.camera.shut_down()
    kinds: set[EntryKind] = set()
    for entry in worn.journal():
        kind = EntryKind(entry.kind)
        kinds.add(kind)
        check(RULES.get(kind, f"{kind.name.lower()}-data"), entry.data)
        if kind not in RULES:
            check("journal-data", entry.data)
    worn.leave()
    assert len(kinds) >= 13, kinds


def test_marks_are_as_described(agency: Agency) -> None:
    worn = lived(agency)
    (kept,) = worn.camera.store.kept()
    data = worn.files.read(kept.name)
    found = [b for b in children(data, 0, len(data)) if b.kind == b"emsg"]
    marks = [read_emsg(data[box.payload : box.end]) for box in found]
    assert {str(mark.data[1]) for mark in marks} == {"1", "2", "5"}
    for mark in marks:
        check("mark", mark.data)
    worn.leave()


def test_requests_and_answers_are_as_described(agency: Agency) -> None:
    worn = lived(agency)
    (kept,) = worn.camera.store.kept()
    host = worn.host(agency.host())
    recording: dict[int, Value] = {1: kept.recording}
    asked: list[tuple[Verb, dict[int, Value], str]] = [
        (Verb.HELLO, {}, "hello"),
        (Verb.CATALOGUE, {}, "catalogue"),
        (Verb.READ, {**recording, 2: 0, 3: 9}, "read"),
        (Verb.ENVELOPE, recording, "envelope"),
        (Verb.JOURNAL, {1: 0}, "journal"),
        (Verb.SETTINGS, {}, "settings"),
        (Verb.TIME, {}, "time"),
        (Verb.TIME, {2: 1}, "time"),
        (Verb.CHARGE, {}, "charge"),
        (Verb.RELEASE, {1: b""}, "refusal"),
    ]
    for verb, arguments, rule in asked:
        check("port-arguments", arguments)
        result = host.ask(verb, arguments).result
        check(f"{rule}-result", result)
        check("port-result", result)
    worn.leave()


def test_the_journal_of_a_link_is_as_described() -> None:
    worn = LinkedCamera()
    worn.set(permitted=tuple(Permitted), categories=("Traffic stop",))
    worn.step()
    worn.see(5)
    worn.record(3)
    worn.chord()
    worn.pass_ms(61_000)
    worn.radio.hear(Subscribed(99, 23))
    worn.radio.hear(Wrote(99, b"no hello"))
    phone = worn.phone()
    worn.chord()
    phone.pair()
    call = phone.open()
    where = Position(1, 2, Source.PHONE, 3)
    (kept,) = worn.camera.store.kept()
    said = Annotation(kept.recording, "a", "b", "Traffic stop", where)
    call.ask(LinkVerb.ANNOTATE, said)
    call.ask(LinkVerb.SETTINGS_SET, SettingsChange(1, False, None, True))
    call.ask(LinkVerb.UNPAIR, Nothing())
    worn.radio.hear(Failed("gone"))
    worn.step()
    kinds: list[EntryKind] = []
    for entry in worn.journal():
        kind = EntryKind(entry.kind)
        kinds.append(kind)
        check(RULES.get(kind, f"{kind.name.lower()}-data"), entry.data)
    assert kinds.count(EntryKind.PAIRING) == 3
    assert kinds.count(EntryKind.ANNOTATION) == 1
    assert {EntryKind.SETTINGS, EntryKind.REFUSAL, EntryKind.ERROR} <= set(kinds)


def test_each_sound_is_one_that_no_other_is() -> None:
    kinds = [sound.value[1:] for sound in Sound if sound is not Sound.RECORDING]
    assert len(set(kinds)) == len(kinds)
    for sound in Sound:
        assert sound.value[0] in " ".join(PAGE.split()), sound


def test_every_named_point_stands_on_the_page() -> None:
    part = PAGE.split("## Named points\n", 1)[1]
    source = (DOCS.parents[1] / "src" / "lapel" / "camera").rglob("*.py")
    found = "".join(path.read_text() for path in source)
    for point in re.findall(r'point\("camera\.([a-z.]+)"\)', found):
        group, _, name = point.rpartition(".")
        assert f"camera.{group}." in part or f"camera.{point}" in part, point
        assert name in part, point


def rows(heading: str) -> set[tuple[str, ...]]:
    """Rows of the table below a heading of the page."""
    part = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = re.findall(r"^\| (.*) \|$", part, re.MULTILINE)[1:]
    return {tuple(cell.strip() for cell in line.split("|")) for line in lines}


def test_the_table_of_modes_is_the_one_that_runs() -> None:
    assert rows("Modes") == {
        (
            state.value,
            happening.value,
            following.state.value,
            "; ".join(act.value for act in following.acts) or "-",
        )
        for (state, happening), following in TABLE.items()
    }


def test_the_table_of_buttons_is_the_one_that_runs() -> None:
    meant = {
        step.gesture.value
        for table in TABLES.values()
        for step in table.values()
        if step.gesture
    }
    assert {row[0] for row in rows("Buttons")} == meant
