"""COSE_Sign1 as this project allows it (RFC 9052, RFC 9360).

`d2 84 | bstr protected | a0 | bstr payload | 58 40 signature`. What was signed keeps
its bytes: a reader works on what it received and never encodes it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lapel.base.errors import MalformedError
from lapel.wire import cbor
from lapel.wire.cbor import Value

ALG_ES256: Final = -7
_ALG, _KID, _X5CHAIN = 1, 4, 33
_START: Final = b"\xd2\x84"
_CHAIN_SIZES: Final = range(2, 5)

DOCUMENT_MOST: Final = 4096
"""Most bytes of a document whose kind has no bound of its own."""

LIMITS: Final = {
    "genesis": 8192,
    "journal": 8192,
    "receipt": 70_000,
    "settings": 1 << 20,
}
"""Most bytes of a document by kind; of a journal's entries only boot has so many."""

CHAINED: Final = frozenset({"genesis", "journal"})
"""Kinds whose protected header may carry certificates."""


def limit_of(kind: str) -> int:
    """Most bytes that a document of this kind may have."""
    return LIMITS.get(kind, DOCUMENT_MOST)


@dataclass(frozen=True, slots=True)
class Sign1:
    """A signed document as it was received; nothing about it has been verified."""

    raw: bytes
    protected: bytes
    kid: bytes
    x5chain: tuple[bytes, ...]
    payload: bytes
    signature: bytes

    def to_be_signed(self, kind: str) -> bytes:
        """Bytes that the signature covers when this document is of `kind`."""
        return to_be_signed(kind, self.protected, self.payload)


def protected_header(kid: bytes, x5chain: Sequence[bytes] = ()) -> bytes:
    """Build the protected header; one certificate stands bare, more in an array."""
    items: dict[int, Value] = {_ALG: ALG_ES256, _KID: kid}
    if x5chain:
        items[_X5CHAIN] = x5chain[0] if len(x5chain) == 1 else tuple(x5chain)
    return cbor.encode(items)


def to_be_signed(kind: str, protected: bytes, payload: bytes) -> bytes:
    """Sig_structure of RFC 9052 section 4.4 with the type as external data."""
    aad = f"lapel/{kind}/1".encode()
    return cbor.encode(("Signature1", protected, aad, payload))


def assemble(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """Put a signed document together."""
    parts = (cbor.encode(protected), b"\xa0", cbor.encode(payload))
    return _START + b"".join(parts) + cbor.encode(signature)


def parse(kind: str, data: bytes) -> Sign1:
    """Take a document of `kind` apart; raises `MalformedError` for any other shape."""
    if len(data) > limit_of(kind):
        raise MalformedError(f"a {kind} document longer than {limit_of(kind)} bytes")
    if not data.startswith(_START):
        raise MalformedError("not a signed document")
    items = cbor.decode(data[1:], limit_of(kind))
    if not isinstance(items, tuple) or len(items) != 4:
        raise MalformedError("not four parts")
    protected, unprotected, payload, signature = items
    if not (
        isinstance(protected, bytes)
        and isinstance(payload, bytes)
        and isinstance(signature, bytes)
    ):
        raise MalformedError("a part that is no byte string")
    if unprotected != {} or len(signature) != 64:
        raise MalformedError("an unprotected header, or a signature not of 64 bytes")
    kid, chain = _read_protected(protected)
    if chain and kind not in CHAINED:
        raise MalformedError(f"certificates in a {kind} document")
    return Sign1(data, protected, kid, chain, payload, signature)


def _read_protected(protected: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    items = cbor.decode_map(protected, 8192)
    kid, chain = items.get(_KID), items.get(_X5CHAIN)
    if items.get(_ALG) != ALG_ES256 or not isinstance(kid, bytes) or len(kid) != 8:
        raise MalformedError("another algorithm or no key id")
    if set(items) - {_ALG, _KID, _X5CHAIN}:
        raise MalformedError("an unknown protected header")
    if chain is None and _X5CHAIN not in items:
        return kid, ()
    if isinstance(chain, bytes):
        return kid, (chain,)
    if not isinstance(chain, tuple) or len(chain) not in _CHAIN_SIZES:
        raise MalformedError("one to four certificates")
    certificates = tuple(item for item in chain if isinstance(item, bytes))
    if len(certificates) != len(chain):
        raise MalformedError("a certificate that is no byte string")
    return kid, certificates


def prefix_size(data: bytes, start: int, most: int) -> int | None:
    """Bytes of the document that begins at `start`; None when it is cut or no document.

    Only the outer shape is looked at; `parse` decides whether it is one of ours.
    """
    position = start + len(_START)
    if data[start:position] != _START:
        return None
    for part in range(4):
        size = 1 if part == 1 else _string_size(data, position)
        if size is None:
            return None
        position += size
    return position - start if position - start <= most else None


def whole_prefix(kind: str, data: bytes) -> bool:
    """Whether `data` begins with a whole document of `kind`, whatever follows it."""
    size = prefix_size(data, 0, limit_of(kind))
    if size is None:
        return False
    try:
        parse(kind, data[:size])
    except MalformedError:
        return False
    return True


def _string_size(data: bytes, position: int) -> int | None:
    """Bytes of the byte string at `position`, its head included; None when cut."""
    first = data[position] if position < len(data) else 0
    low = first & 31
    if first >> 5 != 2 or low > 26:
        return None
    wide = 0 if low < 24 else 1 << low - 24
    argument = data[position + 1 : position + 1 + wide]
    total = 1 + wide + (int.from_bytes(argument, "big") if wide else low)
    return total if position + total <= len(data) else None
