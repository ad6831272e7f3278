"""Files made to cost memory or time, or to break the reader; each gets its verdict."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import LapelError, MalformedError
from lapel.crypto import cose
from lapel.crypto.digest import sha256
from lapel.crypto.seal import Sealer
from lapel.proof.chain import BrokenError, Chain
from lapel.proof.journal import (
    GapError,
    beginning,
    follow,
    open_entry,
    whole_entries,
)
from lapel.proof.recording import judge
from lapel.proof.sealed import is_torn_frame
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.sim.forge import NOON_MS, Media, Signer, Story, authority, make
from lapel.wire.boxes import END, LINK, MARKS, Mark, box, emsg, uuid_box
from lapel.wire.journal import Entry, EntryKind
from lapel.wire.recording import End, Link, Reason, Sound
from tests.golden import media

AGENCY = authority()
TRUST = Trust((AGENCY.certificate,))
CAMERA = Signer.of(AGENCY)
MEDIA = media()
MADE = make(MEDIA, CAMERA)


def verdict(data: bytes) -> Verdict:
    return judge(memoryview(data), TRUST, NOON_MS).verdict


def with_unit(unit: bytes) -> bytes:
    """A recording by a trusted camera whose first unit is this one."""
    return make(Media(MEDIA.init, (unit,), (0,)), CAMERA).clear


@pytest.mark.parametrize(
    "unit",
    [
        box(b"emsg", b"") + MEDIA.units[0],
        box(b"emsg", bytes(60)) + MEDIA.units[0],
        emsg(Mark(0, 0, {1: 1})).replace(MARKS, MARKS.swapcase()) + MEDIA.units[0],
        emsg(Mark(0, 0, {1: 1})) + b"",
        box(b"emsg", emsg(Mark(0, 0, {1: 1}))[8:-3] + bytes(9000)) + MEDIA.units[0],
        MEDIA.units[0] + box(b"moof", b""),
        box(b"mdat", b"") + MEDIA.units[0],
        box(b"free", b"") + MEDIA.units[0],
        MEDIA.init + MEDIA.units[0],
        MEDIA.units[0] * 17,
        box(b"moof", b"") + box(b"mdat", b""),
    ],
    ids=range(11),
)
def test_a_signed_unit_outside_the_grammar_is_tampering(unit: bytes) -> None:
    assert verdict(with_unit(MEDIA.units[0])) is Verdict.AUTHENTIC
    assert verdict(with_unit(unit)) is Verdict.TAMPERED


def test_a_unit_may_have_many_marks_and_sixteen_fragments() -> None:
    marks = b"".join(emsg(Mark(0, i, {1: 1})) for i in range(50))
    assert verdict(with_unit(marks + MEDIA.units[0])) is Verdict.AUTHENTIC
    assert verdict(with_unit(MEDIA.units[0] * 16)) is Verdict.AUTHENTIC


GIANT = 1_600_000
BEGIN = MADE.parts[0]


def tails() -> dict[str, Callable[[], bytes]]:
    small = GIANT // 8
    return {
        "a giant LINK": lambda: MEDIA.units[0] + uuid_box(LINK, bytes(GIANT)),
        "empty boxes": lambda: box(b"free", b"") * small,
        "empty boxes and LINK": lambda: box(b"moof", b"") * small + uuid_box(LINK, b""),
        "marks without media": lambda: emsg(Mark(0, 0, {1: 1})) * (GIANT // 60),
        "user types": lambda: box(b"mdat", LINK * (GIANT // 16)),
        "zeros": lambda: bytes(GIANT),
        "beginnings": lambda: box(b"mdat", (LINK + b"\xd2\x84") * (GIANT // 18)),
    }


@pytest.mark.parametrize("name", list(tails()))
def test_a_giant_tail_costs_no_memory(name: str) -> None:
    data = memoryview(BEGIN + tails()[name]())
    tracemalloc.start()
    try:
        report = judge(data, TRUST, NOON_MS)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.extent.size == len(BEGIN)
    assert most < 1 << 19


@pytest.mark.parametrize("kind", [b"trak", b"mvex", b"free"])
def test_a_giant_moov_by_a_stranger_costs_no_memory(kind: bytes) -> None:
    inner = box(kind, box(b"trex", bytes(24)) * 100 if kind == b"mvex" else b"")
    moov = box(b"moov", inner * (1_000_000 // len(inner)))
    signer = Signer.of(authority())
    begin = make(Media(MEDIA.init, (), ()), signer)
    document = begin.parts[0][len(MEDIA.init) :]
    data = memoryview(MEDIA.init[:28] + moov + document)
    tracemalloc.start()
    try:
        with pytest.raises(BrokenError):
            Chain.begin(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1 << 19


@given(st.binary(max_size=300))
def test_any_bytes_behind_a_recording_get_a_verdict(tail: bytes) -> None:
    for before in (b"", BEGIN, b"".join(MADE.parts[:2]), MADE.clear, BEGIN[:1000]):
        report = judge(memoryview(before + tail), TRUST, NOON_MS)
        assert report.extent.size <= len(before)
        assert (report.verdict is Verdict.AUTHENTIC) == (before + tail == MADE.clear)


def test_frames_of_many_overlapping_lengths_are_told_from_a_torn_one() -> None:
    kept = Sealer.start(bytes(16), bytes(32))
    torn = kept.frame(0, bytes(5000))[:4000]
    assert is_torn_frame(memoryview(torn), 0, 0)
    lengths = (17).to_bytes(4, "big") + bytes(25)
    assert not is_torn_frame(memoryview(torn[:12] + lengths * 200), 0, 0)
    altered = (9000).to_bytes(4, "big") + torn[4:] + kept.frame(1, b"next")
    assert not is_torn_frame(memoryview(altered), 0, 0)
    impossible = (1 << 27).to_bytes(4, "big") + torn[4:]
    assert not is_torn_frame(memoryview(impossible), 0, 0)


def entry(kind: EntryKind, more: int = 0, chain: tuple[bytes, ...] = ()) -> bytes:
    prev = beginning(CAMERA.serial).prev
    data = Entry(0, 1, 2, 3, 3, kind, {9: bytes(more)}, prev)
    return cose.sign("journal", data.encode(), CAMERA.key, chain)


def test_only_a_boot_entry_brings_a_key_and_may_be_long() -> None:
    at = beginning(CAMERA.serial)
    key = CAMERA.key.public
    boot = entry(EntryKind.BOOT, 6000, CAMERA.chain)
    (signed,) = follow(iter([boot]), at, None, lambda chain: chain[0].public)
    assert signed.entry.kind is EntryKind.BOOT
    fits = entry(EntryKind.MARKER, 3900)
    assert open_entry(fits, key).raw == fits
    for raw in (entry(EntryKind.MARKER, 6000), entry(EntryKind.STOP, 0, CAMERA.chain)):
        with pytest.raises(MalformedError):
            open_entry(raw, key)
        with pytest.raises(MalformedError):
            list(follow(iter([raw]), at, None, lambda chain: chain[0].public))
        assert whole_entries(fits + raw) == (1, len(fits))
    with pytest.raises(MalformedError):
        entry(EntryKind.BOOT, 7800, CAMERA.chain)


def test_a_link_of_other_numbers_is_tampering_though_signed() -> None:
    made = make(MEDIA, CAMERA, Story(closed=False))
    good = Link(
        made.genesis_hash,
        0,
        made.genesis_hash,
        sha256(MEDIA.units[0]),
        0,
        made.genesis.mono_ms,
        Sound.LIVE,
    )

    def signed(**changes: object) -> Verdict:
        payload = replace(good, **changes).encode()  # type: ignore[arg-type]
        link = uuid_box(LINK, cose.sign("link", payload, CAMERA.key))
        if changes and link.endswith(b"\0"):
            return Verdict.TAMPERED  # ends like one that a power cut left: not tried
        return verdict(made.parts[0] + MEDIA.units[0] + link)

    assert signed() is Verdict.NOT_CLOSED
    for lie in (
        {"genesis": bytes(32)},
        {"prev": bytes(32)},
        {"unit_hash": bytes(32)},
        {"media_ms": 1},
        {"mono_ms": made.genesis.mono_ms - 1},
    ):
        assert signed(**lie) is Verdict.TAMPERED


def test_an_end_of_other_numbers_is_tampering_though_signed() -> None:
    last = MADE.genesis.mono_ms + 3000
    good = End(MADE.genesis_hash, 3, MADE.head, Reason.BUTTON, last, NOON_MS)

    def signed(**changes: object) -> Verdict:
        payload = replace(good, **changes).encode()  # type: ignore[arg-type]
        end = uuid_box(END, cose.sign("end", payload, CAMERA.key))
        if changes and end.endswith(b"\0"):
            return Verdict.TAMPERED  # ends like one that a power cut left: not tried
        return verdict(b"".join((*MADE.parts[:-1], end)))

    assert signed() is Verdict.AUTHENTIC
    for lie in (
        {"genesis": bytes(32)},
        {"links": 2},
        {"links": 4},
        {"prev": bytes(32)},
        {"mono_ms": last - 1},
    ):
        assert signed(**lie) is Verdict.TAMPERED


def test_media_time_must_rise_though_signed() -> None:
    first, second, _ = MEDIA.units
    risen = make(Media(MEDIA.init, (first, second), (0, 1000)), CAMERA)
    assert verdict(risen.clear) is Verdict.AUTHENTIC
    still = make(Media(MEDIA.init, (first, first), (0, 0)), CAMERA)
    report = judge(memoryview(still.clear), TRUST, NOON_MS)
    assert report.verdict is Verdict.TAMPERED
    assert report.reasons[0] == "media time does not rise"
    back = make(Media(MEDIA.init, (second, first), (1000, 0)), CAMERA)
    assert verdict(back.clear) is Verdict.TAMPERED


def test_a_torn_end_has_its_boxes_in_order() -> None:
    unit = MEDIA.units[0]
    moof = unit[: int.from_bytes(unit[:4], "big")]
    link, end = (uuid_box(kind, b"\xd2" * 90)[:60] for kind in (LINK, END))
    for tail in (unit, unit + link, moof, moof[:30], end, unit + moof):
        assert verdict(BEGIN + tail) is Verdict.NOT_CLOSED
    for tail in (link, unit + end, moof + moof[:30], unit[len(moof) :], moof + link):
        assert verdict(BEGIN + tail) is Verdict.TAMPERED


def test_a_journal_s_numbers_rise_by_one_though_the_hashes_fit() -> None:
    boot = entry(EntryKind.BOOT, 0, CAMERA.chain)
    for seq, fits in ((1, True), (2, False)):
        data = Entry(seq, 1, 2, 3, 3, EntryKind.MARKER, {}, sha256(boot))
        raws = [boot, cose.sign("journal", data.encode(), CAMERA.key)]
        walk = follow(iter(raws), beginning("X1234"), None, lambda c: c[0].public)
        if fits:
            assert len(list(walk)) == 2
        else:
            with pytest.raises(GapError):
                list(walk)


def test_errors_of_a_part_are_of_one_kind() -> None:
    for data in (b"", b"\0", bytes(100), MADE.clear, MEDIA.units[0], MADE.parts[1]):
        with pytest.raises(LapelError):
            Chain.begin(data)
