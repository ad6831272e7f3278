"""The device door for docks and syncs: adoption and sign-in."""

import base64
import binascii
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from lapel.base.errors import MalformedError, RefusedError, SignatureError
from lapel.crypto import tokens
from lapel.evidence.devices.model import Kind
from lapel.evidence.devices.rules import TOKEN_MS
from lapel.evidence.server import Server
from lapel.evidence.tenants import door


class Adopt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine's one-time code, what it is, and its certificate request."""

    code: str
    kind: str
    request: str
    link: str | None = None


class AdoptedMachine(msgspec.Struct, frozen=True):
    """Everything a machine needs from now on; certificates are DER in base64.

    `ca` is the agency's, for cameras; the code named the one of this door.
    """

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
    def authority(self, server: NamedDependency[Server]) -> bytes:
        """Give the CA of this door; a machine holds its hash against its code."""
        return door.authority(server.home.door).der

    @post("/adopt", status_code=200, sync_to_thread=True)
    def adopt(
        self, server: NamedDependency[Server], data: JSONBody[Adopt]
    ) -> AdoptedMachine:
        """Adopt a dock or sync with a one-time code."""
        site = server.of_secret(data.code)
        if site is None:
            raise RefusedError("code", "this code is not of this server")
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
    def token(
        self,
        request: Request[Any, Any, Any],
        server: NamedDependency[Server],
        data: JSONBody[SignIn],
    ) -> Token:
        """Give a token for a signed assertion, whose audience is the agency's log.

        What the machine calls itself (`User-Agent`) is kept as the software it runs.
        """
        site = server.site(tokens.audience(data.assertion).rpartition("/")[2])
        if site is None:
            raise SignatureError("an assertion for another server")
        software = request.headers.get("user-agent", "")
        secret = site.devices.sign_in(data.assertion, software)
        return Token(secret, TOKEN_MS // 1000)
