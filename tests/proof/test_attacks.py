"""A small recording, attacked at every place; sampled here, whole under `deep`."""

import itertools
from collections.abc import Callable, Iterable, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import utils
from hypothesis import given
from hypothesis import strategies as st

from lapel.crypto.seal import wrap
from lapel.proof.recording import Keys, judge
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.sim.forge import (
    NOON_MS,
    Made,
    Signer,
    Story,
    authority,
    make,
    replace_part,
)
from lapel.wire import cose
from lapel.wire.boxes import children, uuid_box
from tests.golden import media
from tests.proof.test_verdicts import EVIDENCE, SEAL

AGENCY = authority()
TRUST = Trust((AGENCY.certificate,))
CAMERA = Signer.of(AGENCY)


def ending_in_no_zero() -> Made:
    """A recording whose last byte is not what a power cut may leave: a zero.

    Nor is it one flipped bit away from that: `not-closed` is then the right verdict.
    """
    for number in range(100):
        made = make(media(), CAMERA, Story(recording=bytes((number,)) * 16))
        if min(end.bit_count() for end in (made.clear[-1], made.sealed(SEAL)[-1])) > 1:
            return made
    raise AssertionError


MADE = ending_in_no_zero()
DATA = MADE.clear
KEPT = MADE.sealed(SEAL)
KEYS = Keys((EVIDENCE,), wrap(SEAL, MADE.genesis.recording, [EVIDENCE.public]).encode())
ENDS = list(itertools.accumulate(len(part) for part in MADE.parts))
"""Ends of the parts: GENESIS, three units, END."""
HEADER = len(KEPT) - ENDS[-1] - 28 * len(MADE.parts)
FRAMES = [HEADER, *(HEADER + end + 28 * i for i, end in enumerate(ENDS, start=1))]
"""Ends of the header and of the frames, each 28 bytes longer than its part."""


def of(data: bytes) -> tuple[Verdict, int]:
    report = judge(memoryview(data), TRUST, NOON_MS)
    return report.verdict, report.extent.size


def of_sealed(data: bytes) -> tuple[Verdict, int]:
    report = judge(memoryview(data), TRUST, NOON_MS, keys=KEYS)
    return report.verdict, report.extent.size


def good_before(place: int) -> int:
    """End of the last whole part before a place."""
    return max((end for end in ENDS if end <= place), default=0)


