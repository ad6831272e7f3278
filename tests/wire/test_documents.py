"""Every document: comes back as it was, refuses unknown, missing and wrong fields."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.clock import ClockQuality
from lapel.base.errors import MalformedError
from lapel.wire import (
    adoption,
    cbor,
    control,
    custody,
    grant,
    journal,
    linked,
    packaged,
    pairing,
    port,
    receipt,
    recording,
    sealed,
    settings,
    time,
)
from lapel.wire.document import Document
from tests.wire.test_cbor import VALUES

ID, HASH, POINT = bytes(16), bytes(32), b"\4" + bytes(64)
TRIGGER = recording.Trigger(recording.TriggerKind.SIGNAL, b"raw")

WHERE = control.Position(1_415_000_000, 1_800_000_000, control.Source.PHONE, 8)
BY = linked.By(grant.GrantRole.VIEW, pairing.How.GRANT, "view-1")

RECORDS = [
    pairing.Record(
        pairing.VERSION,
        POINT,
        HASH,
        HASH,
        HASH,
        HASH,
        how,
        grant.GrantRole.VIEW,
        5,
        ClockQuality.DOCK,
        holder,
    )
    for how, holder in ((pairing.How.GRANT, "view-1"), (pairing.How.COMPARED, None))
]

DOCUMENTS: list[Document] = [
    recording.Genesis(
        ID,
        "X1234",
        "body2",
        HASH,
        1,
        3,
        4,
        5,
        "1.0",
        HASH,
        2,
        HASH,
        TRIGGER,
        3000,
        9,
        HASH,
        sound_before=False,
        encoded_here=True,
        continues=ID,
    ),
    recording.Link(HASH, 0, HASH, HASH, 0, 5, recording.Sound.FILLED),
    recording.End(HASH, 1, HASH, recording.Reason.DOCKED, 5, 6),
    journal.Entry(0, 1, 2, 3, 0, journal.EntryKind.LOST, {1: 4}, HASH, nv=3),
    journal.Start(ID, None, TRIGGER),
    journal.Start(ID, HASH, TRIGGER),
    journal.Anchor(ID, 10, HASH, 1000),
    journal.Stop(ID, recording.Reason.BUTTON, 10, HASH, 0, HASH, 3, HASH),
    journal.Stop(ID, recording.Reason.POWER_LOSS, 10, HASH, 4),
    journal.Settled(ID, HASH),
    journal.Lost(3),
    sealed.Header(ID, HASH),
    sealed.Envelope(ID, (sealed.Wrap(bytes(8), bytes(113)),)),
    receipt.Received("t", ID, "X1234", 9, HASH, HASH, True, 5, HASH, 3, HASH),
    receipt.Received("t", ID, "X1234", 9, HASH, HASH, False, 5),
    receipt.JournalReceived("t", "X1234", 9, HASH, 5),
    receipt.Receipt(b"leaf", 3, "note", (HASH, HASH)),
    custody.Leaf(
        5,
        (custody.ActorKind.USER, "u"),
        "item.view",
        (custody.ObjectKind.RECORDING, "r"),
        {1: HASH},
        None,
    ),
    grant.Grant(POINT, grant.GrantRole.VIEW, "app", None, 5, "t"),
    time.SignedTime(ID, 5),
    adoption.Voucher("X1234", "t", b"der", ID, 5),
    adoption.Adoption("X1234", "t", ID, POINT),
    adoption.Release("X1234", "t", ID, 5),
    adoption.Identity(b"a", b"b", POINT, POINT, b"c", bytes(64)),
    adoption.Adopted(b"a", b"b", b"c", b"d", b"e", b"f"),
    settings.Settings(
        "X1234",
        1,
        "t",
        0,
        settings.Bluetooth(True, True, False, True, False, True),
        True,
        False,
        True,
        False,
        settings.PreEvent(30, False),
        settings.Quality.STANDARD,
        (settings.Permitted.VOLUME,),
        (POINT,),
        settings.Log("origin", "vkey"),
        POINT,
        (POINT, POINT),
        ("Traffic stop",),
        "Europe/London",
        settings.Window(60, 300),
        14_400,
        False,
        secrets=b"sealed",
    ),
    settings.Secrets(HASH, 7),
    linked.PairingData(linked.Became.PAIRED, BY, bytes(8), ClockQuality.UNSET),
    linked.PairingData(linked.Became.FAILED, failures=3),
    linked.AnnotationData(ID, BY, "Stop", "26-1", "Traffic stop", WHERE),
    linked.ChosenData(control.SettingsChange(3, None, None, True), BY),
    control.Refusal("recording"),
    *RECORDS,
    pairing.Pairings(tuple(RECORDS)),
    control.Nothing(),
    control.State(
        control.CameraMode.EVENT,
        80,
        50,
        True,
        False,
        ID,
        1200,
        3,
        ClockQuality.SERVER,
    ),
    control.SettingsFrom(3),
    control.WearerSettings(
        2, True, True, False, (settings.Permitted.VOLUME,), ("Traffic stop",), False
    ),
    control.SettingsChange(volume=3, vibration=False, lights=True, stealth=True),
    control.RecordingsBefore(None),
    control.RecordingsBefore(9),
    control.Recordings(
        (
            control.Listed(
                ID, 9, 5, ClockQuality.RTC, 1000, True, "Stop", "26-1", "Traffic stop"
            ),
            control.Listed(ID, 3, 4, ClockQuality.UNSET, 1000, False, None, None, None),
        ),
        True,
    ),
    control.Annotation(
        ID,
        "Stop",
        "26-1",
        "Traffic stop",
        WHERE,
    ),
    packaged.Packaged(3, (("report.txt", HASH), ("journal.cose", HASH))),
    port.Request(1, 99, {1: b"x"}),
    port.Answer(1, port.Code.BUSY),
    port.Answer(1, port.Code.DONE, {1: (b"x", b"y")}),
]
NAMES = [f"{type(d).__name__} {i}" for i, d in enumerate(DOCUMENTS)]
every = pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)


def subclasses(cls: type[Document]) -> Iterator[type[Document]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def test_every_document_is_tried_here() -> None:
    nested = {
        "Trigger",
        "Wrap",
        "Bluetooth",
        "PreEvent",
        "Log",
        "Window",
        "Listed",
        "Position",
        "By",
    }
    ours = [c for c in subclasses(Document) if c.__module__.startswith("lapel.wire.")]
    names = {cls.__name__ for cls in ours}
    assert names - nested == {type(d).__name__ for d in DOCUMENTS}


@every
def test_a_document_comes_back_as_it_was(document: Document) -> None:
    assert type(document).decode(document.encode()) == document


@every
def test_unknown_and_missing_fields_are_refused(document: Document) -> None:
    items = document.items()
    with pytest.raises(MalformedError):
        type(document).of({**items, 200: 1})
    for slot in document.SLOTS:
        if not slot.optional:
            without = {key: v for key, v in items.items() if key != slot.key}
            with pytest.raises(MalformedError):
                type(document).of(without)


@every
@given(value=VALUES)
def test_any_value_in_a_field_is_refused_or_comes_back(
    document: Document, value: cbor.Value
) -> None:
    for slot in document.SLOTS:
        changed = {**document.items(), slot.key: value}
        try:
            read = type(document).of(changed)
        except MalformedError:
            continue
        assert read.items() == changed


@every
@given(cut=st.integers(1, 8))
def test_a_cut_or_longer_document_is_refused(document: Document, cut: int) -> None:
    data = document.encode()
    for changed in (data[:-cut], data + bytes(cut)):
        with pytest.raises(MalformedError):
            type(document).decode(changed)


def test_a_stop_names_all_of_its_chain_or_nothing() -> None:
    with pytest.raises(MalformedError):
        journal.Stop(ID, recording.Reason.BUTTON, 1, HASH, 0, HASH).encode()


def test_a_receipt_names_the_chain_exactly_when_opened() -> None:
    with pytest.raises(MalformedError):
        receipt.Received("t", ID, "X", 9, HASH, HASH, True, 5).encode()


def test_an_envelope_has_at_most_sixteen_wraps() -> None:
    wraps = (sealed.Wrap(bytes(8), bytes(113)),) * 17
    with pytest.raises(MalformedError):
        sealed.Envelope(ID, wraps).encode()


def test_a_record_of_a_later_version_is_refused_by_name() -> None:
    items = {**RECORDS[0].items(), 0: 2}
    with pytest.raises(MalformedError, match="version 2"):
        pairing.Record.of(items)


def test_a_record_names_a_holder_exactly_where_a_grant_counted() -> None:
    granted, compared = (record.items() for record in RECORDS)
    without = {key: value for key, value in granted.items() if key != 10}
    for wrong in (without, {**compared, 10: "view-1"}):
        with pytest.raises(MalformedError, match="holder"):
            pairing.Record.of(wrong)


def test_a_record_prints_nothing_secret() -> None:
    assert repr(RECORDS[0]) == "Record(how=GRANT, role=VIEW)"


def test_an_app_keeps_what_the_camera_may_hold() -> None:
    proved, *later = [replace(RECORDS[1], utc_ms=number) for number in range(12)]
    pairings = pairing.Pairings((proved,))
    for number, record in enumerate(later, 1):
        pairings = pairing.Pairings.added(pairings, record)
        assert pairings.records[0] == record
        assert pairings.records[-1] == proved
        assert len(pairings.records) == min(number + 1, pairing.PAIRINGS_MOST)
        assert pairing.Pairings.decode(pairings.encode()) == pairings
    assert pairing.Pairings.added(None, proved).records == (proved,)
    assert pairings.proved(later[-1], pairings).records == (later[-1],)
    assert pairings.proved(proved, pairings).records == (proved,)
    with pytest.raises(MalformedError):
        pairing.Pairings((*pairings.records, proved)).encode()


@pytest.mark.parametrize("plain", [b"", b"\0", b"\4", b"\1\1"])
def test_a_confirmation_of_a_wrong_length_or_value_is_refused(plain: bytes) -> None:
    with pytest.raises(MalformedError):
        pairing.read_confirm(plain)


@pytest.mark.parametrize(
    "words", ["", "x" * 257, "a\nb", "\x1b[2J", "\u202e", "é" * 129]
)
def test_what_people_type_is_one_printable_bounded_line(words: str) -> None:
    with pytest.raises(MalformedError):
        control.Annotation(ID, title=words).encode()
    assert control.Annotation(ID, title="é" * 128).encode()


@pytest.mark.parametrize(
    "document",
    [
        control.Annotation(ID),
        control.SettingsChange(None, None, None, None),
        control.Recordings(
            (control.Listed(ID, 3, 4, ClockQuality.RTC, 0, False, None, None, None),)
            * 2,
            False,
        ),
        control.State(
            control.CameraMode.BUFFERING, 1, 1, False, False, ID, 0, 0, ClockQuality.RTC
        ),
    ],
)
def test_what_says_nothing_or_contradicts_itself_is_refused(document: Document) -> None:
    with pytest.raises(MalformedError):
        document.encode()
