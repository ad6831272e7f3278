"""The Bluetooth link's bytes: hellos, prologue, advert, frame types (formats 1).

Everything here is in clear on the air, or is the header of what is not.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self
from uuid import UUID

from lapel.base.errors import MalformedError

SERVICE: Final = UUID("ca2d133d-1ae8-5378-9fe2-9fa50409c04c")
WRITE: Final = UUID("57ee55b7-a12e-5ca0-96c7-2dc655e5380d")
NOTIFY: Final = UUID("bc01153e-1dce-5cdb-a671-61b0f1b6f6e9")

VERSION: Final = 1
SUITE: Final = 1
"""Bit 0 of the suites: P-256, AES-256-GCM, SHA-256."""

CAPS_MOST: Final = 32
MTU_LEAST: Final = 23
MTU_MOST: Final = 517
SLOT_S: Final = 900
"""All identifiers of a camera change at each multiple of this, in Unix time."""

UNASSIGNED: Final = 0xFFFF
"""Company identifier until one is assigned."""

_APP: Final = struct.Struct(">BBBHBB")
_CAMERA: Final = struct.Struct(">BBH8sB")
_CAMERA_END: Final = struct.Struct(">BH")
_PROLOGUE: Final = b"lapel-link/1\0"
_REJECT: Final = 0x7F


class Mode(IntEnum):
    """What the app wants."""

    PAIR = 0
    SESSION = 1


class Reject(IntEnum):
    """Why a camera drops a link, in clear; it changes nothing on either side."""

    FORMAT = 1
    VERSION = 2
    NOT_PAIRING = 3
    CRYPTO = 4
    BUSY = 5


class FrameType(IntEnum):
    """First byte of an encrypted frame."""

    REQUEST = 0x10
    ANSWER = 0x11
    NOTICE = 0x12
    SAS_CB = 0x20
    SAS_NA = 0x21
    SAS_NB = 0x22
    PAIR_CONFIRM = 0x23
    PAIR_DONE = 0x24


def _caps(data: bytes) -> bytes:
    if len(data) > CAPS_MOST:
        raise MalformedError(f"more than {CAPS_MOST} bytes of capabilities")
    return data


@dataclass(frozen=True, slots=True)
class AppHello:
    """What an app says first: versions and suites that it speaks, and what it wants."""

    mode: Mode
    least: int = VERSION
    most: int = VERSION
    suites: int = SUITE
    caps: bytes = b""

    def encode(self) -> bytes:
        """Write."""
        caps = _caps(self.caps)
        head = _APP.pack(0, self.least, self.most, self.suites, self.mode, len(caps))
        return head + caps

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read; raises `MalformedError`. It may still not be `understood`."""
        if len(data) < _APP.size:
            raise MalformedError("a hello that is too short")
        first, least, most, suites, mode, size = _APP.unpack_from(data)
        if first != 0:
            raise MalformedError("not the hello of an app")
        if size > CAPS_MOST or len(data) != _APP.size + size:
            raise MalformedError("a hello of a wrong length")
        if mode not in {int(one) for one in Mode}:
            raise MalformedError("a mode that does not exist")
        if least > most:
            raise MalformedError("versions in the wrong order")
        return cls(Mode(mode), least, most, suites, data[_APP.size :])

    @property
    def understood(self) -> bool:
        """Whether this version and suite are among what the app speaks."""
        return self.least <= VERSION <= self.most and bool(self.suites & SUITE)


@dataclass(frozen=True, slots=True)
class CameraHello:
    """What a camera answers: the one version and suite, its token, the MTU it sees."""

    token: bytes
    pairing: bool
    mtu: int
    caps: bytes = b""

    def encode(self) -> bytes:
        """Write."""
        caps = _caps(self.caps)
        if len(self.token) != 8 or not MTU_LEAST <= self.mtu <= MTU_MOST:
            raise MalformedError("a token or an MTU that cannot be")
        head = _CAMERA.pack(1, VERSION, SUITE, self.token, len(caps))
        return head + caps + _CAMERA_END.pack(int(self.pairing), self.mtu)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read; raises `MalformedError`."""
        if len(data) < _CAMERA.size + _CAMERA_END.size:
            raise MalformedError("a hello that is too short")
        first, version, suite, token, size = _CAMERA.unpack_from(data)
        if first != 1:
            raise MalformedError("not the hello of a camera")
        if size > CAPS_MOST or len(data) != _CAMERA.size + size + _CAMERA_END.size:
            raise MalformedError("a hello of a wrong length")
        if version != VERSION or suite != SUITE:
            raise MalformedError("a version or suite that was not offered")
        caps = data[_CAMERA.size : _CAMERA.size + size]
        flags, mtu = _CAMERA_END.unpack_from(data, _CAMERA.size + size)
        if flags > 1:
            raise MalformedError("a flag that does not exist")
        if not MTU_LEAST <= mtu <= MTU_MOST:
            raise MalformedError("an MTU that cannot be")
        return cls(token, flags == 1, mtu, caps)


def prologue(app: bytes, camera: bytes) -> bytes:
    """Bind both hellos, as they were on the air, into the handshake."""
    return b"".join(
        (
            _PROLOGUE,
            struct.pack(">H", len(app)),
            app,
            struct.pack(">H", len(camera)),
            camera,
        )
    )


def reject(code: Reject) -> bytes:
    """Write the clear message before a drop."""
    return bytes((_REJECT, code))


def read_reject(message: bytes) -> Reject | None:
    """Read a message that may be a reject; None where it is none."""
    if len(message) != 2 or message[0] != _REJECT:
        return None
    try:
        return Reject(message[1])
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Advert:
    """A camera's connectable advert: 31 bytes, without serial or fixed name."""

    token: bytes
    pairing: bool = False
    company: int = UNASSIGNED

    def encode(self) -> bytes:
        """Write advertising data."""
        if len(self.token) != 6:
            raise MalformedError("the token of an advert has 6 bytes")
        flags = b"\x02\x01" + (b"\x05" if self.pairing else b"\x06")
        service = b"\x11\x07" + SERVICE.bytes[::-1]
        own = b"\x09\xff" + struct.pack("<H", self.company) + self.token
        return flags + service + own

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read advertising data; raises `MalformedError` unless it is a camera's."""
        if len(data) != 31:
            raise MalformedError("not the advert of a camera")
        (company,) = struct.unpack_from("<H", data, 23)
        found = cls(data[25:], data[2] == 5, company)
        if found.encode() != data:
            raise MalformedError("not the advert of a camera")
        return found


def pairing_name(number: int) -> bytes:
    """Scan response of pairing mode: the name `Camera NN` and nothing else."""
    name = f"Camera {number % 100:02d}".encode()
    return bytes((len(name) + 1, 9)) + name


def slot_of(utc_ms: int) -> int:
    """Give the number of the 900 s slot that a moment lies in."""
    return utc_ms // 1000 // SLOT_S
