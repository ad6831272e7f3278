"""`lapel custody`: keep copies of a custody log, and hold the log against them."""

import json
import sys
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from lapel.base.errors import MalformedError, NotFoundError
from lapel.cli import exits, log_copies
from lapel.cli.files import printable, read_small
from lapel.crypto.note import LogVerifier
from lapel.proof.logs import Held, Telling, hold
from lapel.proof.trust import Trust

app = App(
    name="custody",
    help="""Hold an agency's custody log against copies of it kept elsewhere.

Example: lapel custody verify https://evidence.example/log/ID kept/ --trust agency.pem

A log is an address (`https://HOST/log/AGENCY`) or a folder that `custody copy` made.
Exit codes: 0 the log extends every copy, 1 it does not, 2 there was nothing to hold
it against.
""",
)
Trusted = Annotated[
    tuple[Path, ...],
    Parameter(name="--trust", help="Files with the log's key (vkey line)."),
]
Notes = Annotated[
    tuple[Path, ...],
    Parameter(name="--checkpoint", help="Checkpoints seen elsewhere, one a file."),
]
AsJson = Annotated[bool, Parameter(name="--json", help="Print one JSON object.")]


@app.command
def verify(
    log: str,
    /,
    *copies: Path,
    trust: Trusted,
    checkpoint: Notes = (),
    as_json: AsJson = False,
) -> int:
    """Say whether a log still tells what copies of it tell.

    Args:
        log: The log's address, or a folder with a copy of it.
        copies: Folders with copies that were kept elsewhere.
        trust: Files with the log's key.
        checkpoint: Checkpoints of the log that were seen elsewhere.
        as_json: Print one JSON object.

    """
    logs = keys(trust)
    now = log_copies.read(log, logs)
    held = hold(now.telling, tellings(copies, checkpoint, logs))
    return report(now.telling, held, as_json=as_json)


@app.command
def copy(log: str, folder: Path, /, *, trust: Trusted) -> int:
    """Copy a log into a folder, or carry a copy on to what the log is now.

    A log that does not extend the copy changes nothing there, but for the note that
    contradicts it: that is kept as evidence.

    Args:
        log: The log's address.
        folder: Where the copy is kept; made when it is missing.
        trust: Files with the log's key.

    """
    logs = keys(trust)
    now = log_copies.read(log, logs)
    before = (
        [log_copies.read(str(folder), logs).telling]
        if (folder / log_copies.CHECKPOINT).exists()
        else []
    )
    held = hold(now.telling, before)
    newest = now.telling.newest
    if held.findings:
        if newest is not None:
            log_copies.keep_note(folder, now.notes[0], newest)
        return report(now.telling, held)
    log_copies.write(folder, now)
    size = len(now.telling.hashes)
    sys.stdout.write(f"{printable(str(folder))} holds {size} acts of the log\n")
    return exits.OK


def keys(trust: Sequence[Path]) -> tuple[LogVerifier, ...]:
    """Read the keys of logs; raises MalformedError when there is none."""
    trusts = [Trust.parse([read_small(path)]) for path in trust]
    logs = reduce(Trust.and_, trusts, Trust()).logs
    if not logs:
        raise MalformedError("--trust names no file with a log's key (vkey line)")
    return logs


def tellings(
    copies: Sequence[Path], notes: Sequence[Path], logs: Sequence[LogVerifier]
) -> list[Telling]:
    """Read everything that a log is to be held against."""
    for one in copies:
        if not one.is_dir():
            raise NotFoundError(f"{one} is no folder with a copy of a log")
    read = [log_copies.read(str(one), logs).telling for one in copies]
    return [*read, *log_copies.notes_of(notes, logs)]


def report(now: Telling, held: Held, *, as_json: bool = False) -> int:
    """Print what came of it; gives the exit code."""
    code = _code(held)
    newest = now.newest
    size = newest.size if newest else 0
    if as_json:
        found = [{"copy": one.copy, "words": one.words} for one in held.findings]
        told = {
            "exit": code,
            "log": now.name,
            "size": size,
            "copies": held.copies,
            "checkpoints": held.checkpoints,
            "findings": found,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        return code
    lines = {
        exits.OK: "THE LOG EXTENDS EVERY COPY",
        exits.TAMPERED: "THE LOG WAS CHANGED",
        exits.UNKNOWN: "NOTHING TO HOLD IT AGAINST",
    }
    out = [lines[code], f"  log        {now.name}, {size} acts signed"]
    copies = f"{held.copies} copies" if held.copies != 1 else "1 copy"
    out.append(f"  held       {copies}, {held.checkpoints} signed checkpoints fit")
    out += [f"  changed    {one.copy}: {one.words}" for one in held.findings]
    out.append(f"  not said   {_NOT_SAID[code]}")
    sys.stdout.write("".join(f"{printable(line)}\n" for line in out))
    return code


_NOT_SAID = {
    exits.OK: "what was never logged, or anything later than the newest copy",
    exits.TAMPERED: "who changed it, or whether the copy or the log is the true one",
    exits.UNKNOWN: "that nothing was changed; keep copies, and hold it against them",
}


def _code(held: Held) -> int:
    if held.findings:
        return exits.TAMPERED
    return exits.OK if held.copies else exits.UNKNOWN
