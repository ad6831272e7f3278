"""P-256 keys: signatures as 64 bytes r|s with the lower s, points as 65 bytes."""

from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from typing_extensions import override

from lapel.base.errors import MalformedError, SignatureError
from lapel.crypto.digest import sha256

_CURVE: Final = ec.SECP256R1()
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ES256: Final = ec.ECDSA(hashes.SHA256())
_ES256_FIXED: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


@dataclass(frozen=True)
class PublicKey:
    """A checked point of the curve."""

    native: ec.EllipticCurvePublicKey
    point: bytes

    @classmethod
    def from_point(cls, point: bytes) -> Self:
        """Read an uncompressed point; raises `MalformedError` off the curve."""
        if len(point) != 65 or point[0] != 4:
            raise MalformedError("a public key is an uncompressed point of 65 bytes")
        try:
            native = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
        except ValueError as error:
            raise MalformedError("a point that is not on the curve") from error
        return cls(native, point)

    @classmethod
    def from_native(cls, native: object) -> Self:
        """Take a key of the library; raises `MalformedError` unless it is P-256."""
        if not isinstance(native, ec.EllipticCurvePublicKey) or not isinstance(
            native.curve, ec.SECP256R1
        ):
            raise MalformedError("not a P-256 key")
        point = native.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return cls(native, point)

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read SubjectPublicKeyInfo in PEM."""
        try:
            return cls.from_native(load_pem_public_key(pem))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise MalformedError("not a public key in PEM") from error

    def to_pem(self) -> bytes:
        """Write SubjectPublicKeyInfo in PEM."""
        return self.native.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def kid(self) -> bytes:
        """Key id: first 8 bytes of the SHA-256 of the point."""
        return sha256(self.point)[:8]

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise `SignatureError` unless `signature` (r|s, low s) covers `data`."""
        if len(signature) != 64:
            raise SignatureError("a signature has 64 bytes")
        r = int.from_bytes(signature[:32], "big")
        s = int.from_bytes(signature[32:], "big")
        if not (0 < r < _ORDER and 0 < s <= _ORDER // 2):
            raise SignatureError("a signature out of range")
        try:
            self.native.verify(utils.encode_dss_signature(r, s), data, _ES256)
        except InvalidSignature as error:
            raise SignatureError("a signature that does not fit") from error


@dataclass(frozen=True)
class PrivateKey:
    """A private key; it prints nothing of itself."""

    native: ec.EllipticCurvePrivateKey

    @override
    def __repr__(self) -> str:
        """Show the key id only."""
        return f"PrivateKey(kid={self.public.kid.hex()})"

    @classmethod
    def generate(cls) -> Self:
        """Make a new key."""
        return cls(ec.generate_private_key(_CURVE))

    @classmethod
    def from_secret(cls, secret: bytes) -> Self:
        """Derive the key with this 32-byte scalar."""
        try:
            scalar = int.from_bytes(secret, "big")
            return cls(ec.derive_private_key(scalar, _CURVE))
        except ValueError as error:
            raise MalformedError("not a private scalar") from error

    @classmethod
    def from_pem(cls, pem: bytes, password: bytes | None = None) -> Self:
        """Read PKCS#8 in PEM."""
        try:
            native = load_pem_private_key(pem, password)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise MalformedError("not a private key in PEM") from error
        if not isinstance(native, ec.EllipticCurvePrivateKey) or not isinstance(
            native.curve, ec.SECP256R1
        ):
            raise MalformedError("not a P-256 key")
        return cls(native)

    def to_pem(self, password: bytes | None = None) -> bytes:
        """Write PKCS#8 in PEM, encrypted when a password is given."""
        guard = BestAvailableEncryption(password) if password else NoEncryption()
        return self.native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, guard)

    @property
    def secret(self) -> bytes:
        """The 32-byte scalar."""
        return self.native.private_numbers().private_value.to_bytes(32, "big")

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey.from_native(self.native.public_key())

    def sign(self, data: bytes) -> bytes:
        """Sign with ECDSA and SHA-256, deterministic (RFC 6979), low s."""
        r, s = utils.decode_dss_signature(self.native.sign(data, _ES256_FIXED))
        s = min(s, _ORDER - s)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
