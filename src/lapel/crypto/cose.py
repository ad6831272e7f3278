"""Signing and checking of COSE documents."""

from collections.abc import Sequence

from lapel.base.errors import SignatureError
from lapel.crypto.keys import PrivateKey, PublicKey
from lapel.wire import cose


def sign(
    kind: str, payload: bytes, key: PrivateKey, x5chain: Sequence[bytes] = ()
) -> bytes:
    """Sign `payload` as a document of `kind`; certificates are DER, leaf first."""
    protected = cose.protected_header(key.public.kid, x5chain)
    signature = key.sign(cose.to_be_signed(kind, protected, payload))
    document = cose.assemble(protected, payload, signature)
    cose.parse(kind, document)
    return document


def check(kind: str, data: bytes, key: PublicKey) -> bytes:
    """Give the payload of a document of `kind` that `key` signed.

    Raises `MalformedError` or `SignatureError`; nothing else is trusted of it.
    """
    document = cose.parse(kind, data)
    verify(kind, document, key)
    return document.payload


def verify(kind: str, document: cose.Sign1, key: PublicKey) -> None:
    """Raise `SignatureError` unless `key` signed this document as one of `kind`."""
    if document.kid != key.kid:
        raise SignatureError(f"a {kind} document signed by another key")
    key.verify(document.signature, document.to_be_signed(kind))
