"""A custody log as it can be read: from an address, a folder, or a file taken out.

A folder holds a copy in the layout of C2SP tlog-tiles: `checkpoint`, `tile/0/...`, and
under `checkpoints/` every signed note that was ever seen.
"""

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from lapel.base.errors import MalformedError, NotFoundError
from lapel.cli.files import read_small
from lapel.crypto.merkle import leaf_hash
from lapel.crypto.note import LogVerifier, open_any
from lapel.ports.exchange import Line
from lapel.proof.logs import Telling
from lapel.wire.custody import NOTE_MOST, TILE_WIDTH, Checkpoint, tile_path

_HASH = 32
EXPORT_MOST = 1 << 30
CHECKPOINT = "checkpoint"
SEEN = "checkpoints"

Fetch = Callable[[str, int], bytes]
"""Gives what stands at a path below the log, of at most so many bytes."""


@dataclass(frozen=True)
class Copy:
    """A telling with the notes that vouch for it, as they were read."""

    telling: Telling
    notes: tuple[str, ...]


def read(place: str, logs: Sequence[LogVerifier]) -> Copy:
    """Read a log from an address, a folder or a file; only what is signed counts.

    Raises NotFoundError, UnreachableError, MalformedError, or SignatureError.
    """
    if place.startswith(("http://", "https://")):
        return _pull(place, _fetcher(place), (), logs)
    folder = Path(place)
    if folder.is_file():
        return _taken_out(folder, logs)
    if not folder.is_dir():
        raise NotFoundError(f"{place} is no folder, file or address of a log")
    seen = [read_small(path, NOTE_MOST) for path in sorted(folder.glob(f"{SEEN}/*"))]

    def fetch(path: str, most: int) -> bytes:
        return read_small(folder / path, most)

    return _pull(place, fetch, seen, logs)


def notes_of(paths: Iterable[Path], logs: Sequence[LogVerifier]) -> list[Telling]:
    """Read single checkpoints, each as a copy of its own."""
    return [
        Telling(str(path), (open_any(_text(read_small(path, NOTE_MOST)), logs),))
        for path in paths
    ]


def write(folder: Path, copy: Copy) -> None:
    """Keep a copy; the tiles first, so that no checkpoint counts what is not there."""
    newest = copy.telling.newest
    if newest is None:
        return
    for index, width in _tiles(newest.size):
        path = folder / tile_path(0, index, width)
        path.parent.mkdir(parents=True, exist_ok=True)
        first = index * TILE_WIDTH
        path.write_bytes(b"".join(copy.telling.hashes[first : first + width]))
    for note, checkpoint in zip(copy.notes, copy.telling.checkpoints, strict=True):
        keep_note(folder, note, checkpoint)
        if checkpoint == newest:
            (folder / CHECKPOINT).write_text(note)


def keep_note(folder: Path, note: str, checkpoint: Checkpoint) -> Path:
    """Keep one signed note; two that differ at one size are kept both."""
    path = folder / SEEN / f"{checkpoint.size:012d}-{checkpoint.root.hex()[:16]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(note)
    return path


def _pull(
    name: str, fetch: Fetch, seen: Iterable[bytes], logs: Sequence[LogVerifier]
) -> Copy:
    notes = dict.fromkeys(_text(raw) for raw in (fetch(CHECKPOINT, NOTE_MOST), *seen))
    points = tuple(open_any(note, logs) for note in notes)
    size = points[0].size
    hashes: list[bytes] = []
    for index, width in _tiles(size):
        raw = fetch(tile_path(0, index, width), TILE_WIDTH * _HASH)
        if len(raw) != width * _HASH:
            raise MalformedError(f"{name}: tile {index} of the log is not whole")
        hashes += [raw[at : at + _HASH] for at in range(0, len(raw), _HASH)]
    return Copy(Telling(name, points, tuple(hashes)), tuple(notes))


def _taken_out(path: Path, logs: Sequence[LogVerifier]) -> Copy:
    """Read a whole log as Evidence's pages gave it out, as JSON with its leaves."""
    try:
        told = json.loads(read_small(path, EXPORT_MOST))
        note = str(told["checkpoint"])
        numbers = [int(act["number"]) for act in told["acts"]]
        leaves = [base64.b64decode(str(a["leaf"]), validate=True) for a in told["acts"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedError(f"{path}: not a custody log taken out as JSON") from error
    if numbers != list(range(len(numbers))):
        raise MalformedError(f"{path}: a part of a log; take out the whole one")
    hashes = tuple(map(leaf_hash, leaves))
    return Copy(Telling(str(path), (open_any(note, logs),), hashes), (note,))


def _tiles(size: int) -> Iterable[tuple[int, int]]:
    whole, part = divmod(size, TILE_WIDTH)
    widths = [TILE_WIDTH] * whole + ([part] if part else [])
    return enumerate(widths)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("a checkpoint that is no text") from error


def _fetcher(address: str) -> Fetch:
    line = Line(address)

    def fetch(path: str, most: int) -> bytes:
        answer = line.ask("GET", path, most)
        if answer.status != HTTPStatus.OK:
            raise NotFoundError(f"{address}/{path}: the server says {answer.status}")
        return answer.body

    return fetch
