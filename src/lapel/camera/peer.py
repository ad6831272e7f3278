"""The one app that the camera is paired with: its record on storage (formats 1, R7.2).

It holds secrets, so it lies hidden under the key store's local key. It is replaced
whole: a power cut leaves the old record or the new one.
"""

from typing import Final

from typing_extensions import override

from lapel.base import faults
from lapel.crypto.noise import Pair
from lapel.ports.files import Files
from lapel.ports.keystore import KeyName, KeyStore
from lapel.wire.pairing import Record

FILE: Final = "pairing"
_NAME: Final = b"pairing"


class Peer:
    """Reads, replaces and erases the record."""

    def __init__(self, files: Files, keys: KeyStore) -> None:
        """Keep it through `files`, hidden by `keys`."""
        self._files = files
        self._keys = keys

    def load(self) -> Record | None:
        """Give the record; raises `LapelError` for one that cannot be read."""
        if self._files.size(FILE) is None:
            return None
        return Record.decode(self._keys.reveal(_NAME, self._files.read(FILE)))

    def keep(self, record: Record) -> None:
        """Put a record in place, durably; raises `StorageFullError` or OSError."""
        hidden = self._keys.hide(_NAME, record.encode())
        faults.point("camera.pairing.hidden")
        self._files.replace(FILE, hidden)
        faults.point("camera.pairing.kept")

    def forget(self) -> None:
        """Erase it, durably; raises OSError."""
        self._files.remove(FILE)
        faults.point("camera.pairing.erased")


class StoredPair(Pair):
    """The `link` key as the handshake uses it; its private half stays in the store."""

    def __init__(self, keys: KeyStore) -> None:
        """Use the key of this store; raises `NotFoundError` where there is none."""
        self._keys = keys
        self._point = keys.public(KeyName.LINK).point

    @property
    @override
    def point(self) -> bytes:
        """The public key."""
        return self._point

    @override
    def agree(self, peer: bytes) -> bytes:
        """Have the store agree with a peer's key."""
        return self._keys.agree(KeyName.LINK, peer)
