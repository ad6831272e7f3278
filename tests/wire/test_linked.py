"""What a journal says of the link, and demands in settings, against golden vectors."""

import pytest

from lapel.base.clock import ClockQuality
from lapel.base.errors import MalformedError
from lapel.crypto.cose import check
from lapel.crypto.keys import PrivateKey
from lapel.wire import cbor
from lapel.wire.control import Annotation, Position, SettingsChange, Source
from lapel.wire.document import Document
from lapel.wire.grant import GrantRole
from lapel.wire.journal import Entry, EntryKind
from lapel.wire.linked import AnnotationData, Became, By, ChosenData, PairingData
from lapel.wire.pairing import How
from lapel.wire.settings import Bluetooth, Settings
from tests.golden import Case, cases, each

KINDS: dict[EntryKind, type[Document]] = {
    EntryKind.ANNOTATION: AnnotationData,
    EntryKind.PAIRING: PairingData,
    EntryKind.SETTINGS: ChosenData,
}
GRANTED = By(GrantRole.VIEW, How.GRANT, "view-1")
PRESSED = By(GrantRole.VIEW, How.BUTTON)


def public(case: Case) -> PrivateKey:
    return PrivateKey.from_secret(case.raw("key"))


@each("linked")
def test_golden_entries_hold_and_come_back_byte_for_byte(case: Case) -> None:
    raw = check("journal", case.expected("entry"), public(case).public)
    entry = Entry.decode(raw)
    assert entry.encode() == raw
    assert (entry.seq, entry.kind) == (case.given["seq"], case.given["kind"])
    assert cbor.encode(entry.data) == case.expected("data")
    document = KINDS[entry.kind].of(entry.data)
    assert document.encode() == case.expected("data")


def test_golden_data_is_what_it_says() -> None:
    recording = cases("linked")[0].raw("recording")
    peer = cases("linked")[0].raw("peer")
    change = SettingsChange(0, None, lights=False, stealth=True)
    said = Annotation(
        recording,
        "Stop on Main St",
        "26-00417",
        "Traffic stop",
        Position(1_415_000_000, 1_800_000_000, Source.PHONE, 8),
    )
    where = Position(0, 3_600_000_000, Source.VEHICLE)
    in_car = By(GrantRole.VIEW_XL, How.COMPARED)
    server, unset = ClockQuality.SERVER, ClockQuality.UNSET
    made: list[Document] = [
        AnnotationData.of_request(said, GRANTED),
        AnnotationData(recording, PRESSED, "Müller 東京"),
        AnnotationData(recording, in_car, position=where),
        PairingData(Became.PAIRED, GRANTED, peer, server),
        PairingData(Became.PAIRED, PRESSED, peer, unset),
        PairingData(Became.UNPAIRED, GRANTED, peer, server),
        PairingData(Became.NOT_KEPT, PRESSED, peer, ClockQuality.RTC),
        PairingData(Became.FAILED, failures=2),
        ChosenData(change, GRANTED),
    ]
    given = [case.expected("data") for case in cases("linked")]
    assert [document.encode() for document in made] == given


@pytest.mark.parametrize(
    "data",
    [
        PairingData(Became.PAIRED),
        PairingData(Became.PAIRED, GRANTED, bytes(8)),
        PairingData(Became.FAILED),
        PairingData(Became.FAILED, GRANTED, bytes(8), ClockQuality.RTC, 2),
    ],
)
def test_a_pairing_without_its_peer_is_none(data: PairingData) -> None:
    with pytest.raises(MalformedError):
        data.encode()


@each("settings")
def test_settings_with_and_without_demands_hold(case: Case) -> None:
    payload = check("settings", case.expected("document"), public(case).public)
    assert payload == case.expected("payload")
    told = Settings.decode(payload)
    assert told.encode() == payload
    told_of = [told.bluetooth.grant, told.bluetooth.compared, told.bluetooth.button]
    assert told_of == case.given["demands"]


def test_settings_that_demand_nothing_are_the_bytes_they_always_were() -> None:
    told = Bluetooth(enabled=True, view_pairing=True, signal=False)
    assert told.encode() == bytes.fromhex("a301f502f503f4")
