"""Certificates that our own CA never makes, for tests of what is refused."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lapel.crypto.certs import ARC, Certificate, Issuer
from lapel.crypto.keys import PrivateKey, PublicKey

SINCE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Odd:
    """What a certificate says; `between` is None for a leaf, -1 for no bound."""

    title: str
    between: int | None = None
    roles: Sequence[int] = ()


def issue(issuer: Issuer | None, public: PublicKey, odd: Odd, key: PrivateKey) -> bytes:
    """Issue it, by `issuer` or, where that is None, by its own key."""
    attributes = [
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "body2"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, "X1234"),
        x509.NameAttribute(NameOID.COMMON_NAME, odd.title),
    ]
    name = x509.Name(attributes)
    most = odd.between if odd.between is not None and odd.between >= 0 else None
    constraints = x509.BasicConstraints(odd.between is not None, most)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.native.subject if issuer else name)
        .public_key(public.native)
        .serial_number(x509.random_serial_number())
        .not_valid_before(SINCE)
        .not_valid_after(SINCE + dt.timedelta(days=3650))
        .add_extension(constraints, critical=True)
    )
    if odd.roles:
        usages = [x509.ObjectIdentifier(f"{ARC}.{role}") for role in odd.roles]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return builder.sign(key.native, hashes.SHA256()).public_bytes(Encoding.DER)


def ca(title: str, above: Issuer | None = None, between: int = -1) -> Issuer:
    """Make a CA, below another or its own root."""
    key = PrivateKey.generate()
    by = above.key if above else key
    der = issue(above, key.public, Odd(title, between), by)
    return Issuer(Certificate.from_der(der), key)
