"""Anchors from outside: CA certificates, receipt keys, log keys, revocation lists.

Whoever verifies brings them; nothing inside a recording or package is ever trusted
because it is there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from lapel.base.errors import MalformedError, SignatureError
from lapel.crypto.certs import Certificate, Role, check_path
from lapel.crypto.keys import PublicKey
from lapel.crypto.note import LogVerifier
from lapel.crypto.revocation import RevocationList
from lapel.proof.verdict import utc
from lapel.wire.recording import Genesis

_BLOCK = re.compile(
    rb"-----BEGIN ([A-Z0-9 ]+)-----\r?\n.*?-----END \1-----\r?\n?", re.DOTALL
)


@dataclass(frozen=True)
class Trust:
    """What the verifier believes."""

    authorities: tuple[Certificate, ...] = ()
    receipt_keys: tuple[PublicKey, ...] = ()
    logs: tuple[LogVerifier, ...] = ()
    revocations: tuple[RevocationList, ...] = ()

    @classmethod
    def parse(cls, files: Iterable[bytes]) -> Self:
        """Read trust files: PEM blocks and vkey lines, or one certificate in DER."""
        found = _Found([], [], [], [])
        for data in files:
            found.read(data)
        return cls(
            tuple(found.authorities),
            tuple(found.receipt_keys),
            tuple(found.logs),
            tuple(found.revocations),
        )

    def and_(self, other: Self) -> Self:
        """Believe what both believe."""
        return type(self)(
            self.authorities + other.authorities,
            self.receipt_keys + other.receipt_keys,
            self.logs + other.logs,
            self.revocations + other.revocations,
        )


@dataclass(frozen=True, slots=True)
class _Found:
    authorities: list[Certificate]
    receipt_keys: list[PublicKey]
    logs: list[LogVerifier]
    revocations: list[RevocationList]

    def read(self, data: bytes) -> None:
        if data.startswith((b"\x30\x81", b"\x30\x82")):
            self.authorities.append(Certificate.from_der(data))
            return
        for block in _BLOCK.finditer(data):
            self._block(block[1], block[0])
        for line in _BLOCK.sub(b"", data).splitlines():
            if line.strip() and not line.startswith(b"#"):
                self.logs.append(LogVerifier.from_vkey(line.decode("utf-8", "replace")))

    def _block(self, kind: bytes, pem: bytes) -> None:
        if kind == b"CERTIFICATE":
            self.authorities.append(Certificate.from_pem(pem))
        elif kind == b"PUBLIC KEY":
            self.receipt_keys.append(PublicKey.from_pem(pem))
        elif kind == b"X509 CRL":
            self.revocations.append(RevocationList.from_pem(pem))
        else:
            raise MalformedError(f"a trust file with a block {kind.decode()}")


@dataclass(frozen=True, slots=True)
class Moment:
    """The times a signer is held against: when it began, and when it was proved."""

    proof_ms: int
    start_ms: int
    clock: int


@dataclass(frozen=True)
class Vouched:
    """The anchor that stands for a signer, and what is to be said beside it."""

    anchor: Certificate
    notes: tuple[str, ...] = ()


def check_signer(
    chain: tuple[Certificate, ...], genesis: Genesis, trust: Trust, proof_ms: int
) -> Vouched:
    """Give the anchor that stands for a recording's signer, else `SignatureError`.

    1. The leaf's role is camera sign. 2. Its serial and model are GENESIS's. 3. A path
    leads to a trusted CA. 4. Proof time, and start time unless the clock was unset, lie
    within the validity of each certificate. 5. None was revoked before the proof time,
    nor was the recording begun after the date since when it is not good; a revocation
    that leaves the recording good is noted.
    """
    leaf = chain[0]
    if leaf.role is not Role.CAMERA_SIGN:
        raise SignatureError("the signer's certificate is not for signing recordings")
    if leaf.serial != genesis.serial or leaf.model != genesis.model:
        raise SignatureError("the signer's certificate names another camera")
    path = check_path(chain, trust.authorities)
    moment = Moment(proof_ms, genesis.start_ms, genesis.clock)
    for certificate in path:
        _check_dates(certificate, moment)
    notes: list[str] = []
    for certificate, issuer in pairwise(path):
        notes += _check_revoked(certificate, issuer, trust, moment)
    return Vouched(path[-1], tuple(notes))


def _check_dates(certificate: Certificate, moment: Moment) -> None:
    validity = certificate.validity
    if not validity.holds(moment.proof_ms):
        raise SignatureError("a certificate that is not valid at the proof time")
    if moment.clock and not validity.holds(moment.start_ms):
        raise SignatureError("a certificate that was not valid at the start")


def _check_revoked(
    certificate: Certificate, issuer: Certificate, trust: Trust, moment: Moment
) -> list[str]:
    notes: list[str] = []
    for item in trust.revocations:
        revoked = item.find(certificate) if item.issued_by(issuer) else None
        if revoked is None:
            continue
        day = utc(revoked.revoked_ms)
        if moment.proof_ms > revoked.revoked_ms:
            raise SignatureError(
                f"the certificate was revoked on {day}, before the proof time"
            )
        if moment.clock and moment.start_ms > revoked.invalid_ms:
            raise SignatureError("the recording began after the key was in doubt")
        notes.append(
            f"the certificate was revoked on {day}; what was proved before stays good"
        )
    return notes
