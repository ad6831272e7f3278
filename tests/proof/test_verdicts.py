"""Verdicts: golden attacks, and what companions change."""

import pytest

from lapel.crypto.certs import YEAR_MS, Issuer, Role
from lapel.crypto.keys import PrivateKey
from lapel.crypto.revocation import Revocation, make_list
from lapel.crypto.seal import wrap
from lapel.proof.companions import Companions
from lapel.proof.recording import Keys, Report, gravest, judge
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
from lapel.wire.recording import Reason
from tests.golden import Case, each, media, recording, trusted_ca

GOLDEN = recording().expected("file")
AGENCY = authority()
TRUST = Trust((AGENCY.certificate,))
CAMERA = Signer.of(AGENCY)
EVIDENCE = PrivateKey.generate()
SEAL = bytes(range(32))


def verdict(
    data: bytes, companions: Companions | None = None, trust: Trust = TRUST
) -> Report:
    return judge(memoryview(data), trust, NOON_MS, companions)


def sealed(made: Made, companions: Companions | None = None) -> Report:
    envelope = wrap(SEAL, made.genesis.recording, [EVIDENCE.public]).encode()
    keys = Keys((EVIDENCE,), envelope)
    return judge(memoryview(made.sealed(SEAL)), TRUST, NOON_MS, companions, keys)


@each("tampered")
def test_golden_attacks_get_their_verdict(case: Case) -> None:
    offset, removed, inserted = case.given["edit"]
    data = GOLDEN[:offset] + bytes.fromhex(inserted) + GOLDEN[offset + removed :]
    report = judge(memoryview(data), Trust((trusted_ca(),)), NOON_MS)
    assert {
        "code": report.verdict.value,
        "exit": report.verdict.exit_code,
        "good_bytes": report.extent.size,
        "good_ms": report.extent.end_ms,
    } == case.out


def test_nobody_is_trusted_by_their_own_word() -> None:
    report = verdict(make(media(), CAMERA).clear, trust=Trust())
    assert report.verdict is Verdict.UNKNOWN_SIGNER
    assert report.integrity is Verdict.AUTHENTIC
    assert report.line == "SIGNED, SIGNER UNKNOWN [unknown-signer]"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CAMERA_SIGN])
def test_a_certificate_of_another_role_signs_no_recording(role: Role) -> None:
    made = make(media(), Signer.of(AGENCY, role=role))
    assert verdict(made.clear).verdict is Verdict.UNKNOWN_SIGNER


@pytest.mark.parametrize("change", [{"serial": "X9999"}, {"model": "flex2"}])
def test_a_recording_that_names_another_camera_has_no_known_signer(
    change: dict[str, object],
) -> None:
    made = make(media(), CAMERA, Story(changes=change))
    assert verdict(made.clear).verdict is Verdict.UNKNOWN_SIGNER


def test_dates_are_held_against_start_and_proof_time() -> None:
    made = make(media(), CAMERA, Story(start_ms=NOON_MS - 3 * YEAR_MS))
    unset = make(media(), CAMERA, Story(start_ms=0, clock=0))
    assert verdict(made.clear).verdict is Verdict.UNKNOWN_SIGNER
    assert verdict(unset.clear).verdict is Verdict.AUTHENTIC
    late = judge(memoryview(unset.clear), TRUST, NOON_MS + 20 * YEAR_MS)
    assert late.verdict is Verdict.UNKNOWN_SIGNER


def test_a_revocation_spoils_what_was_proved_after_it() -> None:
    made = make(media(), CAMERA)
    number = chain_number(made)
    hour = 3_600_000
    for revoked, invalid, expected in (
        (NOON_MS - hour, NOON_MS - hour, Verdict.UNKNOWN_SIGNER),
        (NOON_MS + hour, NOON_MS - 2 * hour, Verdict.UNKNOWN_SIGNER),
        (NOON_MS + hour, NOON_MS, Verdict.AUTHENTIC),
    ):
        listed = make_list(AGENCY, [Revocation(number, revoked, invalid)], NOON_MS)
        trust = Trust((AGENCY.certificate,), revocations=(listed,))
        assert verdict(made.clear, trust=trust).verdict is expected
    other = make_list(authority(), [Revocation(number, 0, 0)], NOON_MS)
    trust = Trust((AGENCY.certificate,), revocations=(other,))
    assert verdict(made.clear, trust=trust).verdict is Verdict.AUTHENTIC


