"""The Noise framework, as far as the link needs it: XX and KKpsk2, AES-GCM, SHA-256.

The group is an argument: P-256 on the link (the shared secret is the x-coordinate), and
25519 in tests, so that public vectors run through this very code. A pattern is a table
of tokens; the two objects of the specification, SymmetricState and HandshakeState, are
`_Symmetric` and `Handshake`. Nothing here waits, sends or keeps keys on disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lapel.base.clock import Entropy
from lapel.base.errors import MalformedError, SignatureError
from lapel.crypto.digest import hmac_sha256, sha256
from lapel.crypto.keys import PrivateKey, PublicKey

_TAG: Final = 16
_NONCES_MOST: Final = 1 << 32


class HandshakeError(SignatureError):
    """A handshake message that does not hold; why is never told to the other side."""

    code = "handshake"


class Pair(Protocol):
    """A key pair of some group."""

    @property
    def point(self) -> bytes:
        """The public key as it crosses the air."""
        ...

    def agree(self, peer: bytes) -> bytes:
        """Diffie-Hellman with a peer's public key; raises `HandshakeError`."""
        ...


@dataclass(frozen=True)
class P256Pair:
    """A pair on P-256: points of 65 bytes, secrets of 32."""

    private: PrivateKey
    point: bytes

    @classmethod
    def of(cls, private: PrivateKey) -> "P256Pair":
        """Take a private key."""
        return cls(private, private.public.point)

    @classmethod
    def fresh(cls, entropy: Entropy) -> "P256Pair":
        """Make a pair for one handshake."""
        while True:  # one of 2^32 draws is no scalar of the curve
            try:
                return cls.of(PrivateKey.from_secret(entropy(32)))
            except MalformedError:
                continue

    def agree(self, peer: bytes) -> bytes:
        """Give the x-coordinate of the shared point."""
        try:
            public = PublicKey.from_point(peer)
        except MalformedError as error:
            raise HandshakeError("a point that is not on the curve") from error
        return self.private.native.exchange(ec.ECDH(), public.native)


class Token(Enum):
    """What a handshake message does, in order."""

    E = "e"
    S = "s"
    EE = "ee"
    ES = "es"
    SE = "se"
    SS = "ss"
    PSK = "psk"


@dataclass(frozen=True)
class Pattern:
    """Name of the protocol, whether statics are known before, and the messages."""

    name: str
    known: bool
    messages: tuple[tuple[Token, ...], ...]

    @property
    def psk(self) -> bool:
        """Whether a key shared before is part of it."""
        return any(Token.PSK in message for message in self.messages)


_T: Final = Token
XX_MESSAGES: Final = (
    (_T.E,),
    (_T.E, _T.EE, _T.S, _T.ES),
    (_T.S, _T.SE),
)
KKPSK2_MESSAGES: Final = (
    (_T.E, _T.ES, _T.SS),
    (_T.E, _T.EE, _T.SE, _T.PSK),
)
PAIRING: Final = Pattern(
    "Noise_XX_P256_AESGCM_SHA256", known=False, messages=XX_MESSAGES
)
SESSION: Final = Pattern(
    "Noise_KKpsk2_P256_AESGCM_SHA256", known=True, messages=KKPSK2_MESSAGES
)


def hkdf(chaining: bytes, material: bytes, outputs: int = 2) -> tuple[bytes, ...]:
    """Noise's HKDF: two or three outputs of 32 bytes."""
    temporary = hmac_sha256(chaining, material)
    found: list[bytes] = []
    last = b""
    for number in range(1, outputs + 1):
        last = hmac_sha256(temporary, last + bytes((number,)))
        found.append(last)
    return tuple(found)


@dataclass(slots=True)
class Cipher:
    """One direction's key and its counter; a counter is never used twice."""

    key: bytes = field(repr=False)
    counter: int = 0

    def _nonce(self) -> bytes:
        if self.counter >= _NONCES_MOST:
            raise HandshakeError("this key has been used as often as it may be")
        return bytes(4) + self.counter.to_bytes(8, "big")

    def encrypt(self, plain: bytes, associated: bytes) -> bytes:
        """Encrypt with the next counter."""
        sealed = AESGCM(self.key).encrypt(self._nonce(), plain, associated)
        self.counter += 1
        return sealed

    def decrypt(self, sealed: bytes, associated: bytes) -> bytes:
        """Decrypt with the next counter, which moves only on success."""
        if len(sealed) < _TAG:
            raise HandshakeError("a ciphertext without its tag")
        try:
            plain = AESGCM(self.key).decrypt(self._nonce(), sealed, associated)
        except InvalidTag as error:
            raise HandshakeError("a ciphertext that does not fit") from error
        self.counter += 1
        return plain


@dataclass(slots=True)
class _Symmetric:
    """Chaining key, hash of all that was seen, and the key in force."""

    chaining: bytes = field(repr=False)
    hash: bytes
    cipher: Cipher | None = None

    @classmethod
    def start(cls, name: str) -> "_Symmetric":
        raw = name.encode()
        first = raw.ljust(32, b"\0") if len(raw) <= 32 else sha256(raw)
        return cls(first, first)

    def mix_hash(self, data: bytes) -> None:
        self.hash = sha256(self.hash + data)

    def mix_key(self, material: bytes) -> None:
        self.chaining, key = hkdf(self.chaining, material)
        self.cipher = Cipher(key)

    def mix_key_and_hash(self, material: bytes) -> None:
        self.chaining, seen, key = hkdf(self.chaining, material, 3)
        self.mix_hash(seen)
        self.cipher = Cipher(key)

    def encrypt(self, plain: bytes) -> bytes:
        sealed = self.cipher.encrypt(plain, self.hash) if self.cipher else plain
        self.mix_hash(sealed)
        return sealed

    def decrypt(self, sealed: bytes) -> bytes:
        plain = self.cipher.decrypt(sealed, self.hash) if self.cipher else sealed
        self.mix_hash(sealed)
        return plain


