"""Grants: golden ones, and every golden refusal."""

import pytest

from lapel.base.errors import LapelError
from lapel.crypto.keys import PublicKey
from lapel.proof.grant import Wanted, check_grant
from lapel.wire.grant import GrantRole
from tests.golden import Case, among, cases

GOOD = [case for case in cases("grant") if "ok" in case.out]
REFUSED = [case for case in cases("grant") if "refused" in case.out]


def wanted(case: Case) -> Wanted:
    roles = frozenset(GrantRole(role) for role in case.given["roles"])
    key = PublicKey.from_point(case.raw("grant_key"))
    return Wanted(key, case.raw("static"), roles, case.given["tenant"])


@among(GOOD)
def test_a_golden_grant_counts(case: Case) -> None:
    grant = check_grant(case.raw("grant"), wanted(case), case.given["now"])
    assert {
        "role": grant.role,
        "ident": grant.holder,
        "user": grant.user,
        "not_after": grant.not_after_ms,
        "tenant": grant.tenant,
    } == case.out["ok"]


@among(REFUSED)
def test_golden_refusals_do_not_count(case: Case) -> None:
    with pytest.raises(LapelError):
        check_grant(case.raw("grant"), wanted(case), case.given["now"])


def test_with_an_unset_clock_the_expiry_is_not_looked_at() -> None:
    (case,) = [case for case in REFUSED if case.out["refused"] == "expired"]
    grant = check_grant(case.raw("grant"), wanted(case), None)
    assert grant.not_after_ms < case.given["now"]
