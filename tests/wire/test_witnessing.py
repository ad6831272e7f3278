"""What a log hands to a witness: read strictly, written one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.wire.witnessing import PROOF_MOST, SUBMISSION_MOST, Submission

HASH = st.binary(min_size=32, max_size=32)


@given(st.integers(0, 1 << 62), st.lists(HASH, max_size=PROOF_MOST), st.text())
def test_what_is_written_is_read_again(old: int, proof: list[bytes], note: str) -> None:
    submission = Submission(old, tuple(proof), note.replace("\r", ""))
    try:
        raw = submission.encode()
    except UnicodeEncodeError:
        return
    assert Submission.parse(raw) == submission


@given(st.binary(max_size=300))
def test_anything_else_is_refused_and_never_crashes(raw: bytes) -> None:
    try:
        read = Submission.parse(raw)
    except MalformedError:
        return
    assert read.encode() == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"old 1",
        b"old 01\n\nnote",
        b"old -1\n\nnote",
        b"old 1 \n\nnote",
        b"new 1\n\nnote",
        "old \u0661\n\nnote".encode(),
        b"old 1\nQUJD\n\nnote",
        b"old 1\n" + b"A" * 43 + b"=\r\n\nnote",
        b"old 1\n" + (b"A" * 43 + b"=\n") * 64 + b"\nnote",
        b"old 1" + b"0" * 19 + b"\n\nnote",
        b"old 1\n\n" + b"x" * SUBMISSION_MOST,
    ],
)
def test_a_submission_has_one_form(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        Submission.parse(raw)
