"""The tree of RFC 6962 over stored nodes: pure decisions, no storage.

A node is the hash of 2^level leaves that begin at place * 2^level. Only whole nodes
are stored; everything else is put together from them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lapel.crypto.digest import sha256
from lapel.crypto.merkle import Subtree, node_hash
from lapel.wire.custody import TILE_WIDTH

TILE_HEIGHT = 8


@dataclass(frozen=True, slots=True)
class Node:
    """One stored hash."""

    level: int
    place: int
    hash: bytes


def new_nodes(size: int, leaf: bytes, lookup: Subtree) -> Iterator[Node]:
    """Nodes that become whole when leaf hash `leaf` is appended to `size` leaves."""
    level, place, value = 0, size, leaf
    yield Node(level, place, value)
    while place & 1:
        value = node_hash(lookup(level, place - 1), value)
        level, place = level + 1, place >> 1
        yield Node(level, place, value)


def tile_width(level: int, place: int, size: int) -> int:
    """How many hashes tile `place` of `level` has in a tree of `size` leaves."""
    whole = size >> (TILE_HEIGHT * level)
    return max(0, min(TILE_WIDTH, whole - place * TILE_WIDTH))


def parse_tile_place(parts: tuple[str, ...]) -> int | None:
    """Read a tile number written as `x001/x234/067`; None when it is not one."""
    *high, last = parts
    if any(len(part) != 4 or part[0] != "x" for part in high) or len(last) != 3:
        return None
    digits = "".join(part[1:] for part in high) + last
    if not digits.isascii() or not digits.isdigit():
        return None
    if high and high[0] == "x000":
        return None
    return int(digits)


def salted(salt: bytes, text: str) -> bytes:
    """Give what stands in a leaf for a text that may one day be erased."""
    return sha256(salt + text.encode())


def salted_fields(
    salts: Mapping[int, bytes], texts: Mapping[int, str]
) -> dict[int, bytes]:
    """Salted hashes by field."""
    return {number: salted(salts[number], text) for number, text in texts.items()}
