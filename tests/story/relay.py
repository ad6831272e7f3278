"""A cable that counts what passes through it, and can be cut."""

import socket
import threading
from contextlib import suppress


class Relay:
    """Listens on loopback and passes everything on to `target`, both ways."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.to_target = 0
        self.from_target = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        number: int = self._listener.getsockname()[1]
        return number

    def cut(self) -> None:
        """Drop what is connected; new connections are passed on again."""
        gone, self._open = self._open, []
        for one in gone:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(self._target)
                except OSError:
                    near.close()
                    continue
                self._open += (near, far)
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        forward = sink.getpeername() == self._target
        with source, suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
                if forward:
                    self.to_target += len(data)
                else:
                    self.from_target += len(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
