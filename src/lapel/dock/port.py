"""Client of a camera's port: framed requests over TLS (formats 7)."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Final, Self

from lapel.base.errors import MalformedError, RefusedError, UnreachableError
from lapel.crypto.certs import Certificate, Role
from lapel.wire import port
from lapel.wire.cbor import Value
from lapel.wire.port import Answer, Code, Request, Verb

_PATIENCE_S: Final = 20.0


class CameraRefusedError(RefusedError):
    """The camera understood and said no; `reason` is the code's name."""

    code = "camera-refused"


class StrangeCameraError(RefusedError):
    """The camera is not one of this agency's, or not yet."""

    code = "strange-camera"


class Port:
    """A connection to one camera; used by one thread."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        """Take a connection whose handshake is done."""
        self._connection = connection
        self._number = 0
        self._room = bytearray()

    @classmethod
    def connect(cls, address: tuple[str, int], context: ssl.SSLContext) -> Self:
        """Connect; raises `UnreachableError` or `StrangeCameraError`."""
        try:
            plain = socket.create_connection(address, timeout=_PATIENCE_S)
        except OSError as error:
            raise UnreachableError("the camera does not answer on its port") from error
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return cls(context.wrap_socket(plain))
        except ssl.SSLCertVerificationError as error:
            plain.close()
            raise StrangeCameraError(
                "certificate", str(error.verify_message)
            ) from error
        except OSError as error:
            plain.close()
            raise UnreachableError("the camera ended the connection") from error

    def close(self) -> None:
        """Drop the connection."""
        self._connection.close()

    def peer(self) -> Certificate:
        """Give the camera's certificate."""
        der = self._connection.getpeercert(binary_form=True)
        if der is None:
            raise StrangeCameraError("certificate", "the camera shows no certificate")
        return Certificate.from_der(der)

    def check_peer(self, serial: str) -> None:
        """Raise `StrangeCameraError` unless the certificate is this camera's."""
        peer = self.peer()
        if peer.role is not Role.CAMERA_AUTH or peer.serial != serial:
            raise StrangeCameraError("role", "the certificate is not this camera's")

    def request(
        self, verb: Verb, arguments: Mapping[int, Value] | None = None
    ) -> Mapping[int, Value]:
        """Ask and wait for the answer; raises `CameraRefusedError` with its code."""
        self._number += 1
        message = Request(self._number, int(verb), arguments or {}).encode()
        try:
            self._connection.sendall(port.frame(message))
            answer = Answer.decode(self._receive())
        except OSError as error:
            raise UnreachableError("the cable or the camera is gone") from error
        if answer.number != self._number:
            raise MalformedError("the camera answered another request")
        if answer.code is not Code.DONE:
            name = answer.code.name.lower().replace("_", "-")
            said = (answer.result or {}).get(1)
            words = f"{said} ({name})" if isinstance(said, str) else name
            raise CameraRefusedError(
                name, f"the camera refused {verb.name.lower()}: {words}"
            )
        return answer.result or {}

    def _receive(self) -> memoryview:
        """Receive a message; it stands until the next one is received."""
        size = port.frame_length(bytes(self._exactly(4)))
        return self._exactly(size)

    def _exactly(self, size: int) -> memoryview:
        if len(self._room) < size:
            self._room = bytearray(size)
        view, have = memoryview(self._room)[:size], 0
        while have < size:
            count = self._connection.recv_into(view[have:])
            if not count:
                raise UnreachableError("the cable or the camera is gone")
            have += count
        return view

    def read(
        self, recording: bytes, span: tuple[int, int], piece_most: int = port.READ_MOST
    ) -> Iterator[bytes]:
        """Read a recording from one place to another, piece by piece."""
        offset, length = span
        while offset < length:
            size = min(piece_most, length - offset)
            answer = self.request(Verb.READ, {1: recording, 2: offset, 3: size})
            piece = answer.get(1)
            if not isinstance(piece, bytes) or not 0 < len(piece) <= size:
                raise MalformedError("the camera gave a piece of a wrong size")
            yield piece
            offset += len(piece)

    def journal(self, since: int) -> tuple[bytes, int, bool]:
        """Read journal entries from number `since` on, about 1 MiB at once.

        Gives the entries, how many they are, and whether there are more.
        """
        answer = self.request(Verb.JOURNAL, {1: since})
        listed = answer.get(1)
        if not isinstance(listed, tuple):
            raise MalformedError("the camera gave no entries")
        entries = [entry for entry in listed if isinstance(entry, bytes)]
        if len(entries) < len(listed):
            raise MalformedError("the camera gave an entry that is no document")
        return b"".join(entries), len(entries), answer.get(2) is True
