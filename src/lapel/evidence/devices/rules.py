"""Pure decisions on devices: who may be adopted and as what, what a network can be."""

import re
from typing import Final

from lapel.base.clock import Entropy
from lapel.base.errors import RefusedError, SignatureError
from lapel.crypto.certs import YEAR_MS, Certificate, Role, Validity, check_path
from lapel.evidence.devices.model import Kind, Network
from lapel.wire.adoption import Identity

CODE_MS = 15 * 60_000
TOKEN_MS = 600_000

SSID_MOST: Final = 32
PASSPHRASE: Final = range(8, 64)
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_MADE: Final = 20
"""Letters of a passphrase that is made here: 99 bits."""

_SOFTWARE: Final = re.compile(r"lapel-(?:dock|sync)/([0-9A-Za-z.+-]{1,32})")
ROLES = {Kind.DOCK: Role.DOCK, Kind.SYNC: Role.SYNC}


def validity(now_ms: int, years: int = 10) -> Validity:
    """From an hour ago, for clocks that differ, to `years` from now."""
    return Validity(now_ms - 3_600_000, now_ms + years * YEAR_MS)


def software(said: str) -> str:
    """Read the version out of what a machine calls itself; empty for anything else."""
    found = _SOFTWARE.fullmatch(said)
    return found[1] if found else ""


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


def check_network(network: Network) -> None:
    """Raise RefusedError `ssid` or `passphrase` for what WPA2 or people cannot use.

    A name has 1 to 32 bytes and no control characters, a passphrase 8 to 63 printable
    ASCII characters; neither begins or ends with a space, which nobody sees.
    """
    ssid, passphrase = network.ssid, network.passphrase
    fits = 1 <= len(ssid.encode()) <= SSID_MOST and ssid.isprintable()
    if not fits or ssid != ssid.strip():
        raise RefusedError("ssid", "a network's name has 1 to 32 bytes, in one line")
    plain = passphrase.isascii() and passphrase.isprintable()
    whole = plain and passphrase == passphrase.strip()
    if len(passphrase) not in PASSPHRASE or not whole:
        raise RefusedError(
            "passphrase", "a passphrase has 8 to 63 letters, digits or signs of ASCII"
        )


def new_passphrase(entropy: Entropy) -> str:
    """Make a passphrase of letters that are not taken for each other."""
    found = ""
    while len(found) < _MADE:
        drawn = (one % 32 for one in entropy(2 * _MADE))
        found += "".join(_LETTERS[one] for one in drawn if one < len(_LETTERS))
    return found[:_MADE]
