"""A dock's own folder: who it is, whose, and what it last saw of the log."""

import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from lapel.base.errors import MalformedError, RefusedError, SetupError
from lapel.crypto.certs import Certificate, Role
from lapel.crypto.keys import PrivateKey
from lapel.crypto.note import LogVerifier
from lapel.ports.pinned import pinned, to_server
from lapel.ports.private import write_private

KEY, CERTIFICATE, AUTHORITY = "dock.key", "dock.pem", "agency.pem"
SERVER: Final = "server.pem"
IDENTITY, CHECKPOINT = "dock.json", "checkpoint"
BAYS = "bays"


@dataclass(frozen=True)
class Machine:
    """An adopted dock; `authority` is the agency's CA, `server` that of the door."""

    folder: Path
    url: str
    serial: str
    tenant: str
    log_vkey: str
    key: PrivateKey
    certificate: Certificate
    authority: Certificate
    server: Certificate

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the folder of an adopted dock; raises `SetupError`."""
        try:
            identity = json.loads((folder / IDENTITY).read_text())
            return cls(
                folder,
                str(identity["url"]),
                str(identity["serial"]),
                str(identity["tenant"]),
                str(identity["log_vkey"]),
                PrivateKey.from_pem((folder / KEY).read_bytes()),
                Certificate.from_pem((folder / CERTIFICATE).read_bytes()),
                Certificate.from_pem((folder / AUTHORITY).read_bytes()),
                Certificate.from_pem((folder / SERVER).read_bytes()),
            )
        except (OSError, ValueError, KeyError, TypeError, MalformedError) as error:
            raise SetupError(
                f"{folder} is not an adopted dock. Get a code in Evidence under Docks "
                f"and run: lapel dock adopt --dir {folder} CODE"
            ) from error

    def save(self) -> None:
        """Write the folder, key first, identity last."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self.folder / KEY, self.key.to_pem())
        write_private(self.folder / CERTIFICATE, self.certificate.to_pem())
        write_private(self.folder / AUTHORITY, self.authority.to_pem())
        write_private(self.folder / SERVER, self.server.to_pem())
        identity = {
            "url": self.url,
            "serial": self.serial,
            "tenant": self.tenant,
            "log_vkey": self.log_vkey,
        }
        write_private(self.folder / IDENTITY, json.dumps(identity, indent=2).encode())

    @property
    def log(self) -> LogVerifier:
        """The agency's custody log."""
        return LogVerifier.from_vkey(self.log_vkey)

    def check(self, now_ms: int) -> None:
        """Raise `RefusedError` when no camera would let this dock in, and say why."""
        command = f"lapel dock adopt --dir {self.folder} CODE"
        code = f"get a fresh code in Evidence and run: {command}"
        if self.certificate.role not in {Role.DOCK, Role.SYNC}:
            raise RefusedError(
                "role", f"this machine's certificate is no dock's; {code}"
            )
        if not self.certificate.validity.holds(now_ms):
            raise RefusedError(
                "expired",
                "this dock's certificate has run out, or this machine's clock is "
                f"wrong. Check the clock; if it is right, {code}",
            )

    def to_evidence(self) -> ssl.SSLContext:
        """TLS towards Evidence: under the CA of its door, with the server's role."""
        return to_server(self.server)

    def to_camera(self) -> ssl.SSLContext:
        """TLS towards cameras: both sides show certificates of the agency."""
        context = pinned(self.authority)
        context.load_cert_chain(self.folder / CERTIFICATE, self.folder / KEY)
        return context