def chain_number(made: Made) -> int:
    report = verdict(made.clear)
    assert report.chain is not None
    return report.chain.certificates[0].number


def test_a_closing_entry_that_fits_changes_nothing() -> None:
    made = make(media(), CAMERA)
    clear, kept = made.clear, made.sealed(SEAL)
    for stored, is_sealed in ((clear, False), (kept, True)):
        entry = closing(made, stored, sealed=is_sealed)
        assert verdict(clear, Companions(entry)).verdict is Verdict.AUTHENTIC
    entry = closing(made, kept, sealed=True)
    assert sealed(made, Companions(entry)).verdict is Verdict.AUTHENTIC


LIES: list[dict[str, object]] = [
    {"recording": bytes(16)},
    {"reason": Reason.ERROR},
    {"reason": Reason.DOCKED},
    {"length": 7},
    {"sha256": bytes(32)},
    {"genesis": bytes(32)},
    {"links": 2},
    {"links": 9},
    {"head": bytes(32)},
]


@pytest.mark.parametrize(
    "lie", LIES, ids=[str(list(lie)) + str(i) for i, lie in enumerate(LIES)]
)
def test_a_closing_entry_that_names_something_else_is_tampering(
    lie: dict[str, object],
) -> None:
    made = make(media(), CAMERA)
    entry = closing(made, made.clear, sealed=False, **lie)
    assert verdict(made.clear, Companions(entry)).verdict is Verdict.TAMPERED
    kept = made.sealed(SEAL)
    entry = closing(made, kept, sealed=True, **lie)
    assert sealed(made, Companions(entry)).verdict is Verdict.TAMPERED


def test_a_closing_entry_by_another_camera_is_tampering() -> None:
    made = make(media(), CAMERA)
    other = make(media(), Signer.of(AGENCY))
    entry = closing(other, made.clear, sealed=False)
    assert verdict(made.clear, Companions(entry)).verdict is Verdict.TAMPERED
    mark = anchor(made, 1)
    assert verdict(made.clear, Companions(mark)).verdict is Verdict.TAMPERED


@pytest.mark.parametrize("reason", [Reason.POWER_LOSS, Reason.RECOVERED])
def test_end_wins_over_power_loss_in_the_closing_entry(reason: Reason) -> None:
    made = make(media(), CAMERA)
    entry = closing(made, made.clear, sealed=False, reason=reason)
    assert verdict(made.clear, Companions(entry)).verdict is Verdict.AUTHENTIC


@pytest.mark.parametrize("reason", list(Reason))
def test_without_end_only_the_camera_s_own_word_explains_it(reason: Reason) -> None:
    made = make(media(), CAMERA, Story(closed=False))
    explains = reason in {Reason.POWER_LOSS, Reason.ERROR, Reason.RECOVERED}
    expected = Verdict.CLOSED_BY_POWER_LOSS if explains else Verdict.TAMPERED
    bare: dict[str, object] = {"genesis": None, "links": None, "head": None}
    for stored, is_sealed in ((made.clear, False), (made.sealed(SEAL), True)):
        for more in ({}, bare):
            entry = closing(made, stored, sealed=is_sealed, reason=reason, **more)
            assert verdict(made.clear, Companions(entry)).verdict is expected
            if is_sealed:
                assert sealed(made, Companions(entry)).verdict is expected
    assert verdict(made.clear).verdict is Verdict.NOT_CLOSED


