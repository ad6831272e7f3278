"""Any number of checkpoints of one log, each pair proved consistent or named."""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from lapel.base.errors import LapelError, MalformedError, SignatureError
from lapel.crypto.merkle import verify_consistency
from lapel.crypto.note import LogVerifier, open_any
from lapel.wire.custody import Checkpoint


@dataclass(frozen=True, slots=True)
class Consistency:
    """A proof that the tree of `new` leaves extends that of `old`."""

    old: int
    new: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Notes:
    """Checkpoint notes and the consistency proofs that came with them."""

    notes: tuple[str, ...]
    proofs: tuple[Consistency, ...] = ()


def parse_notes(data: bytes) -> Notes:
    """Read a checkpoint file: one signed note, or the JSON that the log answers with.

    JSON: `{"checkpoints": [note...], "proofs": [{"old", "new", "proof": [base64]}]}`.
    """
    try:
        text = data.decode()
        if not text.lstrip().startswith("{"):
            return Notes((text,))
        read = json.loads(text)
        proofs = tuple(
            Consistency(
                int(item["old"]),
                int(item["new"]),
                tuple(base64.b64decode(h, validate=True) for h in item["proof"]),
            )
            for item in read.get("proofs", [])
        )
        return Notes(tuple(str(note) for note in read["checkpoints"]), proofs)
    except (
        ValueError,
        KeyError,
        TypeError,
        OverflowError,
        RecursionError,
        binascii.Error,
    ) as error:
        raise MalformedError("not a checkpoint file") from error


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found: pairs proved, pairs that nothing at hand can prove, forks."""

    proved: int
    unproved: tuple[str, ...]
    forks: tuple[str, ...]


def compare(
    files: Sequence[Notes],
    logs: Sequence[LogVerifier],
    more: Sequence[Checkpoint] = (),
    proofs: Sequence[Consistency] = (),
) -> Comparison:
    """Hold all checkpoints against each other; `more` are already verified.

    `proofs` are consistency proofs that came in other ways than with `files`.

    A fork is two checkpoints, both signed by the log, of which neither extends the
    other: somebody was shown another history.
    """
    points, unproved = _opened(files, logs)
    points |= set(more)
    given = [*proofs, *(proof for item in files for proof in item.proofs)]
    forks: list[str] = []
    proved = 0
    ordered = sorted(points, key=lambda point: (point.origin, point.size))
    for old, new in pairwise(ordered):
        if old.origin != new.origin:
            continue
        name = f"sizes {old.size} and {new.size} of {old.origin}"
        paths = _paths(old, new, given)
        if any(_consistent(old, new, path) for path in paths):
            proved += 1
        elif paths:
            forks.append(name)
        else:
            unproved.append(f"no proof at hand holds {name} together")
    return Comparison(proved, tuple(unproved), tuple(forks))


def _opened(
    files: Sequence[Notes], logs: Sequence[LogVerifier]
) -> tuple[set[Checkpoint], list[str]]:
    points: set[Checkpoint] = set()
    unproved: list[str] = []
    for note in (note for item in files for note in item.notes):
        try:
            points.add(open_any(note, logs))
        except LapelError as error:
            unproved.append(f"a checkpoint proves nothing: {error}")
    return points, unproved


def _paths(
    old: Checkpoint, new: Checkpoint, given: Sequence[Consistency]
) -> list[tuple[bytes, ...]]:
    """Proofs that may hold two checkpoints together; the empty one where it must."""
    if old.size in (0, new.size):
        return [()]
    return [p.proof for p in given if (p.old, p.new) == (old.size, new.size)]


def _consistent(old: Checkpoint, new: Checkpoint, path: Sequence[bytes]) -> bool:
    try:
        verify_consistency((old.size, old.root), (new.size, new.root), path)
    except SignatureError:
        return False
    return True


def compare_files(
    files: Iterable[bytes],
    logs: Sequence[LogVerifier],
    more: Iterable[Checkpoint],
    proofs: Sequence[Consistency] = (),
) -> Comparison:
    """Compare as `compare` does; a file that is none of ours is named as unproved."""
    read: list[Notes] = []
    junk: list[str] = []
    for raw in files:
        try:
            read.append(parse_notes(raw))
        except MalformedError as error:
            junk.append(f"a file of checkpoints proves nothing: {error}")
    found = compare(read, logs, tuple(more), proofs)
    return replace(found, unproved=(*junk, *found.unproved))
