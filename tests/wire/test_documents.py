"""Every document: comes back as it was, refuses unknown, missing and wrong fields."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.wire import (
    adoption,
    cbor,
    custody,
    grant,
    journal,
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
        settings.Bluetooth(True, True, False),
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
    port.Request(1, 99, {1: b"x"}),
    port.Answer(1, port.Code.BUSY),
    port.Answer(1, port.Code.DONE, {1: (b"x", b"y")}),
]
NAMES = [f"{type(d).__name__} {i}" for i, d in enumerate(DOCUMENTS)]
every = pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)


def subclasses(cls: type[Document]) -> Iterator[type[Document]]:
    for sub in cls.__subclasses__():
        if sub.SLOTS:
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
