"""Cosignatures of witnesses with Ed25519 (C2SP tlog-cosignature, version 1)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from typing_extensions import override

from lapel.base.errors import SignatureError
from lapel.crypto.note import key_hash, parse_vkey, vkey
from lapel.wire.custody import NoteSignature, parse_note

_COSIGNATURE: Final = b"\x04"
_TIME: Final = struct.Struct(">Q")


def _message(body: bytes, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n".encode() + body


@dataclass(frozen=True)
class WitnessVerifier:
    """A witness's name and public key."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """Four bytes that a signature line names the key by."""
        return key_hash(self.name, _COSIGNATURE, self.public)

    @property
    def vkey(self) -> str:
        """The vkey line."""
        return vkey(self.name, _COSIGNATURE, self.public)

    @classmethod
    def from_vkey(cls, line: str) -> Self:
        """Read a vkey line; raises `MalformedError`."""
        return cls(*parse_vkey(line, _COSIGNATURE))

    def ours(self, lines: Sequence[NoteSignature]) -> NoteSignature | None:
        """Give the line that this witness's key is named in."""
        named = (self.name, self.key_hash)
        return next((x for x in lines if (x.name, x.key_hash) == named), None)

    def time_of(self, note: str) -> int:
        """When this witness cosigned a note, in seconds of UTC, else `SignatureError`.

        The log's own signature is not looked at.
        """
        body, lines = parse_note(note)
        line = self.ours(lines)
        if line is None or len(line.signature) <= _TIME.size:
            raise SignatureError(f"a checkpoint that {self.name} did not cosign")
        (time_s,) = _TIME.unpack_from(line.signature)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(
                line.signature[_TIME.size :], _message(body, time_s)
            )
        except (InvalidSignature, ValueError) as error:
            raise SignatureError(
                f"the cosignature of {self.name} does not fit"
            ) from error
        return int(time_s)


@dataclass(frozen=True)
class WitnessKey:
    """A witness's private key."""

    name: str
    native: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> Self:
        """Make a new key for the witness of this name."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_secret(cls, name: str, secret: bytes) -> Self:
        """Take a 32-byte seed."""
        return cls(name, Ed25519PrivateKey.from_private_bytes(secret))

    @override
    def __repr__(self) -> str:
        """Show the name only."""
        return f"WitnessKey({self.name!r})"

    @property
    def secret(self) -> bytes:
        """The 32-byte seed."""
        return self.native.private_bytes_raw()

    @property
    def verifier(self) -> WitnessVerifier:
        """The public half."""
        return WitnessVerifier(self.name, self.native.public_key().public_bytes_raw())

    def cosign(self, body: bytes, time_s: int) -> NoteSignature:
        """Say that the checkpoint of text `body` was seen, at this second of UTC."""
        signature = self.native.sign(_message(body, time_s))
        return NoteSignature(
            self.name, self.verifier.key_hash, _TIME.pack(time_s) + signature
        )
