"""Keys of a tenant as files: made once, mode 0600, one file a key."""

from pathlib import Path

from lapel.base.clock import Entropy
from lapel.base.errors import SetupError
from lapel.crypto.certs import DAY_MS, YEAR_MS, Certificate, Issuer, Validity, make_root
from lapel.crypto.keys import PrivateKey
from lapel.evidence.tenants.model import KeyRing, Tenant
from lapel.ports.private import write_private

_CA_YEARS = 20
_SINGLE = ("receipt", "settings", "grant")
_SYMMETRIC = ("thumbs", "secrets")


def make(folder: Path, tenant: Tenant, now_ms: int, entropy: Entropy) -> None:
    """Make every key that is missing; what exists is kept."""
    _key(folder / "ca.key")
    for name in _SINGLE:
        _key(folder / f"{name}.key")
    if not list(folder.glob("evidence-*.key")):
        add_evidence_key(folder)
    for name in _SYMMETRIC:
        path = folder / f"{name}.key"
        if not path.exists():
            write_private(path, entropy(32))
    certificate = folder / "ca.pem"
    if not certificate.exists():
        key = PrivateKey.from_pem((folder / "ca.key").read_bytes())
        validity = Validity(now_ms - 7 * DAY_MS, now_ms + _CA_YEARS * YEAR_MS)
        write_private(
            certificate, make_root(f"{tenant.name} CA", key, validity).to_pem()
        )


def add_evidence_key(folder: Path) -> PrivateKey:
    """Make an evidence key; cameras wrap to it from their next settings on."""
    key = PrivateKey.generate()
    write_private(folder / f"evidence-{key.public.kid.hex()}.key", key.to_pem())
    return key


def load(folder: Path) -> KeyRing:
    """Read the keys; raises SetupError when one is missing."""
    try:
        certificate = Certificate.from_pem((folder / "ca.pem").read_bytes())
        singles = {name: _read(folder / f"{name}.key") for name in _SINGLE}
        return KeyRing(
            ca=Issuer(certificate, _read(folder / "ca.key")),
            receipt=singles["receipt"],
            settings=singles["settings"],
            grant=singles["grant"],
            evidence=tuple(
                _read(path) for path in sorted(folder.glob("evidence-*.key"))
            ),
            thumbs=(folder / "thumbs.key").read_bytes(),
            secrets=(folder / "secrets.key").read_bytes(),
        )
    except FileNotFoundError as error:
        raise SetupError(
            f"the key {error.filename} is missing; bring it back from the backup"
        ) from error


def _key(path: Path) -> None:
    if not path.exists():
        write_private(path, PrivateKey.generate().to_pem())


def _read(path: Path) -> PrivateKey:
    return PrivateKey.from_pem(path.read_bytes())
