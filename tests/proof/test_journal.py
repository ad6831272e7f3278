"""Journals: golden chains, torn ends, gaps; and what a camera keeps at boot."""

import pytest

from lapel.base.errors import LapelError
from lapel.crypto.certs import Certificate
from lapel.crypto.keys import PublicKey
from lapel.proof.journal import (
    GapError,
    Signed,
    beginning,
    follow,
    split,
    whole_entries,
)
from lapel.proof.sealed import recoverable
from tests.golden import Case, cases, each

JOURNAL = cases("journal")[0]
FILE = JOURNAL.expected("file")
ENTRIES = list(split(FILE))
(SEALED, *_) = cases("sealed")


def believe(chain: tuple[Certificate, ...]) -> PublicKey:
    return chain[0].public


def walk(entries: list[bytes], serial: str) -> list[Signed]:
    return list(follow(iter(entries), beginning(serial), None, believe))


def test_the_golden_journal_is_continuous() -> None:
    serial = JOURNAL.given["serial"]
    assert beginning(serial).prev == JOURNAL.expected("first_prev")
    walked = walk(ENTRIES, serial)
    assert [signed.hash.hex() for signed in walked] == JOURNAL.out["heads"]
    assert b"".join(ENTRIES) == FILE


@each("journal", "torn at")
def test_a_torn_last_entry_is_cut(case: Case) -> None:
    assert whole_entries(FILE[: case.given["cut"]]) == (
        case.out["entries"],
        case.out["keep"],
    )


@each("journal", "refuse")
def test_golden_refusals_are_refused(case: Case) -> None:
    order: list[int] = case.given["order"]
    entries = [ENTRIES[index] for index in order]
    with pytest.raises(LapelError):
        walk(entries, case.given.get("serial", JOURNAL.given["serial"]))


def test_a_gap_has_its_own_error_when_the_key_is_known() -> None:
    first, *_ = walk(ENTRIES, JOURNAL.given["serial"])
    key = PublicKey.from_point(cases("journal")[-1].raw("public"))
    with pytest.raises(GapError):
        list(follow(iter(ENTRIES[2:]), first.after, key, believe))


@each("recovery")
def test_a_camera_keeps_the_longest_run_of_right_frames(case: Case) -> None:
    data = bytearray(SEALED.expected("file"))
    if "flip_bit_0_of_byte" in case.given:
        data[case.given["flip_bit_0_of_byte"]] ^= 1
    else:
        data = data[: case.given["cut"]] + bytes.fromhex(case.given["then"])
    kept = recoverable(memoryview(bytes(data)))
    assert kept == (case.out["keep"], case.out["frames"])
