"""Certificates of devices and servers: one role each, issued by one pinned CA.

The role is an extended key usage under our own arc. Certificates that are used in TLS
carry the usual TLS usages beside it, because TLS libraries refuse them otherwise; the
role alone decides what their holder may do.
"""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lapel.base.errors import MalformedError, SignatureError
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PrivateKey, PublicKey

ARC: Final = "2.25.254700148030130697487318099659680715464"
DAY_MS: Final = 86_400_000
YEAR_MS: Final = 365 * DAY_MS
_PATH_MOST: Final = 4


class Role(IntEnum):
    """What the holder of a certificate is."""

    CAMERA_SIGN = 1
    CAMERA_AUTH = 2
    DOCK = 3
    SYNC = 4
    VIEW_XL = 5
    SERVER = 6


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a certificate holds, UTC ms."""

    start_ms: int
    end_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether `at_ms` lies inside."""
        return self.start_ms <= at_ms <= self.end_ms


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate names; `hosts` are DNS names or addresses of a server."""

    serial: str
    model: str
    hosts: tuple[str, ...] = ()


def _moment(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms // 1000, dt.UTC)


def _ms(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * 1000


@dataclass(frozen=True)
class Certificate:
    """A certificate as it was received; only its shape has been checked."""

    native: x509.Certificate
    der: bytes
    public: PublicKey

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Read one certificate with a P-256 key; raises `MalformedError`."""
        try:
            native = x509.load_der_x509_certificate(der)
            # The library reads these late: here, so that nothing fails later.
            _ = native.extensions, native.subject, native.issuer
            _ = native.not_valid_before_utc, native.not_valid_after_utc
            public = native.public_key()
        except Exception as error:
            # The library documents no common root of what flipped bytes may raise.
            raise MalformedError("not a certificate") from error
        return cls(native, der, PublicKey.from_native(public))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read one certificate in PEM."""
        try:
            native = x509.load_pem_x509_certificate(pem)
        except Exception as error:
            # As above: an unknown version, for one, is no ValueError.
            raise MalformedError("not a certificate in PEM") from error
        return cls.from_der(native.public_bytes(Encoding.DER))

    def to_pem(self) -> bytes:
        """Write it in PEM."""
        return self.native.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the DER bytes."""
        return sha256(self.der)

    @property
    def role(self) -> Role | None:
        """The one role under our arc; None when there is none or more than one."""
        try:
            usages = self.native.extensions.get_extension_for_class(
                x509.ExtendedKeyUsage
            ).value
        except x509.ExtensionNotFound:
            return None
        names = [usage.dotted_string for usage in usages]
        arcs = [name for name in names if name.startswith(f"{ARC}.")]
        known = {f"{ARC}.{role.value}": role for role in Role}
        return known.get(arcs[0]) if len(arcs) == 1 else None

    def _name(self, oid: x509.ObjectIdentifier) -> str:
        values = self.native.subject.get_attributes_for_oid(oid)
        value = values[0].value if len(values) == 1 else ""
        return value if isinstance(value, str) else ""

    @property
    def serial(self) -> str:
        """The device's serial; empty when there is none."""
        return self._name(NameOID.SERIAL_NUMBER)

    @property
    def model(self) -> str:
        """The device's model; empty when there is none."""
        return self._name(NameOID.ORGANIZATIONAL_UNIT_NAME)

    @property
    def title(self) -> str:
        """Common name, for people."""
        return self._name(NameOID.COMMON_NAME)

    @property
    def number(self) -> int:
        """Certificate number, which a revocation names."""
        return self.native.serial_number

    @property
    def validity(self) -> Validity:
        """From when to when it holds."""
        return Validity(
            _ms(self.native.not_valid_before_utc), _ms(self.native.not_valid_after_utc)
        )

    @property
    def _constraints(self) -> x509.BasicConstraints:
        try:
            found = self.native.extensions.get_extension_for_class(
                x509.BasicConstraints
            )
        except x509.ExtensionNotFound:
            return x509.BasicConstraints(ca=False, path_length=None)
        return found.value

    @property
    def is_ca(self) -> bool:
        """Whether it may issue others."""
        return self._constraints.ca

    def allows_below(self, between: int) -> bool:
        """Whether this many CAs may stand between it and a leaf (RFC 5280 4.2.1.9)."""
        most = self._constraints.path_length
        return most is None or between <= most

    def issued_by(self, issuer: "Certificate") -> bool:
        """Whether `issuer` is a CA and its key signed this certificate."""
        if not issuer.is_ca:
            return False
        try:
            self.native.verify_directly_issued_by(issuer.native)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True


