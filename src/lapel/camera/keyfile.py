"""Key store in a sealed file.

The file is sealed under a local key that lies in a file of its own; where a board can
hand that key over at start (a TPM, a credential of the service manager), it is put on
another place than the camera's storage. Beside it, it guards against accidents only.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Final

from lapel.base.clock import Entropy
from lapel.base.errors import MalformedError, NotFoundError, RefusedError
from lapel.crypto.certs import Subject, make_request
from lapel.crypto.keys import PrivateKey, PublicKey
from lapel.crypto.noise import P256Pair
from lapel.crypto.seal import KEY_SIZE, hpke_open, open_small, seal_small
from lapel.ports.files import Files
from lapel.ports.keystore import KeyName
from lapel.wire import cbor

_FILE: Final = "keys/keys.sealed"
_LOCAL: Final = "keys/local.key"
_NAME: Final = b"lapel camera keys 1"
_HIDDEN: Final = b"lapel camera secret 1 "
_TLS: Final = frozenset({KeyName.ID, KeyName.AUTH})
_ORDER: Final = tuple(KeyName)


class KeyFile:
    """Implements `lapel.ports.keystore.KeyStore`."""

    def __init__(
        self, files: Files, entropy: Entropy, local_key: bytes | None = None
    ) -> None:
        """Open the file; the local key is made on first use unless it is given."""
        self._files = files
        self._entropy = entropy
        self._lock = Lock()
        self._local = local_key or self._local_key()
        self._keys = self._load()

    def _local_key(self) -> bytes:
        if self._files.size(_LOCAL) is None:
            self._files.replace(_LOCAL, self._entropy(KEY_SIZE))
        return self._files.read(_LOCAL)

    def _load(self) -> dict[KeyName, PrivateKey]:
        if self._files.size(_FILE) is None:
            return {}
        plain = open_small(self._local, self._files.read(_FILE), _NAME)
        found: dict[KeyName, PrivateKey] = {}
        for number, secret in cbor.decode_map(plain).items():
            if not isinstance(secret, bytes) or number >= len(_ORDER):
                raise MalformedError("a key store of another version")
            found[_ORDER[number]] = PrivateKey.from_secret(secret)
        return found

    def _save(self, keys: dict[KeyName, PrivateKey]) -> None:
        plain = cbor.encode({_ORDER.index(n): key.secret for n, key in keys.items()})
        sealed = seal_small(self._local, plain, _NAME, self._entropy)
        self._files.replace(_FILE, sealed)
        self._keys = keys

    def _key(self, name: KeyName) -> PrivateKey:
        try:
            return self._keys[name]
        except KeyError as error:
            raise NotFoundError(f"this camera has no key {name.value!r}") from error

    def has(self, name: KeyName) -> bool:
        """Whether there is such a key."""
        return name in self._keys

    def public(self, name: KeyName) -> PublicKey:
        """Public half; raises `NotFoundError`."""
        return self._key(name).public

    def sign(self, name: KeyName, data: bytes) -> bytes:
        """Sign with a key; raises `NotFoundError`."""
        return self._key(name).sign(data)

    def request(self, name: KeyName, serial: str, model: str) -> bytes:
        """Make a certificate request."""
        return make_request(Subject(serial, model), self._key(name))

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Open what was sealed to the `open` key."""
        return hpke_open(sealed, self._key(KeyName.OPEN), info)

    def agree(self, name: KeyName, peer: bytes) -> bytes:
        """Agree on a secret by the `link` key, which does not leave."""
        if name is not KeyName.LINK:
            raise RefusedError("key-use", f"the key {name.value!r} does not agree")
        return P256Pair.of(self._key(name)).agree(peer)

    def hide(self, name: bytes, plain: bytes) -> bytes:
        """Seal a small secret under the local key."""
        return seal_small(self._local, plain, _HIDDEN + name, self._entropy)

    def reveal(self, name: bytes, hidden: bytes) -> bytes:
        """Open what was hidden under this name."""
        return open_small(self._local, hidden, _HIDDEN + name)

    def tls_key(self, name: KeyName) -> bytes:
        """Private key of `id` or `auth` in PEM."""
        if name not in _TLS:
            raise RefusedError("key-use", f"the key {name.value!r} is not for TLS")
        return self._key(name).to_pem()

    def count(self) -> int | None:
        """Give None: a file can be put back, and with it every number in it."""
        return None

    def make(self, names: Sequence[KeyName]) -> None:
        """Make those of these keys that are missing."""
        with self._lock:
            missing = [name for name in names if name not in self._keys]
            if missing:
                made = {name: PrivateKey.generate() for name in missing}
                self._save({**self._keys, **made})

    def erase(self, names: Sequence[KeyName]) -> None:
        """Destroy these keys."""
        with self._lock:
            kept = {n: key for n, key in self._keys.items() if n not in names}
            if len(kept) < len(self._keys):
                self._save(kept)
