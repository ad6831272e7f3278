"""Receipts: what they prove, and when a camera may delete on one."""

from dataclasses import replace

import pytest

from lapel.base.errors import LapelError, RefusedError
from lapel.crypto.keys import PublicKey
from lapel.crypto.note import LogVerifier
from lapel.proof.receipt import DeletionPolicy, Own, check_deletion, prove
from tests.golden import Case, among, cases

(GOOD,) = [case for case in cases("receipt") if case.name == "receipt"]
REFUSED = [case for case in cases("receipt") if case.name.startswith("refuse")]
LOGS = (LogVerifier.from_vkey(GOOD.given["log_vkey"]),)


def own_of(case: Case) -> Own:
    own = case.given["own"]
    return Own(
        own["tenant"],
        bytes.fromhex(own["recording"]),
        own["serial"],
        own["length"],
        bytes.fromhex(own["sha"]),
        bytes.fromhex(own["closing"]),
    )


def policy_of(case: Case) -> DeletionPolicy:
    return DeletionPolicy((PublicKey.from_point(case.raw("public")),), LOGS)


def test_the_golden_receipt_lets_the_camera_delete() -> None:
    receipt = GOOD.expected("receipt")
    proven = check_deletion(own_of(GOOD), receipt, policy_of(GOOD))
    assert proven.index == GOOD.out["index"]
    assert proven.note == GOOD.out["checkpoint"]
    assert proven.leaf.encode() == GOOD.expected("leaf")


@among(REFUSED)
def test_golden_refusals_keep_the_recording(case: Case) -> None:
    with pytest.raises(RefusedError):
        check_deletion(own_of(case), case.raw("receipt"), policy_of(case))


def test_every_flipped_bit_keeps_the_recording() -> None:
    receipt, own, policy = GOOD.expected("receipt"), own_of(GOOD), policy_of(GOOD)
    for bit in range(0, 8 * len(receipt), 3):
        data = bytearray(receipt)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(RefusedError):
            check_deletion(own, bytes(data), policy)


def test_an_unopened_recording_is_deleted_only_where_settings_say_so() -> None:
    (case,) = [case for case in REFUSED if case.name == "refuse: not opened"]
    own, policy = own_of(case), policy_of(case)
    check_deletion(own, case.raw("receipt"), replace(policy, unopened=True))


def test_a_receipt_by_an_unknown_key_or_log_proves_nothing() -> None:
    receipt, policy = GOOD.expected("receipt"), policy_of(GOOD)
    for keys, logs in (((), LOGS), (policy.keys, ())):
        with pytest.raises(LapelError):
            prove(receipt, keys, logs)