@dataclass(frozen=True, slots=True)
class Keys:
    """What a finished handshake leaves: hash, chaining key, a key a direction."""

    hash: bytes
    chaining: bytes = field(repr=False)
    from_initiator: bytes = field(repr=False)
    from_responder: bytes = field(repr=False)

    def derive(self, label: bytes) -> bytes:
        """Derive another key from the chaining key."""
        return hkdf(self.chaining, label)[0]


@dataclass(frozen=True)
class Known:
    """What a side brings: its static pair, the peer's static and psk where known."""

    static: Pair
    peer: bytes = b""
    psk: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Handshake:
    """One side of a handshake; `write` and `read` in turn until `done`.

    After an error the object is of no further use.
    """

    pattern: Pattern
    initiator: bool
    known: Known
    ephemeral: Pair
    _state: _Symmetric
    _peer_static: bytes
    _peer_ephemeral: bytes = b""
    _number: int = 0
    _failed: bool = field(default=False)

    @classmethod
    def start(
        cls,
        pattern: Pattern,
        known: Known,
        ephemeral: Pair,
        prologue: bytes,
        *,
        initiator: bool,
    ) -> "Handshake":
        """Begin; `ephemeral` must be fresh and is used for this handshake only.

        Raises `HandshakeError` where the pattern wants a key that is not there.
        """
        if pattern.known != bool(known.peer) or pattern.psk != (len(known.psk) == 32):
            raise HandshakeError("a key that this handshake needs is missing")
        state = _Symmetric.start(pattern.name)
        state.mix_hash(prologue)
        made = cls(pattern, initiator, known, ephemeral, state, known.peer)
        if pattern.known:
            own, peer = known.static.point, known.peer
            for point in (own, peer) if initiator else (peer, own):
                state.mix_hash(point)
        return made

    @property
    def peer_static(self) -> bytes:
        """The other side's static key, once it is known."""
        return self._peer_static

    @property
    def done(self) -> bool:
        """Whether all messages have passed."""
        return self._number == len(self.pattern.messages)

    @property
    def my_turn(self) -> bool:
        """Whether this side writes next."""
        return not self.done and (self._number % 2 == 0) == self.initiator

    def write(self, payload: bytes = b"") -> bytes:
        """Write the next message."""
        self._expect(mine=True)
        self._failed = True
        parts: list[bytes] = []
        for token in self.pattern.messages[self._number]:
            if token is Token.E:
                parts.append(self.ephemeral.point)
                self._saw_ephemeral(self.ephemeral.point)
            elif token is Token.S:
                parts.append(self._state.encrypt(self.known.static.point))
            else:
                self._mix(token)
        parts.append(self._state.encrypt(payload))
        self._failed = False
        self._number += 1
        return b"".join(parts)

    def read(self, message: bytes) -> bytes:
        """Read the other side's message; gives its payload.

        Raises `HandshakeError`: 1. every part is there, 2. every point is on the curve
        and not one of our own, 3. every tag holds.
        """
        self._expect(mine=False)
        self._failed = True
        rest = message
        for token in self.pattern.messages[self._number]:
            if token is Token.E:
                self._peer_ephemeral, rest = self._cut(rest, 0)
                self._not_ours(self._peer_ephemeral)
                self._saw_ephemeral(self._peer_ephemeral)
            elif token is Token.S:
                sealed, rest = self._cut(rest, _TAG)
                self._peer_static = self._state.decrypt(sealed)
                self._not_ours(self._peer_static)
            else:
                self._mix(token)
        payload = self._state.decrypt(rest)
        self._failed = False
        self._number += 1
        return payload

    def split(self) -> Keys:
        """Give the keys when all messages have passed."""
        if not self.done:
            raise HandshakeError("the handshake has not ended")
        first, second = hkdf(self._state.chaining, b"")
        return Keys(self._state.hash, self._state.chaining, first, second)

    def _expect(self, *, mine: bool) -> None:
        if self._failed or self.done or self.my_turn != mine:
            raise HandshakeError("not this side's turn, or the handshake has ended")

    def _cut(self, data: bytes, more: int) -> tuple[bytes, bytes]:
        size = len(self.ephemeral.point) + more
        if len(data) < size:
            raise HandshakeError("a message that is too short")
        return data[:size], data[size:]

    def _saw_ephemeral(self, point: bytes) -> None:
        self._state.mix_hash(point)
        if self.pattern.psk:
            self._state.mix_key(point)

    def _not_ours(self, point: bytes) -> None:
        if point in {self.ephemeral.point, self.known.static.point}:
            raise HandshakeError("our own key came back")

    def _mix(self, token: Token) -> None:
        if token is Token.PSK:
            self._state.mix_key_and_hash(self.known.psk)
            return
        own, peer = self.known.static, self._peer_static
        pairs: Mapping[Token, tuple[Pair, bytes]] = {
            Token.EE: (self.ephemeral, self._peer_ephemeral),
            Token.ES: (self.ephemeral, peer)
            if self.initiator
            else (own, self._peer_ephemeral),
            Token.SE: (own, self._peer_ephemeral)
            if self.initiator
            else (self.ephemeral, peer),
            Token.SS: (own, peer),
        }
        pair, point = pairs[token]
        self._state.mix_key(pair.agree(point))
