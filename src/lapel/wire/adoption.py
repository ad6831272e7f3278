"""Adoption of a device into a tenant, and its release (formats 13).

The manufacturer's voucher names the tenant and its CA for one device; the tenant's CA
then signs the adoption, which carries the key that signs settings from there on.
"""

from lapel.wire import cbor
from lapel.wire.document import (
    Document,
    document,
    id16,
    keyed,
    octets,
    point65,
    text,
    uint,
)


@document
class Voucher(Document):
    """By the manufacturer: this device, with this nonce, belongs to this tenant."""

    serial: str = keyed(1, text)
    tenant: str = keyed(2, text)
    tenant_ca: bytes = keyed(3, octets())
    nonce: bytes = keyed(4, id16)
    not_after_ms: int = keyed(5, uint())


@document
class Adoption(Document):
    """By the tenant's CA key: the device is ours, and settings are signed by this."""

    serial: str = keyed(1, text)
    tenant: str = keyed(2, text)
    nonce: bytes = keyed(3, id16)
    settings_key: bytes = keyed(4, point65)


@document
class Release(Document):
    """By the settings key: the device, with this nonce, is ours no longer."""

    serial: str = keyed(1, text)
    tenant: str = keyed(2, text)
    nonce: bytes = keyed(3, id16)
    utc_ms: int = keyed(4, uint())


@document
class Identity(Document):
    """A device's new keys: two certificate requests, two public keys, and who asks.

    `proof` is the `id` key's raw signature over `proven`.
    """

    LIMIT = 8192
    sign_request: bytes = keyed(1, octets())
    auth_request: bytes = keyed(2, octets())
    link: bytes = keyed(3, point65)
    open: bytes = keyed(4, point65)
    id_certificate: bytes = keyed(5, octets())
    proof: bytes = keyed(6, octets(64))

    def proven(self, nonce: bytes) -> bytes:
        """Give what the proof covers: fields 1 to 4, and 7 the voucher's nonce."""
        return proven(self.sign_request, self.auth_request, self.link, self.open, nonce)


def proven(*parts: bytes) -> bytes:
    """Give the CBOR map of both requests, link, open and the voucher's nonce."""
    return cbor.encode(dict(zip((1, 2, 3, 4, 7), parts, strict=True)))


@document
class Adopted(Document):
    """The tenant's answer to an identity: certificates, grant, settings, adoption."""

    LIMIT = (1 << 20) + 16_384
    sign_certificate: bytes = keyed(2, octets())
    auth_certificate: bytes = keyed(3, octets())
    grant: bytes = keyed(4, octets())
    settings: bytes = keyed(5, octets())
    ca: bytes = keyed(6, octets())
    adoption: bytes = keyed(7, octets())
