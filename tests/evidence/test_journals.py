"""Journals: what continues, what is missing, what contradicts."""

import pytest
from sqlalchemy import text

from lapel.base.errors import LapelError, SignatureError
from lapel.crypto.digest import sha256
from lapel.crypto.seal import wrap
from lapel.evidence.journals import service
from lapel.evidence.journals.service import Delivery, ForkError, Taken
from lapel.sim.agency import Agency
from lapel.sim.forge import Media, Signer, authority
from lapel.wire.cbor import Value
from lapel.wire.journal import EntryKind
from tests.evidence.book import SERIAL, Book


def take(agency: Agency, *raws: bytes) -> Taken:
    site = agency.site
    anchors = (site.keys.ca.certificate, *site.devices.makers())
    with site.database.write() as connection:
        delivery = Delivery(SERIAL, b"".join(raws), anchors, None)
        return service.take(connection, site.stamp(), delivery)


def faults(agency: Agency) -> list[tuple[str, int]]:
    with agency.site.database.read() as connection:
        found = service.faults(connection, agency.site.tenant.id)
    return [(one.kind, one.seq) for one in found]


@pytest.fixture
def book(agency: Agency) -> Book:
    return Book(agency.camera(SERIAL))


def test_entries_that_continue_are_kept(agency: Agency, book: Book) -> None:
    first = [book.write(EntryKind.BOOT), book.write(EntryKind.MODE, {1: 1})]
    assert take(agency, *first).head.seq == 1
    assert take(agency, book.write(EntryKind.MODE, {1: 2})).head.seq == 2
    assert faults(agency) == []


def test_what_is_held_may_come_again(agency: Agency, book: Book) -> None:
    raws = [book.write(EntryKind.BOOT), book.write(EntryKind.MODE)]
    take(agency, *raws)
    assert take(agency, *raws).head.seq == 1


def test_a_gap_is_noted_and_what_is_behind_it_kept(agency: Agency, book: Book) -> None:
    take(agency, book.write(EntryKind.BOOT))
    book.write(EntryKind.MODE)
    assert take(agency, book.write(EntryKind.MODE)).head.seq == 2
    assert faults(agency) == [("gap", 1)]


def test_two_histories_are_a_fork(agency: Agency, book: Book) -> None:
    boot = book.write(EntryKind.BOOT)
    take(agency, boot, book.write(EntryKind.MODE, {1: 1}))
    other = Book(book.signer, 1, sha256(boot))
    with pytest.raises(ForkError) as error:
        take(agency, other.write(EntryKind.MODE, {1: 2}))
    assert error.value.seq == 1


def test_what_anybody_could_have_written_accuses_no_camera(
    agency: Agency, book: Book
) -> None:
    boot = book.write(EntryKind.BOOT)
    take(agency, boot, book.write(EntryKind.MODE, {1: 1}))
    stranger = Book(Signer.of(authority("Somebody"), SERIAL), 1, sha256(boot))
    with pytest.raises(SignatureError):
        take(agency, stranger.write(EntryKind.MODE, {1: 2}))
    stranger = Book(stranger.signer, 2, bytes(32))
    with pytest.raises(SignatureError):
        take(agency, stranger.write(EntryKind.MODE, {1: 2}))


def test_of_a_fork_the_contradicting_entry_is_kept_as_it_was_signed(
    agency: Agency, book: Book
) -> None:
    boot = book.write(EntryKind.BOOT)
    take(agency, boot, book.write(EntryKind.MODE, {1: 1}))
    other = Book(book.signer, 1, sha256(boot))
    wrong, site = other.write(EntryKind.MODE, {1: 2}), agency.site
    with pytest.raises(ForkError) as error:
        take(agency, boot, wrong, other.write(EntryKind.MODE, {1: 3}))
    for _ in range(2):
        with site.database.write() as connection:
            service.keep_fork(connection, site.stamp(), SERIAL, error.value)
    assert faults(agency) == [("fork", 1)]
    with site.database.read() as connection:
        kept = connection.execute(text("SELECT document FROM journal_faults"))
        assert kept.scalar_one() == wrong


def test_an_envelope_must_be_the_one_that_the_journal_names(
    agency: Agency, book: Book, film: Media
) -> None:
    sent, ingest = agency.record(film), agency.site.ingest
    start: dict[int, Value] = {1: sent.recording, 2: sha256(sent.envelope), 3: (0, b"")}
    take(agency, book.write(EntryKind.BOOT), book.write(EntryKind.START, start))
    forged = wrap(bytes(32), sent.recording, [agency.site.keys.evidence[0].public])
    assert not ingest.put_envelope(SERIAL, sent.recording, forged.encode())
    assert ingest.put_envelope(SERIAL, sent.recording, sent.envelope)
    assert ingest.envelope(SERIAL, sent.recording) == sent.envelope


def test_another_camera_s_key_writes_nothing_here(agency: Agency) -> None:
    stranger = Book(Signer.of(agency.site.keys.ca, "X99999999"))
    with pytest.raises(LapelError):
        take(agency, stranger.write(EntryKind.BOOT))
    outside = Book(Signer.of(authority("Somebody"), SERIAL))
    with pytest.raises(LapelError):
        take(agency, outside.write(EntryKind.BOOT))


def test_a_journal_begins_with_its_key(agency: Agency, book: Book) -> None:
    with pytest.raises(LapelError):
        take(agency, book.write(EntryKind.MODE))


@pytest.mark.parametrize("cut", [1, 40, -1])
def test_half_an_entry_changes_nothing(agency: Agency, book: Book, cut: int) -> None:
    raw = book.write(EntryKind.BOOT)
    with pytest.raises(LapelError):
        take(agency, raw + raw[:cut])
    with agency.site.database.read() as connection:
        assert service.head(connection, agency.site.tenant.id, SERIAL) is None


def test_a_deletion_stands_in_the_custody_of_its_recording(
    agency: Agency, book: Book
) -> None:
    take(agency, book.write(EntryKind.BOOT))
    gone = book.write(EntryKind.DELETION, {1: bytes(16), 2: bytes(32)})
    assert take(agency, gone).erased == (bytes(16),)


def test_a_recording_that_a_journal_names_is_missed(agency: Agency, book: Book) -> None:
    start: dict[int, Value] = {1: bytes(16), 2: None, 3: (0, b"")}
    take(agency, book.write(EntryKind.BOOT), book.write(EntryKind.START, start))
    with agency.site.database.read() as connection:
        (missed,) = service.missing(connection, agency.site.tenant.id)
    assert (missed.recording, missed.serial) == (bytes(16), SERIAL)


def test_what_was_said_of_a_recording_stays_with_it(agency: Agency, book: Book) -> None:
    start: dict[int, Value] = {1: bytes(16), 2: None, 3: (0, b"")}
    said: dict[int, Value] = {1: bytes(16), 2: "Stop on Main St", 6: {1: 2, 2: 3}}
    raws = [
        book.write(EntryKind.BOOT),
        book.write(EntryKind.START, start),
        book.write(EntryKind.MODE, {1: "buffering", 2: "stop"}),
        book.write(EntryKind.ANNOTATION, said),
        book.write(EntryKind.MODE, {1: "off", 2: "switched off"}),
    ]
    take(agency, *raws)
    tenant = agency.site.tenant.id
    with agency.site.database.read() as connection:
        kept = service.extract(connection, tenant, SERIAL, bytes(16))
    assert kept[-1] == raws[3]
