"""The verifier's second copy says what the first one says, of every attack."""

import itertools
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lapel.crypto.certs import YEAR_MS, Role
from lapel.crypto.revocation import Revocation, make_list
from lapel.proof.companions import Companions
from lapel.proof.recording import judge
from lapel.proof.sealed import is_sealed
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.sim.forge import (
    NOON_MS,
    Made,
    Signer,
    Story,
    anchor,
    authority,
    closing,
    make,
)
from lapel.wire.receipt import Received
from lapel.wire.recording import Reason
from tests.golden import Case, each, media, recording, trusted_ca
from tests.proof.server import believing, receipt, told, unopened
from tests.proof.test_attacks import DATA, MADE, TRUST, arrangements
from tests.proof.test_verdicts import LIES, SEAL
from tests.proof.twin import Twin, running

AGENCY = authority()
OURS = Trust((AGENCY.certificate,))
CAMERA = Signer.of(AGENCY)
GOLDEN = recording().expected("file")
RECEIPT = receipt(told(MADE, DATA, NOON_MS - 7))
HOUR = 3_600_000


@pytest.fixture(scope="module")
def twin(node: Path) -> Generator[Twin]:
    with running(node) as one:
        yield one


def test_both_know_the_golden_recording(twin: Twin) -> None:
    report = twin.agrees(GOLDEN, Trust((trusted_ca(),)))
    assert report.verdict is Verdict.AUTHENTIC
    unknown = twin.agrees(GOLDEN, Trust())
    assert unknown.verdict is Verdict.UNKNOWN_SIGNER


@each("tampered")
def test_both_give_golden_attacks_their_verdict(twin: Twin, case: Case) -> None:
    offset, removed, inserted = case.given["edit"]
    data = GOLDEN[:offset] + bytes.fromhex(inserted) + GOLDEN[offset + removed :]
    report = twin.agrees(data, Trust((trusted_ca(),)))
    assert report.verdict.value == case.out["code"]


def test_both_judge_every_arrangement_of_boxes_alike(twin: Twin) -> None:
    found = {twin.agrees(data, TRUST).verdict for _, data in arrangements()}
    assert {Verdict.TAMPERED, Verdict.NOT_CLOSED} <= found


