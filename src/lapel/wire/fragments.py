"""Messages in pieces that fit into Bluetooth values (formats 1).

Each value is one header byte (first, last, sequence modulo 64) and at least one byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lapel.base.errors import MalformedError
from lapel.wire.link import MTU_LEAST

MESSAGE_MOST: Final = 4096
VALUE_MOST: Final = 512
_FIRST: Final = 0x80
_LAST: Final = 0x40
_ATT: Final = 3


def value_size(mtu: int) -> int:
    """Greatest value that one packet carries at this MTU."""
    if mtu < MTU_LEAST:
        raise MalformedError("an MTU that cannot be")
    return min(mtu - _ATT, VALUE_MOST)


def split(message: bytes, mtu: int) -> Iterator[bytes]:
    """Cut a message of 1 to 4096 bytes into values."""
    if not 1 <= len(message) <= MESSAGE_MOST:
        raise MalformedError("a message has 1 to 4096 bytes")
    step = value_size(mtu) - 1
    for number, start in enumerate(range(0, len(message), step)):
        first = _FIRST if start == 0 else 0
        last = _LAST if start + step >= len(message) else 0
        yield bytes((first | last | number % 64,)) + message[start : start + step]


@dataclass(slots=True)
class Joiner:
    """Puts values of one direction together; any violation means: drop the link."""

    mtu: int
    _parts: list[bytes] = field(default_factory=list[bytes])
    _size: int = 0

    def take(self, value: bytes) -> bytes | None:
        """Take the next value; gives the message when it was the last.

        Raises `MalformedError`; the joiner is then of no further use.
        """
        if not 2 <= len(value) <= value_size(self.mtu):
            raise MalformedError("a value that is empty or longer than the MTU allows")
        head = value[0]
        if bool(head & _FIRST) != (not self._parts):
            raise MalformedError("a first value in the middle, or none at the start")
        if head & 0x3F != len(self._parts) % 64:
            raise MalformedError("a value out of sequence")
        self._size += len(value) - 1
        if self._size > MESSAGE_MOST:
            raise MalformedError("a message of more than 4096 bytes")
        self._parts.append(value[1:])
        if not head & _LAST:
            return None
        message = b"".join(self._parts)
        self._parts, self._size = [], 0
        return message
