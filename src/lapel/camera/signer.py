"""Who signs: the key in force and the certificates that name it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lapel.ports.keystore import KeyName, KeyStore
from lapel.wire import cose


@dataclass(frozen=True)
class Signer:
    """Signs documents with one key of the key store."""

    keys: KeyStore
    name: KeyName
    chain: tuple[bytes, ...]

    def sign(self, kind: str, payload: bytes, *, named: bool = False) -> bytes:
        """Sign a document of `kind`; `named` puts the certificates into it."""
        chain: Sequence[bytes] = self.chain if named else ()
        kid = self.keys.public(self.name).kid
        protected = cose.protected_header(kid, chain)
        signature = self.keys.sign(
            self.name, cose.to_be_signed(kind, protected, payload)
        )
        return cose.assemble(protected, payload, signature)
