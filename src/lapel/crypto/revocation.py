"""Revocation lists: which certificates a CA no longer stands for, and since when."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from lapel.base.errors import MalformedError
from lapel.crypto.certs import Certificate, Issuer


@dataclass(frozen=True, slots=True)
class Revocation:
    """A certificate's number, when it was revoked, and since when it is not good."""

    number: int
    revoked_ms: int
    invalid_ms: int


@dataclass(frozen=True)
class RevocationList:
    """A signed list as it was received."""

    native: x509.CertificateRevocationList

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a list in PEM; raises `MalformedError`."""
        try:
            native = x509.load_pem_x509_crl(pem)
            # The library reads these late: here, so that nothing fails later.
            _ = native.issuer, native.extensions, native.signature_hash_algorithm
            _ = [(entry.revocation_date_utc, entry.extensions) for entry in native]
        except Exception as error:
            # As with certificates: flipped bytes may raise many kinds of error.
            raise MalformedError("not a revocation list in PEM") from error
        return cls(native)

    def to_pem(self) -> bytes:
        """Write it in PEM."""
        return self.native.public_bytes(Encoding.PEM)

    def issued_by(self, issuer: Certificate) -> bool:
        """Whether this CA signed the list."""
        if self.native.issuer != issuer.native.subject:
            return False
        try:
            return self.native.is_signature_valid(issuer.public.native)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            return False

    def find(self, certificate: Certificate) -> Revocation | None:
        """Give the entry for a certificate of the same CA."""
        entry = self.native.get_revoked_certificate_by_serial_number(certificate.number)
        if entry is None:
            return None
        revoked = int(entry.revocation_date_utc.timestamp()) * 1000
        try:
            since = entry.extensions.get_extension_for_class(x509.InvalidityDate)
        except x509.ExtensionNotFound:
            return Revocation(certificate.number, revoked, revoked)
        invalid = int(since.value.invalidity_date_utc.timestamp()) * 1000
        return Revocation(certificate.number, revoked, invalid)


def make_list(
    issuer: Issuer, revocations: Sequence[Revocation], now_ms: int
) -> RevocationList:
    """Sign a list of revocations; it asks to be renewed within 30 days."""
    now = dt.datetime.fromtimestamp(now_ms // 1000, dt.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.native.subject)
        .last_update(now)
        .next_update(now + dt.timedelta(days=30))
    )
    for item in revocations:
        revoked = dt.datetime.fromtimestamp(item.revoked_ms // 1000, dt.UTC)
        invalid = dt.datetime.fromtimestamp(item.invalid_ms // 1000, dt.UTC)
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(item.number)
            .revocation_date(revoked)
            .add_extension(x509.InvalidityDate(invalid), critical=False)
        )
        builder = builder.add_revoked_certificate(entry.build())
    return RevocationList(builder.sign(issuer.key.native, hashes.SHA256()))
