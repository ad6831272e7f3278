"""Sealing of recordings: frames under one key each, the key under evidence keys.

A nonce is used once: it holds the frame's number and whether it is the last, a key
serves one recording, and a recording is written by one process in one boot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from lapel.base.clock import Entropy
from lapel.base.errors import MalformedError, SignatureError
from lapel.crypto.digest import same, sha256, sha256_parts
from lapel.crypto.keys import PrivateKey, PublicKey
from lapel.wire.sealed import FRAME, Envelope, Header, Wrap, encode_header

KEY_SIZE: Final = 32
_SUITE: Final = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class NoKeyError(SignatureError):
    """No key at hand opens this; with another key it may open."""

    code = "no-key"


class FrameError(SignatureError):
    """A frame that is not what was sealed."""

    code = "frame"


def hpke_seal(plain: bytes, public: PublicKey, info: bytes) -> bytes:
    """Seal to a P-256 key with HPKE base mode: `enc(65) | ciphertext`."""
    return _SUITE.encrypt(plain, public.native, info)


def hpke_open(sealed: bytes, private: PrivateKey, info: bytes) -> bytes:
    """Open what `hpke_seal` made; raises `NoKeyError`."""
    try:
        return _SUITE.decrypt(sealed, private.native, info)
    except (InvalidTag, ValueError) as error:
        raise NoKeyError("this key does not open it") from error


def _info(recording: bytes) -> bytes:
    return b"lapel/seal/1" + recording


def wrap(key: bytes, recording: bytes, publics: Sequence[PublicKey]) -> Envelope:
    """Wrap a recording's key to each evidence key."""
    wraps = [Wrap(p.kid, hpke_seal(key, p, _info(recording))) for p in publics]
    return Envelope(recording, tuple(wraps))


def unwrap(envelope: Envelope, privates: Sequence[PrivateKey]) -> bytes:
    """Give the recording's key; raises `NoKeyError` when none of ours fits."""
    for private in privates:
        for item in envelope.wraps:
            if item.kid == private.public.kid:
                key = hpke_open(item.sealed, private, _info(envelope.recording))
                if len(key) == KEY_SIZE:
                    return key
    raise NoKeyError("no key at hand opens this envelope")


def key_check(key: bytes, recording: bytes) -> bytes:
    """Hash that tells whether a key is the right one before it is used."""
    return sha256(b"lapel/seal/1 key" + recording + key)


def frame_check(index: int, body: bytes | memoryview) -> bytes:
    """Check of frame `index`, for recovery without the key."""
    return sha256_parts(index.to_bytes(4, "big"), body)[:8]


def _nonce(index: int, *, last: bool) -> bytes:
    return bytes(7) + index.to_bytes(4, "big") + bytes((last,))


@dataclass(frozen=True)
class Sealer:
    """Seals the frames of one recording; the caller never repeats an index."""

    header: bytes
    _aead: AESGCM
    _aad: bytes

    @classmethod
    def start(cls, recording: bytes, key: bytes) -> Self:
        """Begin a recording: `header` is what stands before frame 0."""
        header = encode_header(Header(recording, key_check(key, recording)))
        return cls(header, AESGCM(key), sha256(header))

    def frame(self, index: int, plain: bytes, *, last: bool = False) -> bytes:
        """Seal one frame, head included."""
        body = self._aead.encrypt(_nonce(index, last=last), plain, self._aad)
        return FRAME.pack(len(body), frame_check(index, body)) + body


@dataclass(frozen=True)
class Opener:
    """Opens the frames of one recording."""

    _aead: AESGCM
    _aad: bytes

    @classmethod
    def start(cls, header: bytes, key: bytes) -> Self:
        """Begin with all bytes before frame 0; raises `NoKeyError` on a wrong key."""
        read = Header.decode(header[14:])
        if not same(key_check(key, read.recording), read.key_check):
            raise NoKeyError("this is not the key of this recording")
        return cls(AESGCM(key), sha256(header))

    def frame(self, index: int, body: bytes | memoryview, *, last: bool) -> bytes:
        """Open the body of frame `index`; raises `FrameError`."""
        try:
            return self._aead.decrypt(_nonce(index, last=last), body, self._aad)
        except InvalidTag as error:
            raise FrameError(f"frame {index} is not what the camera sealed") from error


def new_key(entropy: Entropy) -> bytes:
    """Draw a key for one recording."""
    return entropy(KEY_SIZE)


def seal_small(key: bytes, plain: bytes, name: bytes, entropy: Entropy) -> bytes:
    """Seal a small file of our own under a local key: `nonce(12) | ciphertext`."""
    nonce = entropy(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, name)


def open_small(key: bytes, sealed: bytes, name: bytes) -> bytes:
    """Open what `seal_small` made; raises `NoKeyError`, `MalformedError`."""
    if len(sealed) < 28:
        raise MalformedError("a sealed file that is too short")
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], name)
    except InvalidTag as error:
        raise NoKeyError("the local key does not open this file") from error