@given(st.integers(0, 8 * len(DATA) - 1))
def test_both_find_a_flipped_bit(twin: Twin, bit: int) -> None:
    data = bytearray(DATA)
    data[bit // 8] ^= 1 << bit % 8
    assert twin.agrees(bytes(data), TRUST).verdict is Verdict.TAMPERED


@given(st.integers(0, len(DATA)))
def test_both_judge_a_cut_and_its_zeros_alike(twin: Twin, size: int) -> None:
    twin.agrees(DATA[:size], TRUST)
    twin.agrees(DATA[:size] + bytes(len(DATA) - size), TRUST)


EDITS = st.lists(
    st.tuples(
        st.integers(0, len(DATA)),
        st.integers(0, 40),
        st.one_of(st.binary(max_size=24), st.sampled_from(MADE.parts)),
    ),
    min_size=1,
    max_size=3,
)


@given(EDITS)
def test_both_judge_any_mutation_alike(
    twin: Twin, edits: list[tuple[int, int, bytes]]
) -> None:
    data = DATA
    for place, removed, inserted in edits:
        data = data[:place] + inserted + data[place + removed :]
    twin.agrees(data, TRUST)


@given(st.binary(max_size=200))
def test_both_refuse_what_is_no_recording(twin: Twin, data: bytes) -> None:
    assume(not is_sealed(data))
    assert twin.agrees(data, TRUST).verdict.exit_code == 2


def test_both_name_a_box_out_of_its_place_alike(twin: Twin) -> None:
    first = len(MADE.parts[0])
    for kind in (b"uuid", b"'\"\\\n", b"\xff\0ab", b"mdat"):
        box = (12).to_bytes(4, "big") + kind + b"abcd"
        twin.agrees(DATA[:first] + box + DATA[first:], TRUST)


def signers() -> Iterable[tuple[str, Made, Trust, int]]:
    """Recordings by whom one may or may not trust."""
    for role in Role:
        made = make(media(), Signer.of(AGENCY, role=role))
        yield f"role {role.name}", made, OURS, NOON_MS
    names: list[dict[str, object]] = [{"serial": "X9999"}, {"model": "flex2"}]
    for change in names:
        yield "names", make(media(), CAMERA, Story(changes=change)), OURS, NOON_MS
    early = make(media(), CAMERA, Story(start_ms=NOON_MS - 3 * YEAR_MS))
    unset = make(media(), CAMERA, Story(start_ms=0, clock=0))
    yield "early", early, OURS, NOON_MS
    yield "clock unset", unset, OURS, NOON_MS
    yield "late", unset, OURS, NOON_MS + 20 * YEAR_MS
    made = make(media(), CAMERA)
    yield "another CA", made, Trust((authority().certificate,)), NOON_MS
    yield "one of two CAs", made, TRUST.and_(OURS), NOON_MS
    report = judge(memoryview(made.clear), OURS, NOON_MS)
    assert report.chain is not None
    number = report.chain.certificates[0].number
    for ca, revoked, invalid in (
        (AGENCY, NOON_MS - HOUR, NOON_MS - HOUR),
        (AGENCY, NOON_MS + HOUR, NOON_MS - 2 * HOUR),
        (AGENCY, NOON_MS + HOUR, NOON_MS),
        (authority(), 0, 0),
    ):
        listed = make_list(ca, [Revocation(number, revoked, invalid)], NOON_MS)
        trust = Trust((AGENCY.certificate,), revocations=(listed,))
        yield "revoked", made, trust, NOON_MS


def test_both_trust_the_same_signers(twin: Twin) -> None:
    found = [
        twin.agrees(made.clear, trust, now_ms=now_ms).verdict
        for _, made, trust, now_ms in signers()
    ]
    assert found.count(Verdict.AUTHENTIC) == 5


@pytest.mark.parametrize("closed", [True, False])
def test_both_hold_closing_entries_against_the_recording(
    twin: Twin, *, closed: bool
) -> None:
    made = make(media(), CAMERA, Story(closed=closed))
    bare: dict[str, object] = {"genesis": None, "links": None, "head": None}
    reasons: list[dict[str, object]] = [{"reason": reason} for reason in Reason]
    lies: list[dict[str, object]] = [{}, {"frames": 3}, {"frames": 99}, *LIES, *reasons]
    lies += [{**bare, **lie} for lie in lies if not bare.keys() & lie.keys()]
    files = [b"".join(made.parts[:end]) for end in range(1, len(made.parts) + 1)]
    clips = [made.clear, files[1], made.parts[0] + b"".join(made.parts[2:])]
    kept = made.sealed(SEAL)
    for lie, locked in itertools.product(lies, (False, True)):
        stored = kept if locked else made.clear
        entry = closing(made, stored, sealed=locked, **lie)
        for data in (made.clear, files[-2], made.clear + b"\0"):
            twin.agrees(data, OURS, Companions(entry))
        for data in clips:
            twin.agrees(data, OURS, Companions(entry, clip=True))


def test_both_hold_anchors_against_the_recording(twin: Twin) -> None:
    other = make(media(), Signer.of(AGENCY))
    same = make(media(), CAMERA, Story(recording=b"\xfe" * 16))
    for made in (make(media(), CAMERA), make(media(), CAMERA, Story(closed=False))):
        anchors = [anchor(made, links) for links in range(4)]
        anchors += [anchor(made, 1, bytes(32)), anchor(made, 9, bytes(32))]
        anchors += [anchor(other, 2), anchor(same, 2), b"junk", b""]
        anchors.append(closing(made, made.clear, sealed=False))
        for raw, end in itertools.product(anchors, range(1, len(made.parts) + 1)):
            data = b"".join(made.parts[:end])
            twin.agrees(data, OURS, Companions(anchors=(raw,)))
        late = made.parts[0] + b"".join(made.parts[2:])
        for raw in anchors:
            twin.agrees(late, OURS, Companions(anchors=(raw,)))


def lies(honest: Received) -> list[Received]:
    """What a server might say otherwise, each in one field."""
    return [
        honest,
        replace(honest, recording=bytes(16)),
        replace(honest, serial="X1"),
        replace(honest, length=7),
        replace(honest, sha256=bytes(32)),
        replace(honest, genesis=bytes(32)),
        replace(honest, links=2),
        replace(honest, links=9),
        replace(honest, head=bytes(32)),
        replace(honest, received_ms=NOON_MS - 9 * YEAR_MS),
    ]


def test_both_hold_receipts_against_the_recording(twin: Twin) -> None:
    made = make(media(), CAMERA)
    trust = believing(OURS)
    honest = told(made, made.clear, NOON_MS - 7)
    assert (
        len(
            twin.agrees(
                made.clear,
                trust,
                Companions(receipts=(receipt(honest), receipt(honest))),
            ).receipts
        )
        == 2
    )
    for lie in lies(honest):
        for raw in (receipt(lie), receipt(unopened(lie))):
            for data in (made.clear, b"".join(made.parts[:2])):
                twin.agrees(data, trust, Companions(receipts=(raw, b"junk")))
                twin.agrees(data, trust, Companions(receipts=(raw,), clip=True))
    for raw in (receipt(honest, "recording.viewed"), receipt(honest)):
        for believed in (OURS, trust, replace(trust, logs=())):
            twin.agrees(made.clear, believed, Companions(receipts=(raw,)))


@given(st.data())
def test_both_find_a_flipped_bit_in_a_receipt(twin: Twin, data: st.DataObject) -> None:
    raw = bytearray(RECEIPT)
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    given_beside = Companions(receipts=(bytes(raw),))
    assert not twin.agrees(DATA, believing(TRUST), given_beside).receipts


def test_both_call_a_closing_entry_by_another_key_tampering(twin: Twin) -> None:
    made, other = make(media(), CAMERA), make(media(), Signer.of(AGENCY))
    foreign = closing(other, made.clear, sealed=False)
    for entry in (foreign, anchor(made, 1), b"", b"\xd2\x84", made.parts[0]):
        report = twin.agrees(made.clear, OURS, Companions(entry))
        assert report.verdict is Verdict.TAMPERED


def test_a_sealed_file_is_left_to_who_has_its_key(twin: Twin) -> None:
    made = make(media(), CAMERA)
    kept = made.sealed(SEAL)
    for data in (kept, kept[:9], kept[:40], kept + b"\0"):
        found = twin.judge(data, OURS, NOON_MS, Companions())
        said = judge(memoryview(data), OURS, NOON_MS).verdict
        assert found["verdict"] == said.value == "unreadable"
        assert found["exit"] == said.exit_code
