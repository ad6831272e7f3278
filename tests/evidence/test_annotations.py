"""What a wearer said of a recording reaches it, whichever comes first."""

from zoneinfo import ZoneInfo

import pytest

from lapel.base.ids import recording_name
from lapel.base.permissions import Permission
from lapel.crypto.digest import sha256
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Actor, Target, Who
from lapel.evidence.ingest.saying import take_over
from lapel.evidence.items import service as items
from lapel.evidence.items.model import Edit, Eyes, Item, Search
from lapel.evidence.journals import service as journals
from lapel.evidence.journals.said import said_of
from lapel.evidence.settings import service as settings
from lapel.evidence.web.clock import Local
from lapel.evidence.web.said import told_of
from lapel.evidence.web.words import catalogue
from lapel.sim.agency import Agency, Sent
from lapel.sim.forge import Media
from lapel.wire.control import Position, Source
from lapel.wire.custody import ActorKind, Leaf, ObjectKind
from lapel.wire.grant import GrantRole
from lapel.wire.journal import EntryKind
from lapel.wire.linked import AnnotationData, By
from lapel.wire.pairing import How
from tests.evidence.book import SERIAL, Book

BY = By(GrantRole.VIEW, How.GRANT, "view-1")

EVERYBODY = Eyes("", frozenset(Permission))


@pytest.fixture
def book(agency: Agency) -> Book:
    return Book(agency.camera(SERIAL))


def deliver(agency: Agency, *raws: bytes) -> None:
    """Bring journal entries as the device door does."""
    site = agency.site
    anchors = (site.keys.ca.certificate, *site.devices.makers())
    delivery = journals.Delivery(SERIAL, b"".join(raws), anchors, None)
    with site.database.write() as connection:
        taken = journals.take(connection, site.stamp(), delivery)
        take_over(connection, site.stamp(), SERIAL, taken.annotated)


def say(book: Book, sent: Sent, **words: str) -> bytes:
    data = AnnotationData(sent.recording, BY, **words)  # type: ignore[arg-type]
    return book.write(EntryKind.ANNOTATION, dict(data.items()))


def item_of(agency: Agency, sent: Sent) -> Item:
    with agency.site.database.read() as connection:
        found = items.find(connection, agency.site.tenant.id, sent.recording)
    assert found is not None
    return found


def category(agency: Agency) -> tuple[str, str]:
    """Give id and name of one category of the agency."""
    with agency.site.database.read() as connection:
        first = settings.categories(connection, agency.site.tenant.id)[0]
    return first.id, first.name


def test_words_that_came_before_the_recording_are_on_it(
    agency: Agency, book: Book, film: Media
) -> None:
    sent = agency.record(film)
    filed, name = category(agency)
    boot = book.write(EntryKind.BOOT)
    deliver(agency, boot, say(book, sent, title="Door", ident="A 17", category=name))
    agency.take_in(sent)
    item = item_of(agency, sent)
    assert (item.title, item.ident, item.category) == ("Door", "A 17", filed)


def test_words_that_come_after_the_recording_reach_it_in_order(
    agency: Agency, book: Book, film: Media
) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    boot = book.write(EntryKind.BOOT)
    deliver(agency, boot, say(book, sent, title="Door", ident="A 17"))
    deliver(agency, say(book, sent, title="Back door"))
    item = item_of(agency, sent)
    assert (item.title, item.ident) == ("Back door", "A 17")
    found = Search(words="back 17")
    with agency.site.database.read() as connection:
        page = items.search(
            connection,
            agency.site.tenant.id,
            EVERYBODY,
            found,
            None,
        )
    assert [one.id for one in page.items] == [sent.recording]


def test_each_entry_counts_once(agency: Agency, book: Book, film: Media) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    boot, said = book.write(EntryKind.BOOT), say(book, sent, title="Door")
    deliver(agency, boot, said)
    deliver(agency, boot, said)
    deliver(agency, book.write(EntryKind.MODE, {1: 1}))
    target = Target(ObjectKind.RECORDING, recording_name(sent.recording))
    with agency.site.database.read() as connection:
        acts = custody.acts_on(connection, agency.site.tenant.id, target)
    annotated = [one for one in acts if one.action == "recording.annotated"]
    assert len(annotated) == 1
    assert annotated[0].texts[3] == "Door"
    assert Leaf.decode(annotated[0].leaf).detail[6] == sha256(said)
    assert annotated[0].actor == Actor(ActorKind.DEVICE, SERIAL)


def test_what_a_person_set_in_evidence_stays(
    agency: Agency, book: Book, film: Media
) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    who = Who(Actor(ActorKind.USER, "p-1"), "A. Person", "Administrator", "::1")
    before = item_of(agency, sent)
    edit = Edit("Theirs", None, before.version, "")
    with agency.site.database.write() as connection:
        change = (before, edit, dict[str, str]())
        items.edit(connection, agency.site.stamp(), who, change)
    deliver(agency, book.write(EntryKind.BOOT), say(book, sent, title="Door"))
    assert item_of(agency, sent).title == "Theirs"
    with agency.site.database.read() as connection:
        tenant = agency.site.tenant.id
        said = said_of(connection, tenant, SERIAL, sent.recording)
    assert [one.data.title for one in said] == ["Door"]


def test_another_camera_says_nothing_of_a_recording(
    agency: Agency, book: Book, film: Media
) -> None:
    sent = agency.record(film, serial="X81004418")
    agency.take_in(sent)
    deliver(agency, book.write(EntryKind.BOOT), say(book, sent, title="Door"))
    assert item_of(agency, sent).title == ""


def test_a_category_that_the_agency_has_not_is_shown_but_not_filed(
    agency: Agency, book: Book, film: Media
) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    deliver(agency, book.write(EntryKind.BOOT), say(book, sent, category="Tea"))
    assert item_of(agency, sent).category is None


def test_the_page_says_where_and_by_which_app(
    agency: Agency, book: Book, film: Media
) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    place = Position(1_425_200_000, 1_934_050_000, Source.PHONE, 8)
    data = AnnotationData(sent.recording, BY, title="Door", position=place)
    deliver(
        agency,
        book.write(EntryKind.BOOT),
        book.write(EntryKind.ANNOTATION, dict(data.items())),
    )
    words = catalogue()
    with agency.site.database.read() as connection:
        tenant = agency.site.tenant.id
        (said,) = said_of(connection, tenant, SERIAL, sent.recording)
    told = told_of(said, Local(ZoneInfo("UTC"), words), words)
    assert ("Position", "52.52000, 13.40500, ±8 m, by the phone") in told.words
    assert "view-1" in told.by
