"""Pure decisions on devices: who may be adopted, and as what."""

from lapel.base.errors import RefusedError, SignatureError
from lapel.crypto.certs import YEAR_MS, Certificate, Role, Validity, check_path
from lapel.evidence.devices.model import Kind
from lapel.wire.adoption import Identity

CODE_MS = 15 * 60_000
TOKEN_MS = 600_000

ROLES = {Kind.DOCK: Role.DOCK, Kind.SYNC: Role.SYNC}


def validity(now_ms: int, years: int = 10) -> Validity:
    """From an hour ago, for clocks that differ, to `years` from now."""
    return Validity(now_ms - 3_600_000, now_ms + years * YEAR_MS)


def check_identity(
    identity: Identity, named: tuple[str, bytes], makers: tuple[Certificate, ...]
) -> Certificate:
    """Give the manufacturer's certificate of the camera that asks.

    1. A manufacturer whose voucher was added issued it. 2. It names this serial.
    3. Its key signed the requests that came with it, under this number.

    `named` is the serial and the number that the voucher names.
    """
    serial, nonce = named
    certificate = Certificate.from_der(identity.id_certificate)
    check_path([certificate], makers)
    if certificate.serial != serial:
        raise RefusedError("serial", "the certificate names another camera")
    try:
        certificate.public.verify(identity.proof, identity.proven(nonce))
    except SignatureError as error:
        raise RefusedError(
            "proof", "the camera did not sign these certificate requests"
        ) from error
    return certificate
