"""CBOR: one encoding for each value, nothing else read."""

from typing import TypeAlias

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import MalformedError
from lapel.wire import cbor
from tests.golden import Case, among, cases, each

Json: TypeAlias = "dict[str, Json] | list[Json] | int | str | bool | None"

LEAVES = (
    st.integers(-(1 << 64), (1 << 64) - 1)
    | st.binary(max_size=40)
    | st.text(max_size=20)
    | st.booleans()
    | st.none()
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.integers(0, (1 << 64) - 1), inner, max_size=4)
    ),
    max_leaves=12,
)


def from_json(value: Json) -> cbor.Value:
    if isinstance(value, dict):
        return {int(key): from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(from_json(item) for item in value)
    return value


@each("cbor_cose", "encode")
def test_values_encode_to_the_golden_bytes(case: Case) -> None:
    value = from_json(case.given["json"])
    assert cbor.encode(value) == case.expected("cbor")
    assert cbor.decode(case.expected("cbor")) == value


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(bytes.fromhex(case), id=name)
        for name, case in {
            "key order": "a202000100",
            "duplicate key": "a201000101",
            "long integer": "a1180100",
            "indefinite map": "bf0100ff",
            "indefinite string": "5f4100ff",
            "float": "a101f93c00",
            "text key": "a1616100",
            "tag": "c100",
            "bignum": "c249010000000000000000",
            "undefined": "f7",
            "simple in two bytes": "f8f4",
            "break": "ff",
            "huge array": "9b00000001ffffffff",
            "huge string": "5b7fffffffffffffff",
        }.items()
    ],
)
def test_what_the_format_has_no_place_for_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        cbor.decode(data)


@among([case for case in cases("cbor_cose") if "cbor" in case.given])
def test_golden_refusals_are_refused(case: Case) -> None:
    with pytest.raises(MalformedError):
        cbor.decode(case.raw("cbor"))


def test_nesting_and_length_are_bounded() -> None:
    deep: cbor.Value = 7
    for level in range(16):
        deep = (deep,) if level % 2 else {1: deep}
    assert cbor.decode(cbor.encode(deep)) == deep
    with pytest.raises(MalformedError):
        cbor.encode((deep,))
    for inside in (b"\x80", b"\xa0", b"\x07"):
        assert cbor.decode(b"\x81" * 15 + inside)
        with pytest.raises(MalformedError):
            cbor.decode(b"\x81" * 17 + inside)
    with pytest.raises(MalformedError):
        cbor.decode(b"\x81" * 16 + b"\x80")
    with pytest.raises(MalformedError):
        cbor.decode(cbor.encode(b"x" * 100), limit=50)


def test_text_that_is_not_unicode_is_not_written() -> None:
    with pytest.raises(MalformedError):
        cbor.encode("\ud800")


@given(VALUES)
def test_every_value_comes_back_as_it_was(value: cbor.Value) -> None:
    assert cbor.decode(cbor.encode(value), 1 << 20) == value


@given(VALUES)
def test_an_independent_reader_agrees(value: cbor.Value) -> None:
    data = cbor.encode(value)
    assert cbor2.dumps(cbor2.loads(data), canonical=True) == data or b"\xbf" in data


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_are_the_only_encoding(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except MalformedError:
        return
    assert cbor.encode(value) == data