def check_flip(bit: int) -> None:
    data = bytearray(DATA)
    data[bit // 8] ^= 1 << bit % 8
    verdict, size = of(bytes(data))
    assert verdict is Verdict.TAMPERED
    assert size == good_before(bit // 8)


def check_cut(size: int) -> None:
    verdict, good = of(DATA[:size])
    assert good == good_before(size)
    if size == len(DATA):
        assert verdict is Verdict.AUTHENTIC
    elif size >= ENDS[0]:
        assert verdict is Verdict.NOT_CLOSED
    else:
        assert verdict is (Verdict.UNREADABLE if size < 8 else Verdict.UNSIGNED)


def check_zeroed(size: int) -> None:
    """A power cut that left zeros: never tampering, never more than was good."""
    verdict, good = of(DATA[:size] + bytes(len(DATA) - size))
    if size == len(DATA):
        return
    if size < ENDS[0]:
        assert verdict in {Verdict.UNREADABLE, Verdict.UNSIGNED, Verdict.TAMPERED}
        assert good == 0
        return
    whole = DATA[size:].rstrip(b"\0") == b""
    assert verdict is (Verdict.AUTHENTIC if whole else Verdict.NOT_CLOSED)
    assert whole or good >= good_before(size)


def check_sealed_flip(bit: int) -> None:
    data = bytearray(KEPT)
    data[bit // 8] ^= 1 << bit % 8
    verdict, size = of_sealed(bytes(data))
    inside = bit // 8 >= FRAMES[0]
    assert verdict is (Verdict.TAMPERED if inside else Verdict.UNREADABLE)
    assert size == max((end for end in FRAMES[1:] if end <= bit // 8), default=0)


def check_sealed_cut(size: int) -> None:
    """A cut is never tampering: what was whole is good, the rest is missing."""
    verdict, good = of_sealed(KEPT[:size])
    assert verdict is (Verdict.NOT_CLOSED if size >= FRAMES[1] else Verdict.UNREADABLE)
    assert good == max((end for end in FRAMES[1:] if end <= size), default=0)
    zeroed, kept = of_sealed(KEPT[:size] + bytes(len(KEPT) - size))
    lost = any(KEPT[size:])
    assert zeroed is not Verdict.TAMPERED or size < FRAMES[0]
    assert kept >= good
    assert lost or zeroed is Verdict.AUTHENTIC


@given(st.integers(0, 8 * len(DATA) - 1))
def test_a_flipped_bit_is_tampering(bit: int) -> None:
    check_flip(bit)


@given(st.integers(0, len(DATA)))
def test_a_cut_is_never_tampering_and_never_more_than_was_good(size: int) -> None:
    check_cut(size)
    check_zeroed(size)


@given(st.integers(0, 8 * len(KEPT) - 1))
def test_a_flipped_bit_of_a_sealed_file_is_found(bit: int) -> None:
    check_sealed_flip(bit)


@given(st.integers(0, len(KEPT) - 1))
def test_a_cut_sealed_file_is_not_closed(size: int) -> None:
    check_sealed_cut(size)


@pytest.mark.deep
def test_every_flipped_bit_is_tampering() -> None:
    every(check_flip, range(8 * len(DATA)))


@pytest.mark.deep
def test_every_cut_gets_its_verdict() -> None:
    every(check_cut, range(len(DATA) + 1))
    every(check_zeroed, range(len(DATA) + 1))


@pytest.mark.deep
def test_every_flipped_bit_of_a_sealed_file_is_found() -> None:
    every(check_sealed_flip, range(8 * len(KEPT)))


@pytest.mark.deep
def test_every_cut_of_a_sealed_file_is_found() -> None:
    every(check_sealed_cut, range(len(KEPT)))


def every(check: Callable[[int], None], places: Iterable[int]) -> None:
    for place in places:
        check(place)


BOXES = [DATA[box.start : box.end] for box in children(DATA, 0, len(DATA))]
OTHER = make(media(), CAMERA, Story(recording=b"\xff" * 16))
STRANGER = make(media(), Signer.of(AGENCY))


def arrangements() -> Iterable[tuple[str, bytes]]:
    """Every drop, duplicate and swap of boxes; splices with other recordings."""
    count = len(BOXES)
    for i in range(count):
        yield f"drop {i}", b"".join((*BOXES[:i], *BOXES[i + 1 :]))
        yield f"twice {i}", b"".join((*BOXES[: i + 1], *BOXES[i:]))
        for j in range(i + 1, count):
            boxes = list(BOXES)
            boxes[i], boxes[j] = boxes[j], boxes[i]
            yield f"swap {i} {j}", b"".join(boxes)
    for other, name in ((OTHER, "same camera"), (STRANGER, "other camera")):
        for chosen in itertools.product((MADE, other), repeat=len(MADE.parts)):
            if len({id(made) for made in chosen}) == 2:
                parts = [made.parts[place] for place, made in enumerate(chosen)]
                yield f"splice with {name}", b"".join(parts)
    for part in (*MADE.parts, *OTHER.parts, b"\0", b"junk"):
        yield "append", DATA + part


def test_no_arrangement_of_boxes_passes_for_the_whole() -> None:
    clips: list[bytes] = []
    for name, data in arrangements():
        verdict, size = of(data)
        if data == DATA:
            continue
        assert verdict is not Verdict.AUTHENTIC, name
        if verdict is Verdict.CLIP:
            clips.append(data)
        else:
            allowed = {Verdict.TAMPERED, Verdict.NOT_CLOSED, Verdict.UNSIGNED}
            assert verdict in allowed or size == 0, name
    assert all(is_clip(data) for data in clips)


def is_clip(data: bytes) -> bool:
    """Whether data is GENESIS and consecutive whole units of the recording."""
    parts: Sequence[bytes] = MADE.parts
    tails = [b"".join(parts[i:j]) for i in range(2, 5) for j in range(i + 1, 6)]
    return data in [parts[0] + tail for tail in tails]


SPLIT = [KEPT[start:end] for start, end in itertools.pairwise([0, *FRAMES])]
OTHER_KEPT = OTHER.sealed(SEAL)
OTHER_SPLIT = [OTHER_KEPT[a:b] for a, b in itertools.pairwise([0, *FRAMES])]


def rearranged() -> Iterable[tuple[str, bytes]]:
    """Every drop, duplicate and swap of frames; splices; what is appended."""
    count = len(SPLIT)
    for i in range(1, count):
        if i < count - 1:
            yield f"drop {i}", b"".join((*SPLIT[:i], *SPLIT[i + 1 :]))
        yield f"twice {i}", b"".join((*SPLIT[: i + 1], *SPLIT[i:]))
        foreign = (*SPLIT[:i], OTHER_SPLIT[i], *SPLIT[i + 1 :])
        if not foreign[-1].endswith(b"\0"):
            yield f"foreign {i}", b"".join(foreign)
        for j in range(i + 1, count):
            frames = list(SPLIT)
            frames[i], frames[j] = frames[j], frames[i]
            yield f"swap {i} {j}", b"".join(frames)
    for tail in (b"\0", b"junk", *SPLIT, bytes(100)):
        yield "append", KEPT + tail


def test_no_arrangement_of_frames_is_good() -> None:
    for name, data in rearranged():
        assert of_sealed(data)[0] is Verdict.TAMPERED, name
    foreign = OTHER_SPLIT[0] + b"".join(SPLIT[1:])
    assert of_sealed(foreign)[0] is Verdict.UNREADABLE


def check_resigned(place: int) -> None:
    """A document that its own camera signs again, or that says it otherwise."""
    part = MADE.parts[place]
    (*_, last) = children(part, 0, len(part))
    kind = (
        "genesis" if place == 0 else "end" if place == len(MADE.parts) - 1 else "link"
    )
    document = cose.parse(kind, part[last.start + 24 :])
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    high = order - int.from_bytes(document.signature[32:], "big")
    high_s = document.signature[:32] + high.to_bytes(32, "big")
    der = utils.encode_dss_signature(
        int.from_bytes(document.signature[:32], "big"),
        int.from_bytes(document.signature[32:], "big"),
    )
    stranger = STRANGER.signer.key
    for signature in (high_s, der, stranger.sign(document.to_be_signed(kind))):
        if signature.endswith(b"\0"):
            continue  # ends like one that a power cut left
        raw = cose.assemble(document.protected, document.payload, signature)
        changed = part[: last.start] + uuid_box(part[last.payload :][:16], raw)
        verdict, size = of(replace_part(MADE.parts, place, changed))
        assert (verdict, size) == (Verdict.TAMPERED, ([0, *ENDS])[place])


@pytest.mark.parametrize("place", range(5))
def test_a_signature_written_otherwise_is_tampering(place: int) -> None:
    check_resigned(place)
