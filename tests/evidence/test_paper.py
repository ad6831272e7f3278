"""The log on paper: nothing is left out, nothing is drawn falsely, nothing runs off."""

import io
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient
from reportlab.pdfbase import pdfmetrics

from lapel.crypto.merkle import leaf_hash
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Actor, Logged, SignedHead, Target
from lapel.evidence.web import app, paper, printed
from lapel.evidence.web.clock import Local
from lapel.evidence.web.visit import Front
from lapel.evidence.web.words import catalogue
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from lapel.wire.custody import ActorKind, ObjectKind
from tests.evidence.world import PASSWORD

BASE = "https://evidence.example.org"
WORDS = catalogue()
LOCAL = Local(ZoneInfo("Europe/Berlin"), WORDS)
NOW = 1_795_000_000_000
COVER = printed.Cover(
    agency="Marlow",
    of="the whole log",
    by="Ana",
    taken_ms=NOW,
    key="marlow+00000000+AAAA",
    head=SignedHead(9, bytes(range(32)), "note"),
)


def act(number: int, said: str, target: Target | None = None) -> Logged:
    return Logged(
        number,
        NOW + number,
        Actor(ActorKind.USER, "who"),
        "user.invited",
        target or Target(ObjectKind.OTHER, "log"),
        b"leaf %d" % number,
        {1: "Ana", 2: "Administrator", 3: said, 5: said},
        {},
    )


def pages(written: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(written)).pages]


@given(st.text(max_size=200), st.sampled_from([paper.TITLE, paper.BODY, paper.SMALL]))
def test_lines_fit_and_leave_nothing_out(words: str, style: paper.Style) -> None:
    lines = paper.wrapped(words, style)
    for line in lines:
        wide = pdfmetrics.stringWidth(line, style.face, style.size)
        assert wide <= paper.MEASURE or len(line) == 1
    whole = paper.drawable(words, style.face)
    assert "".join(lines).replace(" ", "") == whole.replace(" ", "")


@pytest.mark.parametrize(
    ("words", "drawn"),
    [
        ("Łukasiewicz Ωμέγα Дмитрий", "Łukasiewicz Ωμέγα Дмитрий"),
        ("A\u0301", "Á"),
        ("中", "<U+4E2D>"),
        ("אב", "<U+05D0><U+05D1>"),
        ("a\u202eb\x00\n", "a<U+202E>b<U+0000><U+000A>"),
        ("\U0001f600", "<U+1F600>"),
    ],
)
def test_what_cannot_be_drawn_rightly_is_spelt(words: str, drawn: str) -> None:
    assert paper.drawable(words) == drawn


@pytest.mark.parametrize("count", [0, 1, 7, 60])
def test_each_act_stands_there_with_its_leaf(count: int) -> None:
    logged = [act(number, f"role {number}") for number in range(count)]
    written = printed.document(COVER, logged, LOCAL, WORDS)
    found = pages(written)
    text = "\n".join(found)
    for one in logged:
        assert f"{one.number} Invited as role {one.number}" in text.replace("  ", " ")
        assert leaf_hash(one.leaf).hex() in text
    assert COVER.head.root.hex() in text
    assert f"End: {count} acts." in found[-1]
    for number, page in enumerate(found, 1):
        assert "custody log, checkpoint of 9 acts, root 0001020304050607" in page
        assert str(number) in page.split()
    assert written == printed.document(COVER, logged, LOCAL, WORDS)


def test_one_act_longer_than_a_page_goes_on_over_the_next() -> None:
    written = printed.document(COVER, [act(0, "very long words " * 600)], LOCAL, WORDS)
    text = "".join(pages(written))
    assert text.count("very") >= 600
    assert len(pages(written)) > 2


def test_a_person_is_named_as_last_known() -> None:
    target = Target(ObjectKind.USER, "0123456789abcdef")
    acts = [act(0, "Ana Lee", target), act(1, "Ana Moss", target), act(2, "else")]
    assert printed.subject(target, acts, WORDS) == "person Ana Moss"
    assert printed.subject(target, [], WORDS) == "person 0123456789abcdef"
    device = Target(ObjectKind.DEVICE, "A4CE")
    assert printed.subject(device, acts, WORDS) == "device A4CE"
    whole = Target(ObjectKind.OTHER, "log")
    assert printed.subject(whole, acts, WORDS) == "the whole log"


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", ManualClock(NOW), system_entropy) as made:
        yield made


@pytest.fixture
def client(agency: Agency) -> Iterator[TestClient[Litestar]]:
    built = app.build(agency.server, Front(8600, BASE))
    with TestClient(built, base_url=BASE) as made:
        typed = {"password": PASSWORD, "again": PASSWORD}
        made.post(f"/enrol/{agency.secret}", data=typed)
        yield made


def logged(agency: Agency) -> list[str]:
    with agency.site.database.read() as connection:
        found = custody.following(connection, agency.site.tenant.id, -1, 100)
    return [one.action for one in found]


def test_the_page_gives_it_and_it_is_logged(
    agency: Agency, client: TestClient[Litestar]
) -> None:
    got = client.get("/custody/export.pdf")
    assert got.headers["content-type"] == "application/pdf"
    assert "custody-log.pdf" in got.headers["content-disposition"]
    acts = logged(agency)
    assert acts[-1] == "custody.exported"
    assert f"End: {len(acts)} acts." in pages(got.content)[-1]


def test_too_much_for_paper_is_refused_and_nothing_is_logged(
    agency: Agency, client: TestClient[Litestar], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printed, "MOST", 2)
    before = logged(agency)
    got = client.get("/custody/export.pdf")
    assert got.status_code == 400
    assert "take it as a table" in got.text
    assert logged(agency) == before
