"""Checkpoints: ask the signer, keep what it signed, cover many acts with one."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from lapel.base.clock import Clock
from lapel.base.errors import LapelError, RefusedError, UnreachableError
from lapel.evidence.custody import service
from lapel.evidence.custody.model import SignedHead
from lapel.evidence.custody.signer import LINE_MOST, Ask, Told
from lapel.evidence.store.database import Database, Quiet
from lapel.evidence.store.folder import near

_PATIENCE_S = 10.0

Also = Callable[[Connection, SignedHead], None]
"""Work to be done with a new checkpoint, in the transaction that keeps it."""


class SignerClient:
    """A line to the signer, opened again when it was cut."""

    def __init__(self, path: Path) -> None:
        """Remember where the signer listens."""
        self._path = path
        self._line: socket.socket | None = None
        self._lock = threading.Lock()

    def ask(self, question: Ask) -> Told:
        """Ask one question; raises UnreachableError when nobody answers."""
        with self._lock:
            for last in (False, True):
                try:
                    return self._talk(question)
                except OSError as error:
                    self._drop()
                    if last:
                        raise UnreachableError(
                            "the signer does not answer; no receipt can be given"
                        ) from error
        raise UnreachableError("the signer does not answer")

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._line is not None:
            with suppress(OSError):
                self._line.close()
        self._line = None

    def _talk(self, question: Ask) -> Told:
        if self._line is None:
            self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._line.settimeout(_PATIENCE_S)
            with near(self._path) as address:
                self._line.connect(address)
        self._line.sendall(msgspec.json.encode(question) + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            part = self._line.recv(LINE_MOST)
            if not part:
                raise ConnectionResetError("the signer hung up")
            answer += part
        return msgspec.json.decode(answer, type=Told)


class Checkpoints:
    """The newest checkpoint of one tenant; one request covers all who wait."""

    def __init__(
        self, database: Database, signer: SignerClient, clock: Clock, tenant: str
    ) -> None:
        """Work on the log of `tenant`."""
        self._database = database
        self._signer = signer
        self._clock = clock
        self._tenant = tenant
        self._lock = threading.Lock()
        self.alarm = ""

    def vkey(self) -> str:
        """Give the log's public key as a C2SP vkey line."""
        return self._ask(Ask("key", self._origin())).vkey

    def newest(self) -> SignedHead | None:
        """Give the newest checkpoint, if one was signed."""
        with self._database.read() as connection:
            return service.head(connection, self._tenant)

    def cover(self, number: int, also: Also | None = None) -> SignedHead:
        """Give a checkpoint that covers act `number`, signing one if needed.

        `also` is done with it in the transaction that keeps it.
        """
        with self._lock:
            head = self.newest()
            if head is None or head.size <= number:
                return self._sign(also)
        if also is not None:
            with self._database.write(Quiet.PROOF) as connection:
                also(connection, head)
        return head

    def refresh(self) -> None:
        """Sign a checkpoint if acts came in since the last."""
        with self._database.read() as connection:
            size = service.size(connection, self._tenant)
        if size:
            self.cover(size - 1)

    def _sign(self, also: Also | None) -> SignedHead:
        origin = self._origin()
        known = self._ask(Ask("key", origin)).size
        with self._database.read() as connection:
            size = service.size(connection, self._tenant)
            root = service.root(connection, self._tenant, size)
            proof = (
                service.consistency(connection, self._tenant, known, size)
                if known <= size
                else ()
            )
        told = self._ask(Ask("sign", origin, size, root, proof))
        head = SignedHead(size, root, told.note)
        with self._database.write(Quiet.PROOF) as connection:
            service.keep_head(connection, self._tenant, head, self._clock.utc_ms())
            if also is not None:
                also(connection, head)
        self.alarm = ""
        return head

    def _origin(self) -> str:
        with self._database.read() as connection:
            return service.origin(connection, self._tenant)

    def _ask(self, question: Ask) -> Told:
        try:
            told = self._signer.ask(question)
        except LapelError as error:
            self.alarm = str(error)
            raise
        if told.refused:
            self.alarm = told.words
            raise RefusedError(told.refused, f"the signer refuses: {told.words}")
        return told
