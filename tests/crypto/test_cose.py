"""Signed documents: golden bytes, and every refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import LapelError, MalformedError, SignatureError
from lapel.crypto import cose
from lapel.crypto.keys import PrivateKey, PublicKey
from lapel.wire import cbor
from lapel.wire import cose as shape
from tests.golden import Case, among, cases, each

KEY = PrivateKey.from_secret(bytes(31) + b"\x07")
SIGNED = cose.sign("link", cbor.encode({1: b"x"}), KEY)


def kind_of(case: Case) -> str:
    return str(case.given["external_aad"]).split("/")[1]


@each("cbor_cose", "sign")
def test_documents_have_the_golden_bytes(case: Case) -> None:
    key = PrivateKey.from_secret(case.raw("key"))
    payload = cbor.encode(
        {int(k): payload_value(v) for k, v in case.given["payload"].items()}
    )
    chain = tuple(bytes.fromhex(c) for c in case.given["x5chain"])
    made = cose.sign(kind_of(case), payload, key, chain)
    golden = case.expected("cose_sign1")
    read = shape.parse(kind_of(case), golden)
    assert key.public.point == case.expected("public")
    assert read.kid == case.expected("kid")
    assert read.to_be_signed(kind_of(case)) == case.expected("to_be_signed")
    assert made[:-64] == golden[:-64]
    assert cose.check(kind_of(case), golden, key.public) == payload
    assert cose.check(kind_of(case), made, key.public) == payload


def payload_value(value: object) -> cbor.Value:
    if isinstance(value, str):
        return bytes.fromhex(value)
    assert isinstance(value, int)
    return value


@among([case for case in cases("cbor_cose") if "cose_sign1" in case.given])
def test_golden_refusals_are_refused(case: Case) -> None:
    key = PublicKey.from_point(case.raw("public"))
    with pytest.raises((MalformedError, SignatureError)):
        cose.check(kind_of(case), case.raw("cose_sign1"), key)


def test_every_flipped_bit_is_refused() -> None:
    for place in range(8 * len(SIGNED)):
        data = bytearray(SIGNED)
        data[place // 8] ^= 1 << place % 8
        with pytest.raises(LapelError):
            cose.check("link", bytes(data), KEY.public)


def test_a_document_is_good_for_its_own_kind_only() -> None:
    for kind in ("end", "journal", "receipt", "settings", "grant", "time", "voucher"):
        with pytest.raises(SignatureError):
            cose.check(kind, SIGNED, KEY.public)


def test_a_document_names_the_key_that_signed_it() -> None:
    payload = cbor.encode({1: b"x"})
    for kid, holds in ((KEY.public.kid, True), (bytes(8), False)):
        protected = shape.protected_header(kid)
        signature = KEY.sign(shape.to_be_signed("link", protected, payload))
        raw = shape.assemble(protected, payload, signature)
        if holds:
            assert cose.check("link", raw, KEY.public) == payload
        else:
            with pytest.raises(SignatureError):
                cose.check("link", raw, KEY.public)


@pytest.mark.parametrize("count", [0, 5])
def test_a_chain_has_one_to_four_certificates(count: int) -> None:
    protected = cbor.encode({1: -7, 4: KEY.public.kid, 33: (b"der",) * count})
    with pytest.raises(MalformedError):
        shape.parse("genesis", shape.assemble(protected, b"", bytes(64)))
    for fits in range(1, 5):
        header = shape.protected_header(KEY.public.kid, (b"der",) * fits)
        read = shape.parse("genesis", shape.assemble(header, b"", bytes(64)))
        assert len(read.x5chain) == fits
    alone = cbor.encode({1: -7, 4: KEY.public.kid, 33: (b"der",)})
    with pytest.raises(MalformedError):
        shape.parse("genesis", shape.assemble(alone, b"", bytes(64)))


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("genesis", 8192),
        ("journal", 8192),
        ("receipt", 70_000),
        ("settings", 1 << 20),
        *[(kind, 4096) for kind in ("link", "end", "grant", "time", "voucher")],
    ],
)
def test_every_kind_has_its_most_bytes(kind: str, most: int) -> None:
    protected = shape.protected_header(KEY.public.kid)
    around = len(shape.assemble(protected, bytes(70_000), bytes(64))) - 70_000
    around -= (most < 65_536 + 100) * 2
    for size, fits in ((most - around, True), (most - around + 1, False)):
        raw = shape.assemble(protected, bytes(size), bytes(64))
        assert len(raw) == most + (not fits)
        if fits:
            assert shape.parse(kind, raw).raw == raw
        else:
            with pytest.raises(MalformedError):
                shape.parse(kind, raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_a_typed_way(data: bytes) -> None:
    with pytest.raises(MalformedError):
        shape.parse("link", b"\xd2\x84" + data)


@given(st.binary(max_size=30), st.integers(0, 40))
def test_a_document_is_found_whole_at_the_beginning_of_more(
    tail: bytes, cut: int
) -> None:
    assert shape.prefix_size(SIGNED + tail, 0, 4096) == len(SIGNED)
    assert shape.prefix_size(SIGNED[: len(SIGNED) - 1 - cut], 0, 4096) is None
