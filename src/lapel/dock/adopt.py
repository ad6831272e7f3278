"""Adoption of a dock with a one-time machine code from Evidence (formats 13)."""

import base64
from pathlib import Path

import httpx

from lapel.base.errors import MalformedError, SignatureError, UnreachableError
from lapel.crypto.certs import Certificate, Role, Subject, make_request
from lapel.crypto.keys import PrivateKey
from lapel.crypto.note import LogVerifier
from lapel.dock.evidence import refusal
from lapel.dock.machine import Machine
from lapel.ports.pinned import to_server, unpinned
from lapel.wire.machine_code import MachineCode


def adopt_dock(folder: Path, text: str) -> Machine:
    """Make keys and have the agency certify them.

    1. Fetch the agency's CA from the address in the code. 2. Its SHA-256 must be the
    code's: the code came another way. 3. Only then, over TLS under that CA, hand over
    the secret and a certificate request.
    """
    code = MachineCode.decode(text, "dock")
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
