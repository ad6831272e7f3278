"""The signer: a process of its own that holds the log keys and signs checkpoints.

It listens on a unix socket in a folder that only its user may enter. One line of JSON
is a request, one line the answer. It reads no database and trusts no request: what it
signs follows from its own memory of the last checkpoint (`signing.extend`).
"""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from lapel.base.errors import LapelError, RefusedError
from lapel.crypto.digest import sha256
from lapel.crypto.note import LogKey
from lapel.evidence.custody.signing import FIRST, Head, extend
from lapel.evidence.store.folder import near
from lapel.ports.private import write_private
from lapel.wire.custody import Checkpoint

LINE_MOST = 16_384


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request: the key of a log, its last head, or a signature over a new one."""

    verb: str
    origin: str
    size: int = 0
    root: bytes = b""
    proof: tuple[bytes, ...] = ()


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """An answer; `refused` says why nothing was signed."""

    vkey: str = ""
    size: int = 0
    note: str = ""
    refused: str = ""
    words: str = ""


class _Kept(msgspec.Struct, frozen=True):
    size: int
    root: bytes


class Alarm(Protocol):
    """Whom the signer calls when it stops."""

    def __call__(self, origin: str, words: str, /) -> None:
        """Tell that nothing more is signed for `origin`."""
        ...


@dataclass(frozen=True, slots=True)
class Drawer:
    """Files of one log: key, last head, and the alarm that stops it."""

    root: Path
    origin: str

    @property
    def _stem(self) -> str:
        return sha256(self.origin.encode()).hex()[:16]

    def key(self) -> LogKey:
        """Give the log's key; it is made the first time it is asked for."""
        path = self.root / f"{self._stem}.key"
        if not path.exists():
            write_private(path, LogKey.generate(self.origin).secret)
        return LogKey.from_secret(self.origin, path.read_bytes())

    def last(self) -> Head:
        """Give the last head that was signed."""
        path = self.root / f"{self._stem}.head"
        if not path.exists():
            return FIRST
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
        return Head(kept.size, kept.root)

    def keep(self, head: Head) -> None:
        """Remember `head` before its signature leaves this process."""
        path = self.root / f"{self._stem}.head"
        write_private(path, msgspec.json.encode(_Kept(head.size, head.root)))

    @property
    def stop(self) -> Path:
        """While this file exists, nothing is signed."""
        return self.root / f"{self._stem}.stopped"


def answer(ask: Ask, drawer: Drawer, alarm: Alarm) -> Told:
    """Answer one request; a refusal to sign also stops the log and alarms."""
    if ask.verb == "key":
        return Told(vkey=drawer.key().verifier.vkey, size=drawer.last().size)
    if ask.verb != "sign":
        return Told(refused="verb", words="the signer answers key and sign")
    if drawer.stop.exists():
        words = drawer.stop.read_text()
        return Told(refused="stopped", words=f"stopped before: {words}")
    new = Head(ask.size, ask.root)
    try:
        extend(drawer.last(), new, ask.proof)
    except RefusedError as error:
        write_private(drawer.stop, str(error).encode())
        alarm(ask.origin, str(error))
        return Told(refused=error.reason, words=str(error))
    drawer.keep(new)
    note = drawer.key().sign(Checkpoint(ask.origin, new.size, new.root))
    return Told(note=note, size=new.size)


@dataclass(frozen=True, slots=True)
class Door:
    """Where the signer listens, and the group that may ask; none: its user alone."""

    socket: Path
    group: str = ""

    def narrow(self) -> None:
        """Let nobody else ask."""
        if self.group:
            shutil.chown(self.socket, group=self.group)
        self.socket.chmod(0o660 if self.group else 0o600)

    def clear(self) -> None:
        """Take away what an earlier signer left."""
        self.socket.unlink(missing_ok=True)


async def serve(root: Path, door: Door, alarm: Alarm, stopped: asyncio.Event) -> None:
    """Serve requests one after the other until `stopped` is set."""
    turn = asyncio.Lock()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                async with turn:
                    told = _answer_line(line, root, alarm)
                writer.write(msgspec.json.encode(told) + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    door.clear()
    with near(door.socket) as address:
        server = await asyncio.start_unix_server(talk, address, limit=LINE_MOST)
    door.narrow()
    async with server:
        await stopped.wait()
    door.clear()


def _answer_line(line: bytes, root: Path, alarm: Alarm) -> Told:
    try:
        ask = msgspec.json.decode(line, type=Ask)
        return answer(ask, Drawer(root, ask.origin), alarm)
    except (msgspec.DecodeError, LapelError) as error:
        return Told(refused="malformed", words=str(error))
    except OSError as error:
        return Told(refused="storage", words=str(error))
