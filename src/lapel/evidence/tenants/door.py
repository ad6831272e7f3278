"""The device door's keys: a CA of the server's own, under which its TLS stands.

Machines hold this CA's hash against their one-time code. It certifies nothing else: who
a camera or a dock is, each agency's own CA says.
"""

from pathlib import Path
from typing import Final

from lapel.base.errors import SetupError
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
from lapel.crypto.keys import PrivateKey
from lapel.ports.private import write_private

_CA_YEARS: Final = 20
CA, CA_KEY, KEY, CERTIFICATE = "ca.pem", "ca.key", "server.key", "server.pem"


def make(folder: Path, now_ms: int) -> None:
    """Make the CA and the key that are missing."""
    if not (folder / CA).exists():
        key = PrivateKey.generate()
        validity = Validity(now_ms - 7 * DAY_MS, now_ms + _CA_YEARS * YEAR_MS)
        root = make_root("Evidence device door", key, validity)
        write_private(folder / CA_KEY, key.to_pem())
        write_private(folder / CA, root.to_pem())
    if not (folder / KEY).exists():
        write_private(folder / KEY, PrivateKey.generate().to_pem())


def authority(folder: Path) -> Certificate:
    """Give the CA; raises SetupError when it is missing."""
    return Certificate.from_pem(_read(folder / CA))


def certify(
    folder: Path, hosts: tuple[str, ...], validity: Validity
) -> tuple[Path, Path]:
    """Issue the server's certificate anew; give the files of it and of its key."""
    issuer = Issuer(authority(folder), PrivateKey.from_pem(_read(folder / CA_KEY)))
    key = PrivateKey.from_pem(_read(folder / KEY))
    subject = Subject("EVIDENCE", "evidence", hosts)
    certificate = issuer.issue(subject, key.public, Role.SERVER, validity)
    write_private(folder / CERTIFICATE, certificate.to_pem())
    return folder / CERTIFICATE, folder / KEY


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise SetupError(
            f"the key {path} is missing; bring it back from the backup"
        ) from error
