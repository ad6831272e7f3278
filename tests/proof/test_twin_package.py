"""The verifier's second copy judges a package's custody as the first one does."""

import io
import re
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.proof import package
from lapel.proof.enclosed import Parts, judge_parts
from lapel.proof.recording import judge, sha256_of
from lapel.proof.trust import Trust
from lapel.sim.forge import NOON_MS, Signer, authority
from tests.golden import media
from tests.proof.parcel import parcel
from tests.proof.server import believing
from tests.proof.twin import Twin, running

AGENCY = authority()
TRUST = believing(Trust((AGENCY.certificate,)))
CAMERA = Signer.of(AGENCY)
WHOLE = parcel(media(), CAMERA, AGENCY)
OTHER = parcel(media(), CAMERA, AGENCY, 2)
_JUDGED = re.compile(
    r"custody|.* (was left out|was put in later|is not what was put in)$"
)
_REASON = re.compile(r"^(custody: act \d+|custody): .*")


@pytest.fixture(scope="module")
def twin(node: Path) -> Generator[Twin]:
    with running(node) as one:
        yield one


def plain(wrong: str) -> str:
    """Leave out why a parser refused; what a rule says stays."""
    return _REASON.sub(r"\1", wrong)


def agrees(twin: Twin, data: bytes, trust: Trust = TRUST) -> list[str] | None:
    """Judge custody and parts with both; None when neither opens the package."""
    view, recording = memoryview(data), WHOLE.made.genesis.recording
    found = twin.custody(data, recording, trust)
    try:
        opened = package.open_package(io.BytesIO(data))
    except MalformedError:
        assert found == {"refused": True}
        return None
    report = judge(memoryview(WHOLE.made.clear), trust, NOON_MS)
    assert report.chain is not None
    stored = None
    if package.SEALED in opened.names:
        part = opened.part(view, package.SEALED)
        stored = len(part), sha256_of(part)
    ours = judge_parts(Parts(opened.small, stored), report.chain, trust)
    wrong = [plain(one) for one in ours.wrong if _JUDGED.match(one)]
    assert found["vouched"] == ours.vouched
    assert found["acts"] == [
        [one.number, {str(n): t for n, t in one.texts.items()}, list(one.hidden)]
        for one in ours.acts
    ]
    assert plain_all(found["wrong"]) == wrong
    return wrong


def plain_all(found: object) -> list[str]:
    """Read the reasons that the second verifier gave."""
    assert isinstance(found, str)
    return [plain(one) for one in found.splitlines()]


def test_both_find_a_whole_package_whole(twin: Twin) -> None:
    assert agrees(twin, WHOLE.data) == []
    assert agrees(twin, WHOLE.data, Trust((AGENCY.certificate,))) == []


@pytest.mark.parametrize("name", sorted(WHOLE.small))
def test_both_find_a_part_that_was_changed_dropped_or_swapped(
    twin: Twin, name: str
) -> None:
    kept = WHOLE.small[name]
    for part in (None, OTHER.small[name], kept + b" ", kept[:-1], b""):
        agrees(twin, WHOLE.of({name: part}))
    if name not in package.PROVE_THEMSELVES:
        assert agrees(twin, WHOLE.of({name: None})) == [f"{name} was left out"]


@given(st.integers(0, 8 * len(WHOLE.data) - 1))
def test_both_judge_a_flipped_bit_of_a_package_alike(twin: Twin, bit: int) -> None:
    data = bytearray(WHOLE.data)
    data[bit // 8] ^= 1 << bit % 8
    agrees(twin, bytes(data))


@given(st.data())
def test_both_judge_a_flipped_bit_of_custody_alike(
    twin: Twin, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from((package.CUSTODY, package.CHECKPOINT)))
    raw = bytearray(WHOLE.small[name])
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    agrees(twin, WHOLE.of({name: bytes(raw)}))


def test_a_browser_that_cannot_check_a_log_accuses_nobody(node: Path) -> None:
    recording = WHOLE.made.genesis.recording
    with running(node, "old") as old:
        found = old.custody(WHOLE.data, recording, TRUST)
    assert (found["vouched"], found["wrong"]) == (False, "")
    assert found["notes"] == [
        "this browser cannot check a log's signatures: use a newer one"
    ]
