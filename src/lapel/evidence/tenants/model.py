"""The tenant and its keys."""

from dataclasses import dataclass, field

from lapel.crypto.certs import Issuer
from lapel.crypto.keys import PrivateKey


@dataclass(frozen=True, slots=True)
class Tenant:
    """An agency: `origin` names its custody log, `zone` is where its clocks are."""

    id: str
    name: str
    origin: str
    zone: str


@dataclass(frozen=True, slots=True)
class NewTenant:
    """What the first start is told."""

    name: str
    host: str
    zone: str


@dataclass(frozen=True)
class KeyRing:
    """The tenant's private keys, one use each. The log key is not among them."""

    ca: Issuer
    receipt: PrivateKey
    settings: PrivateKey
    grant: PrivateKey
    evidence: tuple[PrivateKey, ...]
    thumbs: bytes = field(repr=False)
    secrets: bytes = field(repr=False)
    """Seals what the database holds and must not show, such as passphrases."""
