"""Who signed, and when it was proved: receipts, revocations, chains, hostile leaves."""

from dataclasses import replace

import pytest

from lapel.crypto.certs import Certificate, Issuer
from lapel.crypto.keys import PrivateKey
from lapel.crypto.revocation import Revocation, make_list
from lapel.crypto.seal import Sealer, wrap
from lapel.proof import report as reports
from lapel.proof.companions import Companions
from lapel.proof.recording import Keys, Report, judge
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
    journal_entry,
    make,
)
from lapel.wire.journal import EntryKind
from lapel.wire.recording import Reason
from tests.crypto.certificates import Odd, ca, issue
from tests.golden import media
from tests.proof.server import believing, receipt, told, unopened

HOUR = 3_600_000
AGENCY = authority()
TRUST = believing(Trust((AGENCY.certificate,)))
CAMERA = Signer.of(AGENCY)
MADE = make(media(), CAMERA, Story(start_ms=NOON_MS - 10 * HOUR))


def verdict(data: bytes, companions: Companions, trust: Trust = TRUST) -> Report:
    return judge(memoryview(data), trust, NOON_MS, companions)


def revoking(revoked: int, invalid: int, made: Made = MADE) -> Trust:
    chain = judge(memoryview(made.clear), TRUST, NOON_MS).chain
    assert chain is not None
    item = Revocation(chain.certificates[0].number, revoked, invalid)
    return replace(TRUST, revocations=(make_list(AGENCY, [item], NOON_MS),))


def test_an_early_receipt_keeps_good_what_was_revoked_later() -> None:
    trust = revoking(NOON_MS - HOUR, NOON_MS - HOUR)
    early = receipt(told(MADE, MADE.clear, NOON_MS - 2 * HOUR))
    late = receipt(told(MADE, MADE.clear, NOON_MS - HOUR + 1000))
    for given, expected in (
        ((), Verdict.UNKNOWN_SIGNER),
        ((late,), Verdict.UNKNOWN_SIGNER),
        ((late, early), Verdict.AUTHENTIC),
    ):
        report = verdict(MADE.clear, Companions(receipts=given), trust)
        assert report.verdict is expected
    report = verdict(MADE.clear, Companions(receipts=(early, late)), trust)
    assert report.proof_ms == NOON_MS - 2 * HOUR
    assert any("stays good" in reason for reason in report.reasons)


def test_a_revocation_at_the_very_proof_time_is_not_before_it() -> None:
    at = Companions(receipts=(receipt(told(MADE, MADE.clear, NOON_MS - HOUR)),))
    good = revoking(NOON_MS - HOUR, MADE.genesis.start_ms)
    assert verdict(MADE.clear, at, good).verdict is Verdict.AUTHENTIC
    bad = revoking(NOON_MS - HOUR, MADE.genesis.start_ms - 1000)
    assert verdict(MADE.clear, at, bad).verdict is Verdict.UNKNOWN_SIGNER


def test_a_receipt_proves_the_time_of_its_own_recording_only() -> None:
    """A thief of a revoked key must not borrow an older recording's receipt."""
    trust = revoking(NOON_MS - HOUR, NOON_MS - HOUR)
    old = make(media(), CAMERA, Story(recording=b"\1" * 16))
    borrowed = receipt(told(old, old.clear, NOON_MS - 2 * HOUR))
    report = verdict(MADE.clear, Companions(receipts=(borrowed,)), trust)
    assert report.verdict is Verdict.UNKNOWN_SIGNER
    assert (report.proof_ms, report.receipts) == (NOON_MS, ())
    assert any("another recording" in reason for reason in report.reasons)


def test_a_receipt_given_unopened_proves_these_very_bytes_only() -> None:
    trust = revoking(NOON_MS - HOUR, NOON_MS - HOUR)
    early = unopened(told(MADE, MADE.clear, NOON_MS - 2 * HOUR))
    fits = Companions(receipts=(receipt(early),))
    assert verdict(MADE.clear, fits, trust).verdict is Verdict.AUTHENTIC
    other = Companions(receipts=(receipt(replace(early, length=1)),))
    report = verdict(MADE.clear, other, trust)
    assert report.verdict is Verdict.UNKNOWN_SIGNER
    assert any("other bytes" in reason for reason in report.reasons)


LIES: list[tuple[dict[str, object], Verdict]] = [
    ({"genesis": bytes(32)}, Verdict.TAMPERED),
    ({"head": bytes(32)}, Verdict.TAMPERED),
    ({"links": 2}, Verdict.TAMPERED),
    ({"links": 4, "head": bytes(32)}, Verdict.TAMPERED),
    ({"serial": "X9999"}, Verdict.TAMPERED),
    ({"recording": bytes(16)}, Verdict.AUTHENTIC),
]


