"""The device door for docks and syncs: adoption and sign-in."""

import base64
import binascii

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from lapel.base.errors import MalformedError
from lapel.evidence.devices.model import Kind
from lapel.evidence.devices.rules import TOKEN_MS
from lapel.evidence.site import Site


class Adopt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine's one-time code, what it is, and its certificate request."""

    code: str
    kind: str
    request: str
    link: str | None = None


class AdoptedMachine(msgspec.Struct, frozen=True):
    """Everything a machine needs from now on; certificates are DER in base64."""

    device: str
    serial: str
    certificate: str
    ca: str
    tenant: str
    origin: str
    log_vkey: str
    settings_key: str


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed assertion of who calls (RFC 7523)."""

    assertion: str


class Token(msgspec.Struct, frozen=True):
    """What stands behind `Authorization: Bearer` for ten minutes."""

    token: str
    expires_in: int


class Machines(Controller):
    """Routes that are open to machines without a token."""

    path = "/device"
    tags = ("device: machines",)

    @get("/ca", media_type="application/octet-stream", sync_to_thread=False)
    def authority(self, site: NamedDependency[Site]) -> bytes:
        """Give the agency's CA; a machine holds its hash against its code."""
        return site.keys.ca.certificate.der

    @post("/adopt", status_code=200, sync_to_thread=True)
    def adopt(
        self, site: NamedDependency[Site], data: JSONBody[Adopt]
    ) -> AdoptedMachine:
        """Adopt a dock or sync with a one-time code."""
        try:
            kind = Kind(data.kind)
            request = base64.b64decode(data.request, validate=True)
        except (ValueError, binascii.Error) as error:
            raise MalformedError("a kind or request that cannot be read") from error
        serial, certificate = site.devices.adopt_machine(data.code, kind, request)
        return AdoptedMachine(
            device=serial,
            serial=serial,
            certificate=base64.b64encode(certificate.der).decode(),
            ca=base64.b64encode(site.keys.ca.certificate.der).decode(),
            tenant=site.tenant.id,
            origin=site.tenant.origin,
            log_vkey=site.vkey,
            settings_key=base64.b64encode(site.keys.settings.public.point).decode(),
        )

    @post("/token", status_code=200, sync_to_thread=True)
    def token(self, site: NamedDependency[Site], data: JSONBody[SignIn]) -> Token:
        """Give a token for a signed assertion."""
        return Token(site.devices.sign_in(data.assertion), TOKEN_MS // 1000)