def test_a_file_cut_short_of_its_closing_entry_is_shortened() -> None:
    made = make(media(), CAMERA)
    entry = closing(made, made.clear, sealed=False)
    cut = b"".join(made.parts[:-2])
    report = verdict(cut, Companions(entry))
    assert report.verdict is Verdict.SHORTENED
    assert report.line.startswith("AUTHENTIC TO second 2, REST MISSING")


def test_anchors_show_what_is_missing_and_what_is_other() -> None:
    made = make(media(), CAMERA, Story(closed=False))
    cut = b"".join(made.parts[:2])
    for links, expected in (
        (0, Verdict.NOT_CLOSED),
        (1, Verdict.NOT_CLOSED),
        (3, Verdict.SHORTENED),
    ):
        given = Companions(anchors=(anchor(made, links),))
        assert verdict(cut, given).verdict is expected
    lie = Companions(anchors=(anchor(made, 1, bytes(32)),))
    assert verdict(cut, lie).verdict is Verdict.TAMPERED
    other = Companions(anchors=(anchor(make(media(), Signer.of(AGENCY)), 3),))
    assert verdict(cut, other).verdict is Verdict.NOT_CLOSED
    closed = make(media(), CAMERA)
    beyond = Companions(anchors=(anchor(closed, 3, closed.head),))
    assert verdict(closed.clear, beyond).verdict is Verdict.AUTHENTIC


def test_a_clip_is_judged_as_one_when_it_is_presented_as_one() -> None:
    made = make(media(), CAMERA)
    first = b"".join(made.parts[:2])
    assert verdict(first).verdict is Verdict.NOT_CLOSED
    assert verdict(first, Companions(clip=True)).verdict is Verdict.CLIP
    torn = first + made.parts[2][:50]
    assert verdict(torn).verdict is Verdict.NOT_CLOSED
    assert verdict(torn, Companions(clip=True)).verdict is Verdict.TAMPERED
    entry = closing(made, made.clear, sealed=False, links=0)
    assert verdict(first, Companions(entry, clip=True)).verdict is Verdict.TAMPERED


def test_a_sealed_file_without_its_key_is_unreadable() -> None:
    made = make(media(), CAMERA)
    data = memoryview(made.sealed(SEAL))
    envelope = wrap(SEAL, made.genesis.recording, [EVIDENCE.public]).encode()
    wrong = wrap(bytes(32), made.genesis.recording, [EVIDENCE.public]).encode()
    for keys in (
        None,
        Keys((EVIDENCE,)),
        Keys((), envelope),
        Keys((PrivateKey.generate(),), envelope),
        Keys((EVIDENCE,), wrong),
        Keys((EVIDENCE,), b"junk"),
    ):
        report = judge(data, TRUST, NOON_MS, keys=keys)
        assert report.verdict is Verdict.UNREADABLE


def test_a_chain_of_two_certificates_leads_to_its_root() -> None:
    inner = authority("Intermediate")
    made = make(media(), Signer.of(inner))
    assert verdict(made.clear).verdict is Verdict.UNKNOWN_SIGNER
    trust = Trust((inner.certificate,))
    assert verdict(made.clear, trust=trust).verdict is Verdict.AUTHENTIC


def test_an_issuer_that_is_no_authority_is_not_followed() -> None:
    leaf = Signer.of(AGENCY)
    certificate = verdict(make(media(), leaf).clear).chain
    assert certificate is not None
    fake = Issuer(certificate.certificates[0], leaf.key)
    below = Signer.of(fake)
    chained = Signer(below.serial, below.model, below.key, (*below.chain, *leaf.chain))
    assert verdict(make(media(), chained).clear).verdict is Verdict.UNKNOWN_SIGNER


def test_the_gravest_of_several_decides() -> None:
    made = make(media(), CAMERA)
    good = verdict(made.clear)
    open_end = verdict(b"".join(made.parts[:-1]))
    unknown = verdict(made.clear, trust=Trust())
    bad = verdict(made.clear + b"\0")
    codes = [one.verdict.exit_code for one in (good, unknown, open_end, bad)]
    assert [gravest(codes[:count]) for count in range(1, 5)] == [0, 2, 3, 1]
