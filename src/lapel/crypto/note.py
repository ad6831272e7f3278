"""Checkpoints as C2SP signed notes with Ed25519."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from typing_extensions import override

from lapel.base.errors import MalformedError, SignatureError
from lapel.crypto.digest import sha256
from lapel.wire.custody import Checkpoint, NoteSignature, parse_note

_ED25519: Final = b"\x01"


@dataclass(frozen=True)
class LogVerifier:
    """A log's name and public key, as a C2SP vkey line gives them."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """Four bytes that a signature line names the key by."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public)[:4]

    @property
    def vkey(self) -> str:
        """The vkey line."""
        key = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.key_hash.hex()}+{key}"

    @classmethod
    def from_vkey(cls, line: str) -> Self:
        """Read a vkey line; raises `MalformedError`."""
        try:
            name, key_hash, key = line.strip().split("+", 2)
            raw = base64.b64decode(key, validate=True)
        except (ValueError, binascii.Error) as error:
            raise MalformedError("not a vkey line") from error
        verifier = cls(name, raw[1:])
        if len(raw) != 33 or raw[:1] != _ED25519 or verifier.key_hash.hex() != key_hash:
            raise MalformedError("not a vkey line of Ed25519")
        return verifier

    def open(self, note: str) -> Checkpoint:
        """Give the checkpoint of a note that this key signed, else `SignatureError`."""
        body, signatures = parse_note(note)
        ours = [
            line.signature
            for line in signatures
            if (line.name, line.key_hash) == (self.name, self.key_hash)
        ]
        if len(ours) != 1:
            raise SignatureError("a checkpoint not signed by this log")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(ours[0], body)
        except (InvalidSignature, ValueError) as error:
            raise SignatureError("a checkpoint's signature does not fit") from error
        checkpoint = Checkpoint.parse(body)
        if checkpoint.origin != self.name:
            raise SignatureError("a checkpoint of another log")
        return checkpoint


@dataclass(frozen=True)
class LogKey:
    """A log's private key; held by the signer alone."""

    name: str
    native: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> Self:
        """Make a new key for the log of this origin."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_secret(cls, name: str, secret: bytes) -> Self:
        """Take a 32-byte seed."""
        return cls(name, Ed25519PrivateKey.from_private_bytes(secret))

    @override
    def __repr__(self) -> str:
        """Show the name only."""
        return f"LogKey({self.name!r})"

    @property
    def secret(self) -> bytes:
        """The 32-byte seed."""
        return self.native.private_bytes_raw()

    @property
    def verifier(self) -> LogVerifier:
        """The public half."""
        return LogVerifier(self.name, self.native.public_key().public_bytes_raw())

    def sign(self, checkpoint: Checkpoint) -> str:
        """Sign a checkpoint as a note."""
        body = checkpoint.body()
        return body.decode() + "\n" + self.signature_line(body).line()

    def signature_line(self, body: bytes) -> NoteSignature:
        """Sign the text of a note."""
        signature = self.native.sign(body)
        return NoteSignature(self.name, self.verifier.key_hash, signature)


def open_any(note: str, logs: Sequence[LogVerifier]) -> Checkpoint:
    """Give the checkpoint if one of these logs signed it, else `SignatureError`."""
    for log in logs:
        try:
            return log.open(note)
        except SignatureError:
            continue
    raise SignatureError("a checkpoint not signed by a trusted log")
