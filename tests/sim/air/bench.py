"""Controllers on one medium, told by a test what a host would tell them."""

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from lapel.sim.air.controller import Controller
from lapel.sim.air.hci import ACL, COMMAND
from lapel.sim.air.medium import Medium
from lapel.sim.air.radio import SETS, Shape

EVERY_MS = 20


@dataclass
class Told:
    """A controller, and all that it said."""

    controller: Controller
    said: list[bytes]
    random: bytes

    def ask(self, opcode: int, parameters: bytes = b"") -> bytes:
        """Give a command; gives code and return parameters of what it answers."""
        before = len(self.said)
        head = struct.pack("<HB", opcode, len(parameters))
        self.controller.take(COMMAND, head + parameters)
        answer = self.said[before]
        return answer[6:] if answer[1] == 0x0E else answer[3:4]

    def done(self, opcode: int, parameters: bytes = b"") -> bytes:
        """Give a command that must be done; gives its return parameters."""
        answer = self.ask(opcode, parameters)
        assert answer[0] == 0, answer.hex()
        return answer[1:]

    def write(self, handle: int, payload: bytes) -> None:
        """Send one packet of a connection."""
        self.controller.take(ACL, struct.pack("<HH", handle, len(payload)) + payload)

    def events(self, code: int) -> list[bytes]:
        """Give the content of all events of one kind."""
        return [one[3:] for one in self.said if one[0] == 4 and one[1] == code]

    def metas(self, code: int) -> list[bytes]:
        """Give the content of all LE events of one kind."""
        return [one[1:] for one in self.events(0x3E) if one[0] == code]

    @property
    def arrived(self) -> list[bytes]:
        """Give the payloads that came over connections."""
        return [one[5:] for one in self.said if one[0] == 2]

    def advertise(
        self, data: bytes = b"\2\1\6", *, every_ms: int = EVERY_MS, kind: int = 0
    ) -> None:
        """Begin to advertise, as a host of 4.0 does."""
        units = round(every_ms / 0.625)
        timing = struct.pack("<HHBBB6sBB", units, units, kind, 1, 0, bytes(6), 7, 0)
        self.done(0x2006, timing)
        self.done(0x2008, bytes((len(data),)) + data.ljust(31, b"\0"))
        self.done(0x200A, b"\1")

    def scan(self, *, active: bool = False, once: bool = False) -> None:
        """Begin to scan."""
        self.done(0x200B, struct.pack("<BHHBB", active, 16, 16, 1, 0))
        self.done(0x200C, bytes((1, once)))

    def connect(self, peer: "Told", timeout_ms: int = 1000) -> None:
        """Begin to connect."""
        timing = struct.pack("<HHHHHH", 24, 24, 0, timeout_ms // 10, 0, 0)
        where = struct.pack("<HHBB6sB", 16, 16, 0, 1, peer.random, 1)
        self.done(0x200D, where + timing)

    @property
    def handle(self) -> int:
        """Give the handle of the newest connection."""
        return int.from_bytes(self.metas(1)[-1][1:3], "little")


@dataclass
class Bench:
    """A medium, and controllers on it."""

    seed: "list[float]" = field(default_factory=lambda: [0.5])

    def __post_init__(self) -> None:
        """Begin with an empty air."""
        loop = asyncio.get_running_loop()
        self.medium = Medium(loop, self._chance, lambda: 1_790_000_000_000_000_000)

    def _chance(self) -> float:
        drawn = self.seed.pop(0)
        self.seed.append(drawn)
        return drawn

    def controller(self, name: str, shape: Shape = SETS) -> Told:
        """Add a controller."""
        said: list[bytes] = []
        number = len(self.medium.listeners) + 1
        public = bytes((number, 0, 0, 0, 0, 2))
        made = Controller(self.medium, shape, name, public, said.append)
        told = Told(made, said, bytes((number, 0, 0, 0, 0, 0xC0)))
        told.done(0x2005, told.random)
        return told


async def until(holds: Callable[[], object], limit_s: float = 5) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(limit_s):
        while not holds():  # noqa: ASYNC110  # the air itself tells nobody
            await asyncio.sleep(0.005)


async def joined(bench: Bench, shape: Shape = SETS) -> tuple[Told, Told]:
    """Connect a phone to a camera."""
    camera, phone = bench.controller("camera", shape), bench.controller("phone", shape)
    camera.advertise()
    phone.connect(camera)
    await until(lambda: camera.metas(1) and phone.metas(1))
    return camera, phone
