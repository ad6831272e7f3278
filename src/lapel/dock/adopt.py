"""Adoption of a dock with a one-time machine code from Evidence (formats 13)."""

import base64
from pathlib import Path

from lapel.base.errors import MalformedError, SignatureError
from lapel.crypto.certs import Certificate, Role, Subject, make_request
from lapel.crypto.keys import PrivateKey
from lapel.crypto.note import LogVerifier
from lapel.dock.machine import Machine
from lapel.ports.joining import authority_of, hand_in
from lapel.wire.machine_code import MachineCode


def adopt_dock(folder: Path, text: str) -> Machine:
    """Make keys and have the agency certify them.

    1. Fetch the server's CA from the address in the code. 2. Its SHA-256 must be the
    code's: the code came another way. 3. Only then, over TLS under that CA, hand over
    the secret and a certificate request. The answer names the agency's CA.
    """
    code = MachineCode.decode(text, "dock")
    server = authority_of(code)
    key = PrivateKey.generate()
    request = make_request(Subject("NEW-DOCK", "dock"), key)
    body = {
        "code": code.secret,
        "kind": "dock",
        "request": base64.b64encode(request).decode(),
    }
    read = hand_in(code, server, "/device/adopt", body)
    try:
        der = base64.b64decode(str(read["certificate"]))
        certificate = Certificate.from_der(der)
        authority = Certificate.from_der(base64.b64decode(str(read["ca"])))
        vkey = LogVerifier.from_vkey(str(read["log_vkey"])).vkey
        named = str(read["tenant"]), vkey
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedError(f"{code.url} gave no certificate") from error
    ours = certificate.public.point == key.public.point
    if not (ours and certificate.issued_by(authority)):
        raise SignatureError("the certificate is not for this dock's key")
    if certificate.role is not Role.DOCK:
        raise SignatureError("the certificate is not that of a dock")
    serial = certificate.serial
    authorities = authority, server
    machine = Machine(folder, code.url, serial, *named, key, certificate, *authorities)
    machine.save()
    return machine
