"""Messages in pieces: golden ones, any message, any values."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.wire.fragments import MESSAGE_MOST, Joiner, split, value_size
from tests.golden import Case, each


def take_all(joiner: Joiner, values: Sequence[bytes]) -> None:
    for value in values:
        joiner.take(value)


@each("fragments", "mtu")
def test_golden_messages_are_cut_and_joined(case: Case) -> None:
    given = case.given
    message = bytes(given["zeros"]) if "zeros" in given else case.raw("message")
    values = list(split(message, given["mtu"]))
    if "values" in case.out:
        assert [value.hex() for value in values] == case.out["values"]
    else:
        assert len(values) == case.out["count"]
        digest = hashlib.sha256(b"".join(values)).hexdigest()
        assert digest == case.out["sha256_of_values"]
    joiner = Joiner(given["mtu"])
    assert [joiner.take(value) for value in values[:-1]] == [None] * (len(values) - 1)
    assert joiner.take(values[-1]) == message


@each("fragments", "refuse")
def test_golden_refusals(case: Case) -> None:
    values = [bytes.fromhex(value) for value in case.given["values"]]
    with pytest.raises(MalformedError):
        take_all(Joiner(case.given["mtu"]), values)


@given(st.integers(23, 517), st.lists(st.binary(min_size=1, max_size=900), max_size=4))
def test_messages_one_behind_the_other_come_back(
    mtu: int, messages: list[bytes]
) -> None:
    joiner = Joiner(mtu)
    for message in messages:
        found = [joiner.take(value) for value in split(message, mtu)]
        assert found == [None] * (len(found) - 1) + [message]


@given(st.lists(st.binary(max_size=30), max_size=12))
def test_any_values_give_a_message_or_are_refused(values: list[bytes]) -> None:
    joiner = Joiner(23)
    for value in values:
        try:
            message = joiner.take(value)
        except MalformedError:
            return
        assert message is None or 1 <= len(message) <= MESSAGE_MOST


def test_a_message_of_4097_bytes_is_refused_on_both_sides() -> None:
    with pytest.raises(MalformedError):
        list(split(bytes(MESSAGE_MOST + 1), 23))
    with pytest.raises(MalformedError):
        list(split(b"", 23))
    first = b"\x80" + bytes(19)
    more = [bytes((number % 64,)) + bytes(19) for number in range(1, 216)]
    take_all(Joiner(23), [first, *more[:-1]])
    with pytest.raises(MalformedError):
        take_all(Joiner(23), [first, *more])


def test_a_value_is_as_long_as_the_mtu_allows_and_never_over_512() -> None:
    sizes = [value_size(mtu) for mtu in range(23, 518)]
    assert sizes[0] == 20
    assert sizes[-1] == 512
    assert all(0 <= b - a <= 1 for a, b in pairwise(sizes))
    with pytest.raises(MalformedError):
        value_size(22)
