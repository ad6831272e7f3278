"""Custody log: leaves, checkpoints and tile names (formats 9; C2SP tlog-tiles)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from lapel.base.errors import MalformedError
from lapel.wire.cbor import Value
from lapel.wire.document import (
    Document,
    any_map,
    document,
    hash32,
    keyed,
    nullable,
    pair_of,
    text,
    uint,
)

LEAF_MOST: Final = 65_535
TILE_WIDTH: Final = 256
NOTE_MOST: Final = 65_536


class ActorKind(IntEnum):
    """Who acted."""

    SYSTEM = 0
    USER = 1
    DEVICE = 2


class ObjectKind(IntEnum):
    """On what."""

    RECORDING = 1
    USER = 2
    DEVICE = 3
    OTHER = 4


@document
class Leaf(Document):
    """One act: when, who, what, on what, how, and the client's salted hash."""

    LIMIT = LEAF_MOST
    time_ms: int = keyed(1, uint())
    actor: tuple[ActorKind, str] = keyed(2, pair_of(ActorKind))
    action: str = keyed(3, text)
    subject: tuple[ObjectKind, str] = keyed(4, pair_of(ObjectKind))
    detail: Mapping[int, Value] = keyed(5, any_map)
    client: bytes | None = keyed(6, nullable(hash32))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root of a log, as C2SP checkpoint text without extension lines."""

    origin: str
    size: int
    root: bytes

    def body(self) -> bytes:
        """Text that is signed: three lines, each ended by a newline."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n".encode()

    @classmethod
    def parse(cls, body: bytes) -> "Checkpoint":
        """Read what `body` wrote; raises `MalformedError` for anything else."""
        try:
            origin, size, root, rest = body.decode().split("\n")
            read = cls(origin, int(size), base64.b64decode(root, validate=True))
        except (ValueError, binascii.Error) as error:
            raise MalformedError("not a checkpoint") from error
        if (
            rest
            or read.body() != body
            or len(read.root) != 32
            or not origin
            or read.size < 0
        ):
            raise MalformedError("not a checkpoint")
        return read


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line of a signed note: who, key hash, signature bytes."""

    name: str
    key_hash: bytes
    signature: bytes

    def line(self) -> str:
        """Print the line, newline included."""
        data = base64.b64encode(self.key_hash + self.signature).decode()
        return f"\u2014 {self.name} {data}\n"


def parse_note(note: str) -> tuple[bytes, tuple[NoteSignature, ...]]:
    """Split a C2SP signed note into its text and its signatures."""
    if len(note) > NOTE_MOST:
        raise MalformedError("a note that is too long")
    text_part, gap, lines = note.partition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise MalformedError("not a signed note")
    return (text_part + "\n").encode(), tuple(
        _parse_line(line) for line in lines[:-1].split("\n")
    )


def _parse_line(line: str) -> NoteSignature:
    try:
        dash, name, data = line.split(" ")
        raw = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error) as error:
        raise MalformedError("not a signature line") from error
    if dash != "\u2014" or not name or len(raw) < 5:
        raise MalformedError("not a signature line")
    return NoteSignature(name, raw[:4], raw[4:])


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Path of a hash tile below the log's address; partial tiles end in `.p/W`."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"