@pytest.mark.parametrize(("lie", "expected"), LIES, ids=range(len(LIES)))
def test_a_receipt_that_names_another_chain_is_held_against_it(
    lie: dict[str, object], expected: Verdict
) -> None:
    honest = told(MADE, MADE.clear, NOON_MS - HOUR)
    lying = receipt(replace(honest, **lie))  # type: ignore[arg-type]
    report = verdict(MADE.clear, Companions(receipts=(lying,)))
    assert report.verdict is expected
    assert report.receipts == ()


def test_a_receipt_shows_what_is_missing_and_bounds_a_clip() -> None:
    given = Companions(receipts=(receipt(told(MADE, MADE.clear, NOON_MS - HOUR)),))
    cut = b"".join(MADE.parts[:3])
    assert verdict(cut, given).verdict is Verdict.SHORTENED
    clip = MADE.parts[0] + MADE.parts[2]
    report = verdict(clip, given)
    assert (report.verdict, len(report.receipts)) == (Verdict.CLIP, 1)
    short = replace(told(MADE, MADE.clear, NOON_MS), links=1, head=MADE.heads[0])
    fewer = Companions(receipts=(receipt(short),))
    assert verdict(clip, fewer).verdict is Verdict.TAMPERED


def test_a_receipt_that_does_not_hold_proves_nothing_and_is_reported() -> None:
    honest = told(MADE, MADE.clear, NOON_MS - HOUR)
    good = receipt(honest)
    flipped = good[:-1] + bytes((good[-1] ^ 1,))
    for raw in (flipped, b"junk", receipt(honest, "item.view")):
        report = verdict(MADE.clear, Companions(receipts=(raw,)))
        assert (report.verdict, report.receipts) == (Verdict.AUTHENTIC, ())
        assert any("proves nothing" in reason for reason in report.reasons)
    strict = Trust((AGENCY.certificate,))
    report = verdict(MADE.clear, Companions(receipts=(good,)), strict)
    assert report.proof_ms == NOON_MS
    assert any("proves nothing" in reason for reason in report.reasons)


def below(*authorities: Issuer, roles: tuple[int, ...] = (1,)) -> Signer:
    """A camera below the first of these CAs; its chain carries all but the last."""
    key = PrivateKey.generate()
    leaf = issue(
        authorities[0], key.public, Odd("X1234", None, roles), authorities[0].key
    )
    inner = [one.certificate.der for one in authorities[:-1]]
    return Signer("X1234", "body2", key, (leaf, *inner))


def judged(signer: Signer, root: Issuer) -> Verdict:
    made = make(media(), signer)
    return verdict(made.clear, Companions(), Trust((root.certificate,))).verdict


def test_a_chain_leads_through_what_it_carries_to_a_trusted_root() -> None:
    root = ca("Root")
    inner = ca("Inner", root)
    lowest = ca("Lowest", inner)
    for authorities in ((root,), (inner, root), (lowest, inner, root)):
        assert judged(below(*authorities), root) is Verdict.AUTHENTIC
    bare = below(lowest, inner, root)
    assert judged(replace(bare, chain=bare.chain[:2]), root) is Verdict.UNKNOWN_SIGNER
    assert judged(replace(bare, chain=bare.chain[:1]), inner) is Verdict.UNKNOWN_SIGNER
    swapped = (bare.chain[0], bare.chain[2], bare.chain[1])
    assert judged(replace(bare, chain=swapped), root) is Verdict.UNKNOWN_SIGNER


def test_a_ca_has_no_more_cas_below_it_than_it_may() -> None:
    strict, one = ca("Strict", between=0), ca("One", between=1)
    assert judged(below(strict), strict) is Verdict.AUTHENTIC
    assert judged(below(ca("Inner", strict), strict), strict) is Verdict.UNKNOWN_SIGNER
    inner = ca("Inner", one)
    assert judged(below(inner, one), one) is Verdict.AUTHENTIC
    lowest = ca("Lowest", inner)
    assert judged(below(lowest, inner, one), one) is Verdict.UNKNOWN_SIGNER


def test_a_camera_s_own_certificate_issues_no_other() -> None:
    root, key = ca("Root"), PrivateKey.generate()
    der = issue(root, key.public, Odd("X1234", None, (1,)), root.key)
    camera = Issuer(Certificate.from_der(der), key)
    assert judged(below(camera, root), root) is Verdict.UNKNOWN_SIGNER


@pytest.mark.parametrize("roles", [(), (1, 2), (2,), (7,), (1, 1)])
def test_a_leaf_without_exactly_the_role_of_a_camera_signs_no_recording(
    roles: tuple[int, ...],
) -> None:
    root = ca("Root")
    assert judged(below(root, roles=roles), root) is Verdict.UNKNOWN_SIGNER


