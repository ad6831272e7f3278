"""A custody log as anybody can read it: from a server's address, or from a folder.

A folder holds a copy in the layout of C2SP tlog-tiles: `checkpoint`, `tile/0/...`, and
under `checkpoints/` every signed note that was ever seen.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from lapel.base.errors import MalformedError, NotFoundError
from lapel.cli.files import read_small
from lapel.crypto.note import LogVerifier, open_any
from lapel.ports.exchange import Line
from lapel.proof.logs import Telling
from lapel.wire.custody import NOTE_MOST, TILE_WIDTH, Checkpoint, tile_path

_HASH = 32
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
    """Read a log from an address or a folder; only what a trusted log signed counts.

    Raises NotFoundError, UnreachableError, MalformedError, or SignatureError.
    """
    if place.startswith(("http://", "https://")):
        return _pull(place, _fetcher(place), (), logs)
    folder = Path(place)
    if not folder.is_dir():
        raise NotFoundError(f"{place} is no folder and no address of a log")
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
