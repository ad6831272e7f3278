"""Packages whose parts were changed, left out, doubled or swapped: each is named."""

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.crypto.digest import sha256
from lapel.crypto.note import LogKey
from lapel.crypto.revocation import make_list
from lapel.proof import enclosed_report, package
from lapel.proof.enclosed import Enclosed, Parts, Whole, anchors_in, judge_parts
from lapel.proof.extract import CustodyExtract, SaltedText
from lapel.proof.journal import split
from lapel.proof.recording import judge
from lapel.proof.trust import Trust
from lapel.sim.forge import NOON_MS, Signer, authority
from lapel.wire.custody import Checkpoint
from tests.golden import media
from tests.proof.parcel import Parcel, parcel
from tests.proof.server import LOG, believing

AGENCY = authority()
TRUST = believing(Trust((AGENCY.certificate,)))
CAMERA = Signer.of(AGENCY)
GOOD = parcel(media(), CAMERA, AGENCY)
OTHER = parcel(media(), CAMERA, AGENCY, number=2)
NAMED = sorted(GOOD.small.keys() - {package.CUSTODY, package.CHECKPOINT})


def enclosed(data: bytes, trust: Trust = TRUST) -> Enclosed:
    opened = package.open_package(io.BytesIO(data))
    chain = judge(opened.media(memoryview(data)), trust, NOON_MS).chain
    assert chain is not None
    return judge_parts(Parts(opened.small), chain, trust)


def wrong(changes: dict[str, bytes | None]) -> list[str]:
    return enclosed(GOOD.of(changes)).wrong


def test_a_whole_package_is_as_the_log_says() -> None:
    found = enclosed(GOOD.data)
    assert (found.code, found.wrong, found.notes) == (Whole.WHOLE, [], [])
    assert [one.number for one in found.acts] == [1, 3, 4]
    assert found.acts[1].texts == {0: "192.0.2.7", 1: "A. Okafor", 2: "sergeant"}
    assert found.acts[1].hidden == (3,)
    assert found.entries == 3
    text = "\n".join(line.text for line in enclosed_report.lines(found))
    assert "text: no longer kept" in text
    assert "It does not say what was done with the recording after act 4." in text


def test_without_a_log_key_nobody_says_that_it_was_made_so() -> None:
    found = enclosed(GOOD.data, Trust((AGENCY.certificate,)))
    assert found.code is Whole.UNPROVEN
    assert found.wrong == []
    assert "no log key that you trust" in found.notes[0]


@pytest.mark.parametrize("name", NAMED)
def test_a_part_that_was_left_out_is_named(name: str) -> None:
    assert f"{name} was left out" in wrong({name: None})


@pytest.mark.parametrize("name", NAMED)
def test_a_part_that_was_changed_is_named(name: str) -> None:
    data = bytearray(GOOD.small[name])
    data[len(data) // 2] ^= 1
    assert f"{name} is not what was put in" in wrong({name: bytes(data)})


@pytest.mark.parametrize("name", sorted(GOOD.small))
def test_a_part_of_another_package_is_named(name: str) -> None:
    taken = OTHER.small[name]
    same = taken == GOOD.small[name]
    assert bool(wrong({name: taken})) is not same


@pytest.mark.parametrize("name", [package.CUSTODY, package.CHECKPOINT])
def test_custody_without_its_checkpoint_is_wrong(name: str) -> None:
    (said,) = wrong({name: None})
    assert "without its checkpoint" in said


def test_a_package_without_custody_says_so() -> None:
    found = enclosed(GOOD.of({package.CUSTODY: None, package.CHECKPOINT: None}))
    assert found.code is Whole.UNPROVEN
    assert found.wrong == []
    assert "nothing says who had the recording" in found.notes[0]


def test_a_part_that_was_put_in_later_is_named() -> None:
    assert "clip was put in later" in wrong({package.CLIP: b""})


Change = Callable[[CustodyExtract], CustodyExtract]


def without(*places: int) -> Change:
    def change(read: CustodyExtract) -> CustodyExtract:
        kept = [act for place, act in enumerate(read.acts) if place not in places]
        return replace(read, acts=tuple(kept))

    return change


def ordered(*places: int) -> Change:
    return lambda read: replace(read, acts=tuple(read.acts[one] for one in places))


def retold(text: str, salt: bytes = bytes(range(16))) -> Change:
    def change(read: CustodyExtract) -> CustodyExtract:
        first, second, third = read.acts
        said = {**second.texts, 1: SaltedText(salt, text)}
        return replace(read, acts=(first, replace(second, texts=said), third))

    return change


def renumbered(read: CustodyExtract) -> CustodyExtract:
    first, second, third = read.acts
    return replace(read, acts=(first, replace(second, number=2), third))


def invented(read: CustodyExtract) -> CustodyExtract:
    first, second, third = read.acts
    leaf = second.leaf.replace(b"watched", b"viewed!")
    return replace(read, acts=(first, replace(second, leaf=leaf), third))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without(1), "2 acts stand before this package, 1 are here"),
        (without(0), "2 acts stand before this package, 1 are here"),
        (without(2), "does not end with the making of a package"),
        (without(0, 1, 2), "no act on this recording"),
        (ordered(1, 0, 2), "out of order"),
        (ordered(0, 1, 1, 2), "out of order"),
        (retold("B. Okafor"), "act 3: text 1 is not what was logged"),
        (retold("A. Okafor", bytes(16)), "act 3: text 1 is not what was logged"),
        (renumbered, "act 2: an inclusion proof"),
        (invented, "act 3: an inclusion proof"),
    ],
    ids=[
        "middle",
        "first",
        "last",
        "all",
        "order",
        "twice",
        "text",
        "salt",
        "number",
        "leaf",
    ],
)
def test_custody_that_was_changed_is_wrong(change: Change, said: str) -> None:
    data = change(GOOD.extract()).encode()
    assert any(said in one for one in wrong({package.CUSTODY: data}))


