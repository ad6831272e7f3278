"""An authenticator that answers as a browser sends it, rightly or as it is told to."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

from lapel.crypto.digest import sha256

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey; what is not as it should be is changed before it answers."""

    origin: str = "https://evidence.example.org"
    host: str = "evidence.example.org"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    crossed: bool = False
    credential: bytes = b"the-credential-1"
    handle: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, asked: dict[str, Any]) -> str:
        """Answer the question for a new passkey."""
        self.handle = raw(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {
            1: 2,
            3: -7,
            -1: 1,
            -2: numbers.x.to_bytes(32),
            -3: numbers.y.to_bytes(32),
        }
        size = len(self.credential).to_bytes(2)
        attested = bytes(16) + size + self.credential + cbor.encode(cose)
        statement: dict[str, object] = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._data(ATTESTED) + attested,
        }
        response = {
            "clientDataJSON": self._client("webauthn.create", asked),
            "attestationObject": plain(cbor.encode(statement)),
        }
        return self._answer(response)

    def sign(self, asked: dict[str, Any]) -> str:
        """Answer the question to sign."""
        client, data = self._client("webauthn.get", asked), self._data(0)
        signature = self.key.sign(data + sha256(raw(client)), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": client,
            "authenticatorData": plain(data),
            "signature": plain(signature),
            "userHandle": plain(self.handle),
        }
        return self._answer(response)

    def _answer(self, response: dict[str, str]) -> str:
        name = plain(self.credential)
        told = {"id": name, "rawId": name, "response": response, "type": "public-key"}
        return json.dumps({**told, "clientExtensionResults": {}})

    def _client(self, kind: str, asked: dict[str, Any]) -> str:
        told = {
            "type": kind,
            "challenge": asked["challenge"],
            "origin": self.origin,
            "crossOrigin": self.crossed,
        }
        return plain(json.dumps(told).encode())

    def _data(self, more: int) -> bytes:
        flags = (self.flags | more).to_bytes(1)
        return sha256(self.host.encode()) + flags + self.counter.to_bytes(4)
