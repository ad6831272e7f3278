"""Companions of a recording, found by name beside it.

Beside `NAME.mp4` or `NAME.sealed` stand `NAME.envelope`, `NAME.closing`,
`NAME.receipt`, `NAME.anchors` (entries one behind the other) and `NAME.checkpoint`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from lapel.cli.files import read_small
from lapel.proof.journal import split

RECORDINGS = (".mp4", ".sealed")
COMPANIONS = (".envelope", ".closing", ".receipt", ".anchors", ".checkpoint")


@dataclass(frozen=True, slots=True)
class Beside:
    """Raw companions of one recording."""

    envelope: bytes | None = None
    closing: bytes | None = None
    anchors: tuple[bytes, ...] = ()
    receipts: tuple[bytes, ...] = ()
    checkpoints: tuple[bytes, ...] = ()


def find_beside(path: Path) -> Beside:
    """Read what stands beside `path`."""
    found = {
        suffix: read_small(path.with_suffix(suffix))
        for suffix in COMPANIONS
        if path.with_suffix(suffix).is_file()
    }
    return _of(found)


def inside(small: Mapping[str, bytes]) -> Beside:
    """Take the companions out of a proof package's small files."""
    found = {PurePath(name).suffix or f".{name}": data for name, data in small.items()}
    return _of(found)


def _of(found: Mapping[str, bytes]) -> Beside:
    receipt, checkpoint = found.get(".receipt"), found.get(".checkpoint")
    return Beside(
        found.get(".envelope"),
        found.get(".closing"),
        tuple(split(found.get(".anchors", b""))),
        (receipt,) if receipt is not None else (),
        (checkpoint,) if checkpoint is not None else (),
    )


def recordings_in(path: Path) -> list[Path]:
    """Give the path itself, or all recordings and packages below a directory."""
    if not path.is_dir():
        return [path]
    wanted = (*RECORDINGS, ".zip")
    return sorted(p for p in path.rglob("*") if p.is_file() and p.suffix in wanted)
