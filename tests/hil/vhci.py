"""Gives a Linux kernel a controller of a virtual air, through /dev/vhci."""

import os
import select
import socket
import threading
from dataclasses import dataclass, field
from typing import Final

from lapel.sim.air.hub import LOOPBACK
from lapel.sim.air.running import Air

_PRIMARY: Final = b"\xff\x00"
"""Asks vhci for a controller."""

_LOOK_S: Final = 0.1


@dataclass
class Attached:
    """A kernel's controller, and the thread that carries its packets."""

    device: int
    host: socket.socket
    _over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Begin to carry."""
        self._thread = threading.Thread(target=self._carry, name="vhci", daemon=True)
        self._thread.start()

    def pull_out(self) -> None:
        """Take it away from the kernel."""
        self._over.set()
        self._thread.join()
        os.close(self.device)
        self.host.close()

    def _carry(self) -> None:
        held = b""
        while not self._over.is_set():
            both = [self.device, self.host.fileno()]
            ready, _, _ = select.select(both, [], [], _LOOK_S)
            if self.device in ready:
                self.host.sendall(os.read(self.device, 4096))
            if self.host.fileno() in ready:
                held += self.host.recv(4096)
                while len(held) >= 5 and len(held) >= (size := _length(held)):
                    os.write(self.device, held[:size])
                    held = held[size:]


def attach(air: Air, name: str) -> Attached:
    """Give the kernel a controller of the air, by this name."""
    device = os.open("/dev/vhci", os.O_RDWR)
    host = socket.create_connection((LOOPBACK, air.ports.hosts))
    raw = name.encode()
    host.sendall(bytes((0xFE, len(raw))) + raw)
    os.write(device, _PRIMARY)
    os.read(device, 64)
    return Attached(device, host)


def _length(packet: bytes) -> int:
    """Give the length of the packet of a controller that begins here."""
    if packet[0] == 4:
        return 3 + packet[2]
    return 5 + int.from_bytes(packet[3:5], "little")
