"""A virtual Bluetooth LE controller: commands of a host in, events out.

It speaks to any host stack (ours, BlueZ in a Linux kernel). It has no BR/EDR, no
encryption of its own and no address resolution; the link needs none of them.
"""

import struct
from collections.abc import Callable
from typing import Final

from lapel.base.errors import MalformedError
from lapel.sim.air.advertiser import Advertiser
from lapel.sim.air.hci import (
    COMMAND,
    NAME,
    Code,
    Command,
    Commands,
    HciError,
    complete,
    event,
    status,
)
from lapel.sim.air.links import BUFFERS, Links
from lapel.sim.air.medium import Medium
from lapel.sim.air.radio import PLAIN_MASK, Radio, Shape
from lapel.sim.air.scanner import Scanner

NAME_MOST: Final = 64
HARDWARE_ERROR: Final = event(0x10, b"\x01")
"""What a host gets whose bytes are no packets."""

_BR_EDR_NOT_SUPPORTED: Final = 1 << 37
_LE_SUPPORTED: Final = 1 << 38
_STATES: Final = 0x000003FF_FFFFFFFF
_MOST_TIME: Final = 2120


class Controller:
    """One controller, for one host."""

    def __init__(
        self,
        medium: Medium,
        shape: Shape,
        name: str,
        public: bytes,
        emit: Callable[[bytes], None],
    ) -> None:
        """Join the medium; `public` is its address, least significant byte first."""
        self.radio = Radio(medium, name, shape, public, emit)
        self._links = Links(self.radio)
        opened = self._links.open
        self._advertiser = Advertiser(
            self.radio, self._links, opened, lambda: self._links.roomy
        )
        self._scanner = Scanner(self.radio, self._links, opened)
        self._commands: dict[int, Command] = {
            **self._general(),
            **self._advertiser.commands(),
            **self._scanner.commands(),
            **self._links.commands(),
        }
        medium.listeners[name] = self._scanner.hear

    @property
    def commands(self) -> Commands:
        """All commands that this controller knows."""
        return self._commands

    def take(self, kind: int, packet: bytes) -> None:
        """Take one packet of the host; raises `MalformedError` for a wrong name."""
        if kind == COMMAND:
            self._command(int.from_bytes(packet[:2], "little"), packet[3:])
        elif kind == NAME:
            self._name(packet[1:])
        else:
            self._links.acl(packet)

    def leave(self) -> None:
        """Go off the air, without a goodbye."""
        self._reset(b"")
        self.radio.medium.listeners.pop(self.radio.name, None)

    def _command(self, opcode: int, parameters: bytes) -> None:
        known = self._commands.get(opcode)
        try:
            if known is None:
                raise HciError(Code.UNKNOWN_COMMAND)
            if known.size is not None and known.size != len(parameters):
                raise HciError(Code.PARAMETERS)
            done = known.act(parameters)
        except HciError as error:
            self.radio.emit(self._refusal(opcode, error.code))
            return
        if done is None:
            self.radio.emit(status(opcode, Code.OK))
        else:
            self.radio.emit(complete(opcode, bytes((Code.OK,)) + done))

    def _refusal(self, opcode: int, code: Code) -> bytes:
        """Refuse in the shape that the command's answer has."""
        if opcode in _TOLD_LATER:
            return status(opcode, code)
        return complete(opcode, bytes((code,)))

    def _general(self) -> dict[int, Command]:
        shape = self.radio.shape
        buffers = struct.pack("<HB", shape.octets, BUFFERS)
        classic = struct.pack("<HBHH", shape.octets, 0, BUFFERS, 0)
        version = struct.pack("<BHBHH", shape.version, 0, shape.version, 0xFFFF, 0)
        lmp = (_BR_EDR_NOT_SUPPORTED | _LE_SUPPORTED).to_bytes(8, "little")
        features = shape.features.to_bytes(8, "little")
        states = _STATES.to_bytes(8, "little")
        length = struct.pack("<HHHH", *(shape.octets, _MOST_TIME) * 2)
        one = {
            0x0C01: Command(8, (5, 6), _nothing),
            0x0C03: Command(0, (5, 7), self._reset),
            0x0C6D: Command(2, (24, 6), _nothing),
            0x1001: Command(0, (14, 3), lambda _: version),
            0x1002: Command(0, None, lambda _: self._supported()),
            0x1003: Command(0, (14, 5), lambda _: lmp),
            0x1005: Command(0, (14, 7), lambda _: classic),
            0x1009: Command(0, (15, 1), lambda _: self.radio.public),
            0x2001: Command(8, (25, 0), self._mask),
            0x2002: Command(0, (25, 1), lambda _: buffers),
            0x2003: Command(0, (25, 2), lambda _: features),
            0x2005: Command(6, (25, 4), self._random),
            0x2018: Command(0, (27, 7), lambda _: self._bits()),
            0x201C: Command(0, (28, 3), lambda _: states),
        }
        if not shape.sets:
            return one
        return one | {
            0x2023: Command(0, (33, 7), lambda _: length[:4]),
            0x2024: Command(4, (34, 0), _nothing),
            0x202F: Command(0, (35, 3), lambda _: length),
        }

    def _reset(self, _: bytes) -> bytes:
        for part in (self._advertiser, self._scanner, self._links):
            part.reset()
        self.radio.random, self.radio.mask = None, PLAIN_MASK
        return b""

    def _supported(self) -> bytes:
        bits = bytearray(64)
        for command in self._commands.values():
            if command.bit is not None:
                octet, bit = command.bit
                bits[octet] |= 1 << bit
        return bytes(bits)

    def _mask(self, raw: bytes) -> bytes:
        self.radio.mask = int.from_bytes(raw, "little")
        return b""

    def _random(self, raw: bytes) -> bytes:
        self.radio.random = raw
        return b""

    def _bits(self) -> bytes:
        return self.radio.medium.random_bits(64).to_bytes(8, "little")

    def _name(self, raw: bytes) -> None:
        try:
            name = raw.decode()
        except UnicodeDecodeError as error:
            raise MalformedError("a name is UTF-8") from error
        listeners = self.radio.medium.listeners
        taken = name in listeners and name != self.radio.name
        if not 1 <= len(raw) <= NAME_MOST or not name.isprintable() or taken:
            raise MalformedError("a name that is no name, or somebody else's")
        listeners[name] = listeners.pop(self.radio.name)
        self.radio.name = self._links.name = name


_TOLD_LATER: Final = frozenset({0x0406, 0x041D, 0x200D, 0x2013, 0x2016, 0x2043})
"""Commands that are answered with a status."""


def _nothing(_: bytes) -> bytes:
    return b""
