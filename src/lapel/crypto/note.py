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


def key_hash(name: str, kind: bytes, public: bytes) -> bytes:
    """Four bytes that a signature line names a key of a kind by."""
    return sha256(name.encode() + b"\n" + kind + public)[:4]


def vkey(name: str, kind: bytes, public: bytes) -> str:
    """Write a vkey line."""
    key = base64.b64encode(kind + public).decode()
    return f"{name}+{key_hash(name, kind, public).hex()}+{key}"


def parse_vkey(line: str, kind: bytes) -> tuple[str, bytes]:
    """Read name and public key of a vkey line; raises `MalformedError`."""
    try:
        name, hashed, key = line.strip().split("+", 2)
        raw = base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error) as error:
        raise MalformedError("not a vkey line") from error
    fits = len(raw) == 33 and raw[:1] == kind
    if not fits or not name or key_hash(name, kind, raw[1:]).hex() != hashed:
        raise MalformedError("not a vkey line of this kind of key")
    return name, raw[1:]


@dataclass(frozen=True)
class LogVerifier:
    """A log's name and public key, as a C2SP vkey line gives them."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """Four bytes that a signature line names the key by."""
        return key_hash(self.name, _ED25519, self.public)

    @property
    def vkey(self) -> str:
        """The vkey line."""
        return vkey(self.name, _ED25519, self.public)

    @classmethod
    def from_vkey(cls, line: str) -> Self:
        """Read a vkey line; raises `MalformedError`."""
        return cls(*parse_vkey(line, _ED25519))

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
