"""Adoption of a dock with a one-time machine code from Evidence (formats 13)."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

import httpx

from lapel.base.errors import MalformedError, SignatureError, UnreachableError
from lapel.crypto.certs import Certificate, Role, Subject, make_request
from lapel.crypto.keys import PrivateKey
from lapel.crypto.note import LogVerifier
from lapel.dock.evidence import refusal
from lapel.dock.machine import Machine, to_server, unpinned

PREFIX = "lapel-dock:"


@dataclass(frozen=True, slots=True)
class MachineCode:
    """Where Evidence is, the SHA-256 of its CA, and the one-time secret."""

    url: str
    authority: bytes
    secret: str

    @classmethod
    def parse(cls, text: str) -> "MachineCode":
        """Read a code as Evidence prints it; raises `MalformedError`."""
        try:
            body = text.strip().removeprefix(PREFIX)
            read = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            code = cls(str(read["url"]), bytes.fromhex(read["ca"]), str(read["secret"]))
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedError("this is not a machine code of Evidence") from error
        if not text.strip().startswith(PREFIX) or len(code.authority) != 32:
            raise MalformedError("this is not a code for a dock")
        return code


def adopt_dock(folder: Path, text: str) -> Machine:
    """Make keys and have the agency certify them.

    1. Fetch the agency's CA from the address in the code. 2. Its SHA-256 must be the
    code's: the code came another way. 3. Only then, over TLS under that CA, hand over
    the secret and a certificate request.
    """
    code = MachineCode.parse(text)
    authority = _authority(code)
    key = PrivateKey.generate()
    request = make_request(Subject("NEW-DOCK", "dock"), key)
    body = {
        "code": code.secret,
        "kind": "dock",
        "request": base64.b64encode(request).decode(),
    }
    try:
        with httpx.Client(base_url=code.url, verify=to_server(authority)) as client:
            answer = client.post("/device/adopt", json=body)
    except httpx.TransportError as error:
        raise UnreachableError(f"{code.url} does not answer") from error
    if not answer.is_success:
        raise refusal(answer)
    try:
        read = answer.json()
        certificate = Certificate.from_der(base64.b64decode(read["certificate"]))
        named = str(read["tenant"]), LogVerifier.from_vkey(read["log_vkey"]).vkey
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedError(f"{code.url} gave no certificate") from error
    ours = certificate.public.point == key.public.point
    if not (ours and certificate.issued_by(authority)):
        raise SignatureError("the certificate is not for this dock's key")
    if certificate.role is not Role.DOCK:
        raise SignatureError("the certificate is not that of a dock")
    serial = certificate.serial
    machine = Machine(folder, code.url, serial, *named, key, certificate, authority)
    machine.save()
    return machine


def _authority(code: MachineCode) -> Certificate:
    try:
        with httpx.Client(base_url=code.url, verify=unpinned()) as client:
            answer = client.get("/device/ca")
    except httpx.TransportError as error:
        raise UnreachableError(f"{code.url} does not answer") from error
    if not answer.is_success:
        raise refusal(answer)
    authority = Certificate.from_der(answer.content)
    if authority.fingerprint != code.authority:
        raise SignatureError(
            "this server's certificate authority is not the one in the code. Somebody "
            "may stand between: get a fresh code and check the address."
        )
    return authority