def check_path(
    chain: Sequence[Certificate], anchors: Sequence[Certificate]
) -> tuple[Certificate, ...]:
    """Give the path from `chain[0]` to the anchor that it leads to.

    Raises `SignatureError` when there is none. Dates are the caller's business
    (`Certificate.validity` of each).
    """
    path: list[Certificate] = []
    rest = list(chain)
    while rest and len(path) < _PATH_MOST:
        path.append(rest.pop(0))
        for anchor in anchors:
            if path[-1].issued_by(anchor) and anchor.allows_below(len(path) - 1):
                return (*path, anchor)
        if rest and not (
            path[-1].issued_by(rest[0]) and rest[0].allows_below(len(path) - 1)
        ):
            break
    raise SignatureError("no path to a trusted certificate")


def _extensions(
    builder: x509.CertificateBuilder, *, ca: bool
) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    constraints = x509.BasicConstraints(ca=ca, path_length=0 if ca else None)
    return builder.add_extension(constraints, critical=True).add_extension(
        usage, critical=True
    )


def _start(
    names: tuple[x509.Name, x509.Name], public: PublicKey, validity: Validity
) -> x509.CertificateBuilder:
    subject, issuer = names
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public.native)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_moment(validity.start_ms))
        .not_valid_after(_moment(validity.end_ms))
    )


def make_root(title: str, key: PrivateKey, validity: Validity) -> Certificate:
    """Make the self-signed certificate of a CA."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    builder = _extensions(_start((name, name), key.public, validity), ca=True)
    native = builder.sign(key.native, hashes.SHA256())
    return Certificate.from_der(native.public_bytes(Encoding.DER))


@dataclass(frozen=True)
class Issuer:
    """A CA: its certificate and its key."""

    certificate: Certificate
    key: PrivateKey

    def issue(
        self, subject: Subject, public: PublicKey, role: Role, validity: Validity
    ) -> Certificate:
        """Issue a certificate of exactly one role."""
        names = (_subject_name(subject), self.certificate.native.subject)
        usages = [x509.ObjectIdentifier(f"{ARC}.{role.value}")]
        if role is not Role.CAMERA_SIGN:
            usages += [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = _extensions(_start(names, public, validity), ca=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if subject.hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_host(host) for host in subject.hosts]),
                critical=False,
            )
        native = builder.sign(self.key.native, hashes.SHA256())
        return Certificate.from_der(native.public_bytes(Encoding.DER))


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _subject_name(subject: Subject) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, subject.model),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, subject.serial),
            x509.NameAttribute(
                NameOID.COMMON_NAME, f"{subject.model} {subject.serial}"
            ),
        ]
    )


def make_request(subject: Subject, key: PrivateKey) -> bytes:
    """Make a PKCS#10 certificate request (DER) that proves possession of `key`."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        _subject_name(subject)
    )
    return builder.sign(key.native, hashes.SHA256()).public_bytes(Encoding.DER)


def read_request(der: bytes) -> PublicKey:
    """Give the key that a request asks for; raises unless its signature holds."""
    try:
        request = x509.load_der_x509_csr(der)
        proven = request.is_signature_valid
        public = request.public_key()
    except Exception as error:
        # As with certificates: flipped bytes may raise many kinds of error.
        raise MalformedError("not a certificate request") from error
    if not proven:
        raise SignatureError("a certificate request that its key did not sign")
    return PublicKey.from_native(public)
