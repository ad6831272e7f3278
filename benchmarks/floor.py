"""What the parts of an offload cost alone, in CPU seconds a GB, on this machine."""

import hashlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lapel.crypto.certs import YEAR_MS, Role, Subject, Validity
from lapel.crypto.keys import PrivateKey
from lapel.crypto.seal import Opener, Sealer
from lapel.sim.forge import NOON_MS, authority
from lapel.wire.sealed import FRAME

PIECE: Final = 1 << 20
PIECES: Final = 512
_GB: Final = 1e9


@dataclass(frozen=True, slots=True)
class Floor:
    """CPU seconds a GB: TLS (one side), SHA-256, AES-GCM, write with fsync."""

    tls: float
    sha: float
    gcm: float
    write: float

    @property
    def cpu_per_gb(self) -> float:
        """Least that camera, dock and server can spend together."""
        return 4 * self.tls + 2 * self.sha + self.gcm + self.write


def _cpu(act: Callable[[], None]) -> float:
    before = time.process_time()
    act()
    return (time.process_time() - before) / (PIECES * PIECE / _GB)


def _repeat(act: Callable[[], object]) -> None:
    for _ in range(PIECES):
        act()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        for _ in range(PIECES):
            file.write(data)
        os.fsync(file.fileno())


def _tls(folder: Path) -> float:
    issuer = authority()
    key = PrivateKey.generate()
    validity = Validity(NOON_MS - 40 * YEAR_MS, NOON_MS + 30 * YEAR_MS)
    made = issuer.issue(Subject("X1", "dock"), key.public, Role.SERVER, validity)
    (folder / "k").write_bytes(key.to_pem())
    (folder / "c").write_bytes(made.to_pem())
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "c", folder / "k")
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    asking.verify_mode = ssl.CERT_NONE
    left, right = socket.socketpair()

    def receive() -> None:
        with serving.wrap_socket(right, server_side=True) as peer:
            buffer = bytearray(PIECE)
            while peer.recv_into(buffer):
                pass

    def send() -> None:
        thread = threading.Thread(target=receive)
        thread.start()
        data = os.urandom(PIECE)
        with asking.wrap_socket(left) as peer:
            _repeat(lambda: peer.sendall(data))
        thread.join()

    return _cpu(send) / 2


def measure(folder: Path) -> Floor:
    """Measure; needs 0.6 GB in `folder`."""
    data = os.urandom(PIECE)
    sealer = Sealer.start(bytes(16), bytes(32))
    body = sealer.frame(0, data)[FRAME.size :]
    opener = Opener.start(sealer.header, bytes(32))
    return Floor(
        _tls(folder),
        _cpu(lambda: _repeat(lambda: hashlib.sha256(data).digest())),
        _cpu(lambda: _repeat(lambda: opener.frame(0, body, last=False))),
        _cpu(lambda: _write(folder / "written", data)),
    )
