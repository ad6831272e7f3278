"""Manufacture: the maker's CA, new cameras, and vouchers (formats 13)."""

from dataclasses import dataclass
from typing import Final

from lapel.base.ids import serial as checked_serial
from lapel.camera.identity import Identity, write_identity
from lapel.camera.models import model as find_model
from lapel.camera.tag import Chip, image, message
from lapel.crypto.certs import (
    DAY_MS,
    YEAR_MS,
    Certificate,
    Issuer,
    Role,
    Subject,
    Validity,
    make_root,
)
from lapel.crypto.cose import sign
from lapel.crypto.keys import PrivateKey
from lapel.ports.files import Files
from lapel.ports.keystore import AT_MANUFACTURE, KeyName, KeyStore
from lapel.wire.adoption import Voucher

_CERTIFICATE: Final = "maker.pem"
_KEY: Final = "maker.key"
_CA_YEARS: Final = 30
_DEVICE_YEARS: Final = 20
_VOUCHER_DAYS: Final = 365


@dataclass(frozen=True)
class Factory:
    """The maker: a CA whose key lies in a folder of its own."""

    issuer: Issuer
    now_ms: int

    def make(self, files: Files, keys: KeyStore, model: str, serial: str) -> Identity:
        """Make a camera in an empty folder: keys, certificates, tag."""
        checked_serial(serial)
        find_model(model)
        keys.make(AT_MANUFACTURE)
        subject = Subject(serial, model)
        validity = Validity(self.now_ms - DAY_MS, self.now_ms + _DEVICE_YEARS * YEAR_MS)
        named, signing = (
            self.issuer.issue(subject, keys.public(name), role, validity)
            for name, role in (
                (KeyName.ID, Role.CAMERA_AUTH),
                (KeyName.SIGN0, Role.CAMERA_SIGN),
            )
        )
        ca = self.issuer.certificate
        identity = Identity(model, serial, ca.der, named.der, signing.der)
        content = message(model, serial)
        files.replace("tag/tag.ndef", content)
        files.replace("tag/ntag213.bin", image(content, Chip.NTAG213))
        write_identity(files, identity)
        return identity

    def voucher(self, serial: str, tenant: str, ca: bytes, nonce: bytes) -> bytes:
        """Sign that a camera belongs to a tenant, whose CA (DER) it shall pin."""
        until = self.now_ms + _VOUCHER_DAYS * DAY_MS
        document = Voucher(checked_serial(serial), tenant, ca, nonce, until)
        return sign("voucher", document.encode(), self.issuer.key)


def open_factory(files: Files, now_ms: int) -> Factory:
    """Open the maker's folder; key and certificate are made on first use."""
    if files.size(_CERTIFICATE) is None:
        key = PrivateKey.generate()
        validity = Validity(now_ms - DAY_MS, now_ms + _CA_YEARS * YEAR_MS)
        files.replace(_KEY, key.to_pem())
        files.replace(_CERTIFICATE, make_root("Camera maker", key, validity).to_pem())
    key = PrivateKey.from_pem(files.read(_KEY))
    certificate = Certificate.from_pem(files.read(_CERTIFICATE))
    return Factory(Issuer(certificate, key), now_ms)