def test_any_flipped_bit_of_a_leaf_gets_a_report() -> None:
    """The maker of a file chooses its certificate; nothing in one may break us."""
    (der,) = CAMERA.chain
    for place in range(0, 8 * len(der), 5):
        changed = bytearray(der)
        changed[place // 8] ^= 1 << place % 8
        made = make(media(), replace(CAMERA, chain=(bytes(changed),)))
        report = judge(memoryview(made.clear), TRUST, NOON_MS)
        assert report.verdict in {
            Verdict.TAMPERED,
            Verdict.UNKNOWN_SIGNER,
            Verdict.AUTHENTIC,
        }
        assert reports.lines(report)
        assert reports.data(report)


@pytest.mark.parametrize("field", ["start_ms", "mono_ms", "pre_event_ms", "boot"])
def test_absurd_numbers_of_a_signer_are_printed_as_they_are(field: str) -> None:
    most = 0 if field == "mono_ms" else (1 << 64) - 1
    for value in (0, 1 << 40, most):
        made = make(media(), CAMERA, Story(changes={field: value}))
        report = judge(memoryview(made.clear), Trust(), NOON_MS)
        assert report.verdict is Verdict.UNKNOWN_SIGNER
        assert reports.lines(report)


def test_a_clip_is_held_against_its_closing_entry() -> None:
    entry = closing(MADE, MADE.clear, sealed=False)
    clip = MADE.parts[0] + MADE.parts[3]
    assert verdict(clip, Companions(entry)).verdict is Verdict.CLIP
    for lie in ({"genesis": bytes(32)}, {"head": bytes(32)}, {"recording": bytes(16)}):
        changes: dict[str, object] = {**lie}
        entry = closing(MADE, MADE.clear, sealed=False, **changes)
        assert verdict(clip, Companions(entry)).verdict is Verdict.TAMPERED
    bare = verdict(MADE.parts[0], Companions(clip=True))
    assert bare.verdict is Verdict.NOT_CLOSED


def test_a_closing_entry_whose_own_counts_disagree_is_tampering() -> None:
    kept = MADE.sealed(bytes(32))
    entry = closing(MADE, kept, sealed=True, frames=9)
    assert verdict(MADE.clear, Companions(entry)).verdict is Verdict.TAMPERED
    keys = Keys()
    report = judge(memoryview(kept), TRUST, NOON_MS, Companions(entry), keys)
    assert report.verdict is Verdict.UNREADABLE


def test_another_kind_of_entry_closes_nothing() -> None:
    stop = MADE.stop(MADE.clear, sealed=False)
    for kind, expected in (
        (EntryKind.STOP, Verdict.AUTHENTIC),
        (EntryKind.ANCHOR, Verdict.TAMPERED),
    ):
        entry = journal_entry(CAMERA, kind, stop)
        assert verdict(MADE.clear, Companions(entry)).verdict is expected


def test_an_anchor_of_another_recording_of_this_camera_is_left_out() -> None:
    other = make(media(), CAMERA, Story(recording=b"\1" * 16))
    cut = b"".join(MADE.parts[:2])
    report = verdict(cut, Companions(anchors=(anchor(other, 3),)))
    assert report.verdict is Verdict.NOT_CLOSED
    assert any("another recording" in reason for reason in report.reasons)


def test_a_torn_clear_copy_is_not_explained_by_the_closing_entry() -> None:
    made = make(media(), CAMERA, Story(closed=False))
    entry = closing(made, made.sealed(bytes(32)), sealed=True, reason=Reason.POWER_LOSS)
    given = Companions(entry)
    assert verdict(made.clear, given).verdict is Verdict.CLOSED_BY_POWER_LOSS
    torn = made.clear + MADE.parts[1][:50]
    assert verdict(torn, given).verdict is Verdict.NOT_CLOSED


def test_a_sealed_file_holds_the_recording_that_its_header_names() -> None:
    evidence = PrivateKey.generate()
    for recording, expected in (
        (MADE.genesis.recording, Verdict.AUTHENTIC),
        (b"\1" * 16, Verdict.TAMPERED),
    ):
        sealer = Sealer.start(recording, bytes(32))
        data = sealer.header
        for index, part in enumerate(MADE.parts):
            data += sealer.frame(index, part, last=index == len(MADE.parts) - 1)
        envelope = wrap(bytes(32), recording, [evidence.public]).encode()
        keys = Keys((evidence,), envelope)
        report = judge(memoryview(data), TRUST, NOON_MS, keys=keys)
        assert report.verdict is expected


def test_with_an_unset_clock_the_start_is_not_held_against_a_revocation() -> None:
    made = make(media(), CAMERA, Story(clock=0, start_ms=NOON_MS))
    trust = revoking(NOON_MS + HOUR, NOON_MS - HOUR, made)
    assert verdict(made.clear, Companions(), trust).verdict is Verdict.AUTHENTIC
