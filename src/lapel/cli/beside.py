"""Companions of a recording, found by name beside it.

Beside `NAME.mp4` or `NAME.sealed` stand `NAME.envelope`, `NAME.closing`,
`NAME.receipt`, `NAME.anchors` (entries one behind the other) and `NAME.checkpoint`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from lapel.base.errors import NotFoundError
from lapel.cli.files import read_small
from lapel.proof.enclosed import anchors_in
from lapel.proof.journal import split
from lapel.proof.package import JOURNAL

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
    anchors = anchors_in(small.get(JOURNAL, b""))
    return replace(_of(found), anchors=anchors)


def _of(found: Mapping[str, bytes]) -> Beside:
    receipt, checkpoint = found.get(".receipt"), found.get(".checkpoint")
    return Beside(
        found.get(".envelope"),
        found.get(".closing"),
        entries_in(found.get(".anchors", b"")),
        (receipt,) if receipt is not None else (),
        (checkpoint,) if checkpoint is not None else (),
    )


def entries_in(data: bytes) -> tuple[bytes, ...]:
    """Cut concatenated journal entries; what is no entry stays as the last."""
    entries = list(split(data))
    rest = data[sum(map(len, entries)) :]
    return (*entries, rest) if rest else tuple(entries)


def recordings_in(path: Path) -> list[Path]:
    """Give the path itself, or all recordings and packages below a directory.

    Links to directories are not followed. Raises `NotFoundError` for what is not there
    or, below it, may not be looked into.
    """
    if not path.exists():
        raise NotFoundError(f"{path}: no such file or directory")
    if not path.is_dir():
        return [path]
    found = [
        Path(folder, name)
        for folder, _, names in os.walk(path, onerror=_not_read)
        for name in names
        if Path(name).suffix in (*RECORDINGS, ".zip")
    ]
    if not found:
        raise NotFoundError(f"{path}: no recording below it")
    return sorted(found)


def _not_read(error: OSError) -> None:
    raise NotFoundError(f"{error.filename}: {error.strerror}") from error
