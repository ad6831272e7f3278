"""Keys of a device: a sealed file, PKCS#11 or a TPM behind one interface.

`id` and `sign0` are made at manufacture; `sign`, `auth`, `link` and `open` when a
tenant adopts the device. One use each.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from lapel.crypto.keys import PublicKey


class KeyName(Enum):
    """What a key is for."""

    ID = "id"
    SIGN0 = "sign0"
    SIGN = "sign"
    AUTH = "auth"
    LINK = "link"
    OPEN = "open"


AT_MANUFACTURE = (KeyName.ID, KeyName.SIGN0)
OF_TENANT = (KeyName.SIGN, KeyName.AUTH, KeyName.LINK, KeyName.OPEN)


class KeyStore(Protocol):
    """Keeps private keys and uses them; only TLS keys ever leave it."""

    def has(self, name: KeyName) -> bool:
        """Whether there is such a key."""
        ...

    def public(self, name: KeyName) -> PublicKey:
        """Public half; raises `NotFoundError`."""
        ...

    def sign(self, name: KeyName, data: bytes) -> bytes:
        """Sign: 64 bytes r|s, low s; raises `NotFoundError`."""
        ...

    def request(self, name: KeyName, serial: str, model: str) -> bytes:
        """Make a certificate request (PKCS#10, DER)."""
        ...

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Open what was sealed to the `open` key with HPKE."""
        ...

    def agree(self, name: KeyName, peer: bytes) -> bytes:
        """Agree on a secret with a peer's point: the x-coordinate, by `link` only.

        Raises `HandshakeError` for what is no point of the curve, `RefusedError` for
        another key than `link`.
        """
        ...

    def hide(self, name: bytes, plain: bytes) -> bytes:
        """Seal a small secret that lies beside the keys; `name` says what it is."""
        ...

    def reveal(self, name: bytes, hidden: bytes) -> bytes:
        """Open what was hidden under this name; raises `SignatureError`."""
        ...

    def tls_key(self, name: KeyName) -> bytes:
        """Private key of `id` or `auth` in PEM, for TLS; refused for the others."""
        ...

    def count(self) -> int | None:
        """Raise the monotonic counter and give it; None where the store has none."""
        ...

    def make(self, names: Sequence[KeyName]) -> None:
        """Make those of these keys that are missing, durably, all at once."""
        ...

    def erase(self, names: Sequence[KeyName]) -> None:
        """Destroy these keys, durably."""
        ...
