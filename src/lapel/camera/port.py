"""The camera's port: TLS 1.3 on one address, and nothing else listening (formats 7).

Owned, it shows the `auth` certificate and lets in who has a certificate of the tenant's
CA with a host's role. Unowned, it shows the `id` certificate and answers hello and
adopt only.
"""

import os
import socket
import ssl
from contextlib import suppress
from threading import Lock, Thread
from typing import Final

from lapel.base.clock import ClockQuality
from lapel.base.errors import LapelError, MalformedError
from lapel.camera.body import Camera
from lapel.camera.identity import Owner
from lapel.camera.verbs import Visit, answer
from lapel.crypto.certs import Certificate, Role
from lapel.ports.keystore import KeyName
from lapel.wire.cbor import Value
from lapel.wire.journal import EntryKind
from lapel.wire.port import Answer, Code, frame, frame_length, frame_pieces

HOSTS: Final = frozenset({Role.DOCK, Role.SYNC, Role.VIEW_XL})
MOST_CONNECTIONS: Final = 4
_PATIENCE_S: Final = 900.0
"""A host may be silent while Evidence walks through what it got."""

_HANDSHAKE_S: Final = 10.0
_NO_CHECK_TIME: Final = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME: the camera's own clock decides on dates."""


class Port:
    """Listens from `open` to `close`; a cut cable drops every connection at once."""

    def __init__(self, camera: Camera) -> None:
        """Serve this camera; nothing listens yet."""
        self._camera = camera
        self._lock = Lock()
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens."""
        listener = self._listener
        if listener is None:
            return None
        host, port = listener.getsockname()[:2]
        return str(host), int(port)

    def open(self, host: str = "127.0.0.1") -> None:
        """Listen on a free port of `host`."""
        if self._listener is not None:
            return
        listener = socket.create_server((host, 0), backlog=MOST_CONNECTIONS)
        self._listener = listener
        Thread(target=self._accept, args=(listener,), name="port", daemon=True).start()

    def close(self) -> None:
        """Drop all connections and listen no more."""
        with self._lock:
            listener, self._listener = self._listener, None
            connections, self._connections = self._connections, set()
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in connections:
            with suppress(OSError):
                # Below TLS, whose state belongs to the thread that serves.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while self._listener is listener:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                full = len(self._connections) >= MOST_CONNECTIONS
                if full or self._listener is not listener:
                    connection.close()
                    continue
                self._connections.add(connection)
            Thread(
                target=self._serve, args=(connection,), name="host", daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(_HANDSHAKE_S)
            _notice_silence(connection)
            owner = self._camera.papers.owner
            context = tls_context(self._camera, owner)
            with context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            ) as secured:
                self._talk(connection, secured, owner)
        except (OSError, LapelError):
            pass  # The host is gone or spoke another language: it has been dropped.
        finally:
            self._forget(connection)
            connection.close()

    def _talk(
        self, plain: socket.socket, secured: ssl.SSLSocket, owner: Owner | None
    ) -> None:
        """Shake hands and serve; `secured` took the socket over, a cut drops it now."""
        try:
            if self._take_over(plain, secured):
                secured.do_handshake()
                secured.settimeout(_PATIENCE_S)
                self._converse(secured, owner)
        finally:
            self._forget(secured)

    def _take_over(self, plain: socket.socket, secured: ssl.SSLSocket) -> bool:
        """Put `secured` in the place of `plain`; False when that was dropped."""
        with self._lock:
            if plain not in self._connections:
                return False
            self._connections.discard(plain)
            self._connections.add(secured)
            return True

    def _forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)

    def _converse(self, secured: ssl.SSLSocket, owner: Owner | None) -> None:
        visit = Visit()
        if owner is not None:
            peer = secured.getpeercert(binary_form=True)
            found = visitor(self._camera, owner, peer)
            if found is None:
                return
            visit = found
            seen: dict[int, Value] = {1: visit.serial, 2: int(visit.role or 0)}
            self._camera.note(EntryKind.PORT, seen)
        # Under another owner another certificate and other rules hold.
        while self._camera.papers.owner is owner:
            try:
                message = _exactly(secured, frame_length(_exactly(secured, 4)))
                reply = answer(self._camera, visit, message)
            except MalformedError as error:
                refusal = Answer(0, Code.MALFORMED, {1: str(error)})
                secured.sendall(frame(refusal.encode()))
                return
            for piece in frame_pieces(reply):
                secured.sendall(piece)


def visitor(camera: Camera, owner: Owner, der: bytes | None) -> Visit | None:
    """Decide who may come in; None turns the host away.

    1. TLS has proved a certificate of the tenant's CA. 2. It has a host's role. 3. The
    present lies within its dates, where the camera's clock is set.
    """
    if der is None:
        return None
    certificate = Certificate.from_der(der)
    now = camera.time.now()
    if certificate.role not in HOSTS:
        reason = "a certificate without a host's role"
    elif now.quality is not ClockQuality.UNSET and not certificate.validity.holds(
        now.utc_ms
    ):
        reason = "a certificate outside its dates"
    else:
        return Visit(owner, certificate.role, certificate.serial, certificate.validity)
    camera.note(EntryKind.REFUSAL, {1: reason})
    return None


def tls_context(camera: Camera, owner: Owner | None) -> ssl.SSLContext:
    """Make the server's side of TLS for a camera that belongs to `owner`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    papers, keys = camera.papers, camera.board.keys
    if owner is None:
        der, key = papers.identity.id_certificate, KeyName.ID
    else:
        der, key = owner.auth_certificate, KeyName.AUTH
        ca = Certificate.from_der(owner.ca).to_pem().decode()
        context.load_verify_locations(cadata=ca)
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= _NO_CHECK_TIME
    _load(context, keys.tls_key(key) + Certificate.from_der(der).to_pem())
    return context


def _notice_silence(connection: socket.socket) -> None:
    """Send at once, and have the system end a connection whose host is gone."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        (socket.TCP_KEEPIDLE, 15),
        (socket.TCP_KEEPINTVL, 5),
        (socket.TCP_KEEPCNT, 3),
    ):
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    """Hand key and certificate over in memory: the library reads files only."""
    handle = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        os.write(handle, pem)
        context.load_cert_chain(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


def _exactly(secured: ssl.SSLSocket, size: int) -> bytes:
    buffer = bytearray(size)
    view, have = memoryview(buffer), 0
    while have < size:
        count = secured.recv_into(view[have:])
        if not count:
            raise ConnectionResetError("the host is gone")
        have += count
    return bytes(buffer)
