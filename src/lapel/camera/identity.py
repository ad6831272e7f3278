"""Who a camera is, and whose: documents in its own folder."""

from typing import Final

from lapel.base.clock import Entropy
from lapel.base.errors import NotFoundError, SetupError
from lapel.camera.signer import Signer
from lapel.crypto.keys import PublicKey
from lapel.ports.files import Files
from lapel.ports.keystore import KeyName, KeyStore
from lapel.wire.document import (
    Document,
    document,
    id16,
    keyed,
    octets,
    point65,
    text,
)

_IDENTITY: Final = "identity"
_OWNER: Final = "owner"
_NONCE: Final = "nonce"
_ADOPTING: Final = "adopting"


@document
class Identity(Document):
    """Burnt in at manufacture: model, serial, the maker's CA and two certificates."""

    LIMIT = 16_384
    model: str = keyed(1, text)
    serial: str = keyed(2, text)
    maker: bytes = keyed(3, octets())
    id_certificate: bytes = keyed(4, octets())
    sign0_certificate: bytes = keyed(5, octets())


@document
class Owner(Document):
    """The tenant that adopted the camera, and what it gave it."""

    LIMIT = 32_768
    tenant: str = keyed(1, text)
    ca: bytes = keyed(2, octets())
    settings_key: bytes = keyed(3, point65)
    sign_certificate: bytes = keyed(4, octets())
    auth_certificate: bytes = keyed(5, octets())
    grant: bytes = keyed(6, octets())


@document
class Adopting(Document):
    """A voucher that was accepted; the adoption is not complete."""

    LIMIT = 16_384
    tenant: str = keyed(1, text)
    ca: bytes = keyed(2, octets())
    nonce: bytes = keyed(3, id16)


class Papers:
    """Documents of one camera; it is owned exactly while the owner file is there."""

    def __init__(self, files: Files, entropy: Entropy) -> None:
        """Read the identity; raises `SetupError` where the folder is no camera's."""
        self._files = files
        self._entropy = entropy
        try:
            self.identity = Identity.decode(files.read(_IDENTITY))
        except NotFoundError as error:
            raise SetupError(
                "this folder holds no camera; make one with `lapel camera provision`"
            ) from error
        self.owner = self._owner()

    def _owner(self) -> Owner | None:
        if self._files.size(_OWNER) is None:
            return None
        return Owner.decode(self._files.read(_OWNER))

    @property
    def nonce(self) -> bytes:
        """Number that a voucher or release must name; new for each owner."""
        if self._files.size(_NONCE) != 16:
            self._files.replace(_NONCE, self._entropy(16))
        return self._files.read(_NONCE)

    @property
    def adopting(self) -> Adopting | None:
        """The adoption that is under way."""
        if self.owner or self._files.size(_ADOPTING) is None:
            return None
        return Adopting.decode(self._files.read(_ADOPTING))

    def begin_adoption(self, adopting: Adopting) -> None:
        """Keep the voucher's tenant until the adoption is complete."""
        self._files.replace(_ADOPTING, adopting.encode())

    def own(self, owner: Owner) -> None:
        """Belong to a tenant from here on."""
        self._files.replace(_OWNER, owner.encode())
        self.owner = owner
        self._files.remove(_ADOPTING)
        self._files.remove(_NONCE)

    def release(self) -> None:
        """Belong to nobody."""
        self._files.remove(_OWNER)
        self.owner = None
        self._files.remove(_ADOPTING)
        self._files.remove(_NONCE)

    def own_keys(self, keys: KeyStore) -> list[PublicKey]:
        """Give the keys that may have signed the end of the journal."""
        names = [name for name in (KeyName.SIGN0, KeyName.SIGN) if keys.has(name)]
        return [keys.public(name) for name in names]

    def signer(self, keys: KeyStore) -> Signer:
        """Give the key that signs now, with its certificate."""
        if self.owner:
            return Signer(keys, KeyName.SIGN, (self.owner.sign_certificate,))
        return Signer(keys, KeyName.SIGN0, (self.identity.sign0_certificate,))


def write_identity(files: Files, identity: Identity) -> None:
    """Burn an identity in; raises `SetupError` where there is one already."""
    if files.size(_IDENTITY) is not None:
        raise SetupError("this folder holds a camera already; use another one")
    files.replace(_IDENTITY, identity.encode())
