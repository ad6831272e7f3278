"""The words between a host and its controller: HCI over a byte stream (H4).

Numbers are those of Core 5.4, vol 4, part E; integers are little-endian.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeAlias

from lapel.base.errors import MalformedError

COMMAND: Final = 1
ACL: Final = 2
EVENT: Final = 4
NAME: Final = 0xFE
"""Not of HCI: length and name of the host on this air. Hardware never sees it."""


class Code(IntEnum):
    """Error codes (vol 1, part F)."""

    OK = 0x00
    UNKNOWN_COMMAND = 0x01
    UNKNOWN_CONNECTION = 0x02
    TIMEOUT = 0x08
    LIMIT = 0x09
    EXISTS = 0x0B
    DISALLOWED = 0x0C
    UNSUPPORTED = 0x11
    PARAMETERS = 0x12
    REMOTE_ENDED = 0x13
    LOCAL_ENDED = 0x16
    UNKNOWN_SET = 0x42


class HciError(Exception):
    """A command that the controller refuses."""

    def __init__(self, code: Code) -> None:
        """Keep the code that the host will read."""
        super().__init__(code.name)
        self.code = code


Act: TypeAlias = Callable[[bytes], bytes | None]
"""Do a command; gives what follows its status, or None where an event follows later."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a controller."""

    size: int | None
    """Bytes of its parameters; None where they vary."""
    bit: tuple[int, int] | None
    """Octet and bit in the list of supported commands (vol 4, part E, 6.27)."""
    act: Act


Commands: TypeAlias = Mapping[int, Command]


def event(code: int, content: bytes) -> bytes:
    """Write an event."""
    return bytes((EVENT, code, len(content))) + content


def meta(code: int, content: bytes) -> bytes:
    """Write an event of LE."""
    return event(0x3E, bytes((code,)) + content)


def complete(opcode: int, content: bytes) -> bytes:
    """Answer a command that is done."""
    return event(0x0E, struct.pack("<BH", 1, opcode) + content)


def status(opcode: int, code: Code) -> bytes:
    """Answer a command whose end an event will tell."""
    return event(0x0F, struct.pack("<BBH", code, 1, opcode))


@dataclass
class Splitter:
    """Cuts a byte stream of a host into packets, without their type's byte."""

    _held: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield type and content of whole packets; raises `MalformedError`."""
        self._held += data
        while self._held:
            kind = self._held[0]
            if kind not in {COMMAND, ACL, NAME}:
                raise MalformedError(f"no host sends packets of type {kind}")
            if (size := self._size(kind)) is None or len(self._held) < size:
                return
            packet = bytes(self._held[1:size])
            del self._held[:size]
            yield kind, packet

    def _size(self, kind: int) -> int | None:
        if kind == NAME:
            return 2 + self._held[1] if len(self._held) >= 2 else None
        if kind == COMMAND:
            return 4 + self._held[3] if len(self._held) >= 4 else None
        if len(self._held) < 5:
            return None
        return 5 + int.from_bytes(self._held[3:5], "little")
