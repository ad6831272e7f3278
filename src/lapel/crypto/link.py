"""What the link derives and encrypts once a handshake is done (formats 1).

Frames, the comparison of six digits and eight flashes, tokens, and Wi-Fi access.
"""

import base64
from dataclasses import dataclass
from typing import Final

from lapel.crypto.digest import hmac_sha256, same
from lapel.crypto.noise import Cipher, HandshakeError
from lapel.wire.link import FrameType

_NAME: Final = b"lapel-link/1 "
PSK: Final = _NAME + b"psk"
WIFI: Final = _NAME + b"wifi"
DISC: Final = _NAME + b"disc"
NONCE: Final = 16
COLOURS: Final = ("red", "green", "blue", "yellow")
_HEAD: Final = 8
_TAG: Final = 16


@dataclass(slots=True)
class Sending:
    """Encrypts the frames of one direction; counters rise from 0."""

    cipher: Cipher

    def frame(self, kind: FrameType, plain: bytes) -> bytes:
        """Make the next frame; raises `HandshakeError` after 2^32 of them."""
        head = bytes((kind,)) + self.cipher.counter.to_bytes(7, "big")
        return head + self.cipher.encrypt(plain, head)


@dataclass(slots=True)
class Receiving:
    """Opens the frames of one direction; after the first wrong one it opens none."""

    cipher: Cipher

    def open(self, frame: bytes) -> tuple[FrameType, bytes]:
        """Open the next frame.

        Raises `HandshakeError` unless: 1. it is long enough, 2. its counter is exactly
        the next, 3. its tag covers type, counter and content, 4. its type exists.
        """
        if not self.cipher.key:
            raise HandshakeError("the keys of this link are gone")
        try:
            return self._next(frame)
        except HandshakeError:
            self.cipher = Cipher(b"")
            raise

    def _next(self, frame: bytes) -> tuple[FrameType, bytes]:
        if len(frame) < _HEAD + _TAG:
            raise HandshakeError("a frame that is too short")
        head = frame[:_HEAD]
        if int.from_bytes(head[1:], "big") != self.cipher.counter:
            raise HandshakeError("a frame out of order")
        plain = self.cipher.decrypt(frame[_HEAD:], head)
        try:
            kind = FrameType(head[0])
        except ValueError as error:
            raise HandshakeError("a frame of a type that does not exist") from error
        return kind, plain


@dataclass(frozen=True, slots=True)
class Code:
    """The same on both sides, unless somebody stands between."""

    digits: str
    flashes: tuple[int, ...]
    """Eight numbers into `COLOURS`."""


def commitment(handshake: bytes, camera_nonce: bytes) -> bytes:
    """Commit the camera to its nonce before it sees the app's."""
    return hmac_sha256(handshake, _NAME + b"sas commit" + camera_nonce)


def opens(handshake: bytes, committed: bytes, camera_nonce: bytes) -> bool:
    """Whether a nonce is the one that the camera had committed to."""
    return same(committed, commitment(handshake, camera_nonce))


def code(handshake: bytes, app_nonce: bytes, camera_nonce: bytes) -> Code:
    """Derive what both sides show."""
    mac = hmac_sha256(handshake, _NAME + b"sas" + app_nonce + camera_nonce)
    number = int.from_bytes(mac[:8], "big") % 1_000_000
    flashes = [byte >> shift & 3 for byte in mac[8:10] for shift in (6, 4, 2, 0)]
    return Code(f"{number:06d}", tuple(flashes))


def token(disc: bytes, slot: int) -> bytes:
    """Give the camera's token in one slot; its advert carries the first six bytes."""
    return hmac_sha256(disc, slot.to_bytes(4, "big"))[:8]


@dataclass(frozen=True, slots=True)
class Access:
    """Name and passphrase of one opening of the camera's Wi-Fi."""

    ssid: str
    passphrase: str


def access(wifi: bytes, nonce: bytes) -> Access:
    """Derive the access point of one opening."""
    return Access(
        _base32(hmac_sha256(wifi, b"ssid" + nonce)[:10]),
        _base32(hmac_sha256(wifi, b"key" + nonce)[:20]),
    )


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