def test_acts_on_another_recording_are_refused() -> None:
    acts = (*GOOD.extract().acts, *OTHER.extract().acts)
    note = OTHER.small[package.CHECKPOINT]
    found = wrong(
        {
            package.CUSTODY: CustodyExtract(acts).encode(),
            package.CHECKPOINT: note,
        }
    )
    assert any("on something else than this recording" in one for one in found)


def test_a_checkpoint_whose_signature_was_changed_is_wrong() -> None:
    note = GOOD.small[package.CHECKPOINT].decode()
    other = LogKey.generate(LOG.name).sign(Checkpoint.parse(note_body(note)))
    line, forged = note.splitlines()[-1], other.splitlines()[-1]
    changed = note[:-10] + ("A" if note[-10] != "A" else "B") + note[-9:]
    assert any(
        "signature does not fit" in one
        for one in wrong({package.CHECKPOINT: changed.encode()})
    )
    found = enclosed(GOOD.of({package.CHECKPOINT: note.replace(line, forged).encode()}))
    assert found.code is Whole.UNPROVEN


def note_body(note: str) -> bytes:
    return (note.partition("\n\n")[0] + "\n").encode()


def entries(*places: int) -> bytes:
    cut = list(split(GOOD.small[package.JOURNAL]))
    return b"".join(cut[place] for place in places)


@pytest.mark.parametrize(
    ("journal", "said"),
    [
        (entries(0, 2), "does not follow"),
        (entries(1, 0, 2), "does not"),
        (entries(0, 1), "does not hold the closing entry"),
        (entries(0, 1, 2, 2), "does not follow"),
        (entries(0, 1, 2) + b"x", "whole entries"),
        (OTHER.small[package.JOURNAL], "does not begin with the entry"),
    ],
)
def test_a_journal_that_was_changed_is_wrong(journal: bytes, said: str) -> None:
    found = wrong({package.JOURNAL: journal})
    assert any(one.startswith("journal.cose: ") and said in one for one in found)


def test_anchors_of_the_journal_are_held_against_the_recording() -> None:
    (anchor,) = anchors_in(GOOD.small[package.JOURNAL])
    assert anchor == entries(1)
    assert anchors_in(b"junk") == ()


def test_a_list_that_no_ca_at_hand_signed_is_wrong() -> None:
    lists = make_list(authority(), (), NOON_MS).to_pem()
    found = wrong({package.REVOCATIONS: lists})
    assert "revocations.pem: a list that no CA at hand signed" in found


def test_certificates_that_do_not_stand_above_the_signer_are_wrong() -> None:
    found = wrong({package.CERTIFICATES: authority().certificate.to_pem()})
    assert "certificates.pem: none of them stands above the signer" in found


def test_a_sealed_file_must_be_what_the_closing_entry_names() -> None:
    data = GOOD.data
    chain = judge(memoryview(GOOD.made.clear), TRUST, NOON_MS).chain
    assert chain is not None
    opened = package.open_package(io.BytesIO(data))
    parts = Parts(opened.small, (3, sha256(b"abc")))
    found = judge_parts(parts, chain, TRUST).wrong
    assert "recording.sealed was put in later" in found
    assert "recording.sealed is not what the closing entry names" in found


@given(st.binary(max_size=200))
def test_any_bytes_are_an_extract_or_are_refused(data: bytes) -> None:
    try:
        read = CustodyExtract.decode(data)
    except MalformedError:
        return
    assert CustodyExtract.decode(read.encode()) == read


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"format": "1"', '"format": "2"'),
        ('"format": "1"', '"format": 1'),
        ('"number": "1"', '"number": "01"'),
        ('"number": "1"', '"number": 1'),
        ('"number": "1"', '"number": NaN'),
        ('"acts"', '"deeds"'),
        ('"salt": "AAEC', '"salt": "AAE'),
        ('"text": "A.', '"text": "\\ud800'),
    ],
)
def test_an_extract_has_one_form_only(old: str, new: str) -> None:
    text = GOOD.small[package.CUSTODY].decode()
    assert old in text
    with pytest.raises(MalformedError):
        CustodyExtract.decode(text.replace(old, new, 1).encode())


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_no_byte_of_a_package_changes_unnoticed(place: int, change: int) -> None:
    data = bytearray(GOOD.data)
    data[place % len(data)] ^= change
    try:
        found = enclosed(bytes(data))
    except (MalformedError, AssertionError):
        return
    opened = package.open_package(io.BytesIO(data))
    same = opened.small == GOOD.small
    assert bool(found.wrong) is not same


def test_two_packages_of_one_recording_are_told_apart() -> None:
    again: Parcel = parcel(media(), CAMERA, AGENCY)
    assert enclosed(again.data).code is Whole.WHOLE
