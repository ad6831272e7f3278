"""`lapel verify`: what a recording proves."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from lapel.base.errors import NotFoundError
from lapel.cli.beside import Beside, find_beside, inside, recordings_in
from lapel.cli.files import mapped, read_small
from lapel.crypto.keys import PrivateKey
from lapel.ports.system import SystemClock
from lapel.proof import report as reports
from lapel.proof.checkpoints import Comparison, compare, parse_notes
from lapel.proof.companions import Companions
from lapel.proof.journal import split
from lapel.proof.package import open_package
from lapel.proof.recording import Keys, Report, gravest, judge
from lapel.proof.trust import Trust

app = App(
    name="verify",
    help="""Say what recordings prove, offline.

Example: lapel verify shift/ --trust agency.pem

Without --trust the answer is SIGNER UNKNOWN with the signer's fingerprint.
Exit codes: 0 authentic, 1 tampered, 2 unreadable, unsigned or signer unknown,
3 not whole, 64 wrong command line, 66 no such file.
""",
)


@dataclass(frozen=True)
class Given:
    """Files named on the command line beside the recordings."""

    trust: tuple[Path, ...] = ()
    """CA certificates, receipt keys (PEM), log keys (vkey lines), revocation lists."""
    key: tuple[Path, ...] = ()
    """Evidence key (PEM) that opens sealed files."""
    envelope: Path | None = None
    closing: Path | None = None
    anchor: tuple[Path, ...] = ()
    receipt: tuple[Path, ...] = ()
    checkpoint: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Judged:
    """A recording's path and its report."""

    path: Path
    report: Report


@app.default
def verify(
    *paths: Path,
    given: Annotated[Given | None, Parameter(name="*")] = None,
    clip: bool = False,
    now: int | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Judge each recording; the gravest verdict decides the exit code."""
    given = given or Given()
    trust = Trust.parse(read_small(path) for path in given.trust)
    now_ms = SystemClock().utc_ms() if now is None else now
    files = [file for path in paths for file in recordings_in(path)]
    if not files:
        raise NotFoundError("no recording named, or none in that directory")
    keys = tuple(PrivateKey.from_pem(read_small(path)) for path in given.key)
    judged: list[Judged] = []
    beside_all: list[Beside] = []
    for file in files:
        with mapped(file) as data:
            media, beside, is_clip = _parts(file, data, given)
            beside_all.append(beside)
            companions = Companions(
                beside.closing, beside.anchors, beside.receipts, clip or is_clip
            )
            opened = Keys(keys, beside.envelope)
            report = judge(media, trust, now_ms, companions, opened)
            judged.append(Judged(file, report))
    logs = _compare_logs(beside_all, judged, trust)
    code = gravest([item.report for item in judged])
    code = 1 if logs.forks else code
    if as_json:
        _print_json(judged, logs, code)
    else:
        _print_words(judged, logs)
    return code


def _parts(
    file: Path, data: memoryview, given: Given
) -> tuple[memoryview, Beside, bool]:
    """Give the recording, its companions, and whether it is said to be a clip."""
    if file.suffix != ".zip":
        return data, _beside(find_beside(file), given), False
    with file.open("rb") as opened:
        found = open_package(opened)
        beside = _beside(inside(found.small), given)
        return found.media(data), beside, found.clip


def _beside(found: Beside, given: Given) -> Beside:
    """Put what the command line names before what was found by name."""
    anchors = [entry for path in given.anchor for entry in split(read_small(path))]
    return Beside(
        read_small(given.envelope) if given.envelope else found.envelope,
        read_small(given.closing) if given.closing else found.closing,
        (*found.anchors, *anchors),
        (*found.receipts, *(read_small(path) for path in given.receipt)),
        (*found.checkpoints, *(read_small(path) for path in given.checkpoint)),
    )


def _compare_logs(
    beside: Sequence[Beside], judged: Sequence[Judged], trust: Trust
) -> Comparison:
    files = dict.fromkeys(raw for item in beside for raw in item.checkpoints)
    seen = {p.checkpoint for item in judged for p in item.report.receipts}
    return compare(
        [parse_notes(raw) for raw in files], trust.logs, sorted(seen, key=repr)
    )


def _print_json(judged: Sequence[Judged], logs: Comparison, code: int) -> None:
    files = [{"path": str(j.path), **reports.data(j.report)} for j in judged]
    checkpoints = {
        "proved": logs.proved,
        "unproved": list(logs.unproved),
        "forks": list(logs.forks),
    }
    text = json.dumps({"exit": code, "files": files, "checkpoints": checkpoints})
    sys.stdout.write(text + "\n")


def _print_words(judged: Sequence[Judged], logs: Comparison) -> None:
    for item in judged:
        sys.stdout.write(f"{item.report.line}\n  {'file':<10} {item.path}\n")
        for line in reports.lines(item.report):
            sys.stdout.write(f"  {line.name:<10} {line.text}\n")
    if logs.proved:
        sys.stdout.write(f"  {'log':<10} {logs.proved} pairs of checkpoints agree\n")
    for text in logs.unproved:
        sys.stdout.write(f"  {'log':<10} {text}\n")
    for text in logs.forks:
        sys.stdout.write(f"  {'log':<10} FORKED: {text}\n")
