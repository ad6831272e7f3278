"""`lapel verify`: what a recording proves."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Annotated, TypeVar

from cyclopts import App, Parameter

from lapel.base.errors import MalformedError, NotFoundError
from lapel.cli.beside import Beside, entries_in, find_beside, inside, recordings_in
from lapel.cli.files import mapped, printable, read_small
from lapel.crypto.keys import PrivateKey
from lapel.crypto.revocation import RevocationList
from lapel.ports.system import SystemClock
from lapel.proof import enclosed_report as parcels
from lapel.proof import package
from lapel.proof import report as reports
from lapel.proof.checkpoints import Comparison, Consistency, compare_files
from lapel.proof.companions import Companions
from lapel.proof.enclosed import Enclosed, Parts, Whole, judge_parts
from lapel.proof.extract import proofs_in
from lapel.proof.recording import Keys, Report, gravest, judge, sha256_of, unreadable
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict

T = TypeVar("T")

app = App(
    name="verify",
    help="""Say what recordings prove, offline.

Example: lapel verify shift/ --trust agency.pem

Without --trust the answer is SIGNER UNKNOWN with the signer's fingerprint.
Exit codes: 0 authentic, 1 tampered, 2 unreadable, unsigned or signer unknown,
3 not whole, 64 wrong command line, 66 no such file. Of several files the gravest
decides: 1, 3, 2, 0.
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
    """Envelope of a sealed file; by default NAME.envelope beside it."""
    closing: Path | None = None
    """Closing entry of the camera's journal; by default NAME.closing."""
    anchor: tuple[Path, ...] = ()
    """Anchors of the camera's journal, besides NAME.anchors."""
    receipt: tuple[Path, ...] = ()
    """Receipts of a server, besides NAME.receipt."""
    checkpoint: tuple[Path, ...] = ()
    """Checkpoints of a custody log, besides NAME.checkpoint."""


@dataclass(frozen=True)
class Believed:
    """What the verifier brings, read once: trust, keys, companions, the time."""

    trust: Trust
    keys: tuple[PrivateKey, ...]
    named: Beside
    clip: bool
    now_ms: int


@dataclass(frozen=True)
class Judged:
    """A recording's path and its report; `anchors` are those inside a package."""

    path: Path
    report: Report
    checkpoints: tuple[bytes, ...] = ()
    anchors: tuple[reports.Line, ...] = ()
    enclosed: Enclosed | None = None
    proofs: tuple[Consistency, ...] = ()

    @property
    def exit_code(self) -> int:
        """Exit code of this file alone: a package that was changed counts as such."""
        enclosed = self.enclosed
        if enclosed is not None and enclosed.code is Whole.TAMPERED:
            return Verdict.TAMPERED.exit_code
        return self.report.verdict.exit_code


@app.default
def verify(
    path: Path,
    /,
    *paths: Path,
    given: Annotated[Given | None, Parameter(name="*")] = None,
    clip: bool = False,
    now: int | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Judge each recording; the gravest verdict decides the exit code.

    Args:
        path: A recording, a sealed file, a proof package, or a directory of them.
        paths: More of them.
        given: Files named beside the recordings.
        clip: Take them as clips, which may begin and end anywhere.
        now: Time of verification in UTC milliseconds, instead of this machine's.
        as_json: Print one JSON object.

    """
    files = [file for one in (path, *paths) for file in recordings_in(one)]
    believed = _believed(given or Given(), clip=clip, now=now)
    judged = [_judge(file, believed) for file in files]
    logs = _compared(judged, believed.trust)
    code = 1 if logs.forks else gravest([item.exit_code for item in judged])
    if as_json:
        _print_json(judged, logs, code)
    else:
        _print_words(judged, logs)
    return code


def _compared(judged: Sequence[Judged], trust: Trust) -> Comparison:
    """Hold all checkpoints that came together, with the proofs of packages."""
    return compare_files(
        dict.fromkeys(raw for item in judged for raw in item.checkpoints),
        trust.logs,
        dict.fromkeys(p.checkpoint for item in judged for p in item.report.receipts),
        [proof for item in judged for proof in item.proofs],
    )


def _believed(given: Given, *, clip: bool, now: int | None) -> Believed:
    named = Beside(
        read_small(given.envelope) if given.envelope else None,
        read_small(given.closing) if given.closing else None,
        tuple(e for path in given.anchor for e in entries_in(read_small(path))),
        tuple(read_small(path) for path in given.receipt),
        tuple(read_small(path) for path in given.checkpoint),
    )
    trusts = [_read(path, lambda data: Trust.parse([data])) for path in given.trust]
    keys = tuple(_read(path, PrivateKey.from_pem) for path in given.key)
    now_ms = SystemClock().utc_ms() if now is None else now
    return Believed(reduce(Trust.and_, trusts, Trust()), keys, named, clip, now_ms)


def _read(path: Path, parse: Callable[[bytes], T]) -> T:
    """Read and parse a file; an error names it."""
    try:
        return parse(read_small(path))
    except MalformedError as error:
        raise MalformedError(f"{path}: {error}") from error


def _judge(file: Path, believed: Believed) -> Judged:
    """Judge one file; what cannot be read does not keep others from their verdict."""
    try:
        with mapped(file) as data:
            if package.is_package(data):
                return _judge_package(file, data, believed)
            return _judge_media(file, data, find_beside(file), believed)
    except (MalformedError, NotFoundError) as error:
        return Judged(file, unreadable(str(error)))


def _judge_media(
    file: Path, data: memoryview, found: Beside, believed: Believed
) -> Judged:
    """Judge a recording; what the command line names stands before what was found."""
    named = believed.named
    companions = Companions(
        found.closing if named.closing is None else named.closing,
        (*found.anchors, *named.anchors),
        (*found.receipts, *named.receipts),
        believed.clip,
    )
    envelope = found.envelope if named.envelope is None else named.envelope
    keys = Keys(believed.keys, envelope)
    report = judge(data, believed.trust, believed.now_ms, companions, keys)
    return Judged(file, report, (*found.checkpoints, *named.checkpoints))


def _judge_package(file: Path, data: memoryview, believed: Believed) -> Judged:
    """Judge the recording in a package; its lists of revoked certificates count too.

    They are signed by a CA that is trusted, or found not to be. Its certificates are
    named and otherwise left alone.
    """
    with file.open("rb") as opened:
        found = package.open_package(opened)
    small = found.small
    inner = Believed(
        believed.trust.and_(Trust(revocations=_lists(small))),
        believed.keys,
        believed.named,
        believed.clip or found.clip,
        believed.now_ms,
    )
    judged = _judge_media(file, found.media(data), inside(small), inner)
    enclosed = None
    if judged.report.chain is not None:
        stored = (
            found.part(data, package.SEALED) if package.SEALED in found.names else None
        )
        sealed = None if stored is None else (len(stored), sha256_of(stored))
        parts = Parts(small, sealed)
        enclosed = judge_parts(parts, judged.report.chain, believed.trust)
    return Judged(
        file,
        judged.report,
        judged.checkpoints,
        _brought(small),
        enclosed,
        proofs_in(small.get(package.CUSTODY, b"")),
    )


def _lists(small: Mapping[str, bytes]) -> tuple[RevocationList, ...]:
    """Give a package's revocation lists; what is none is named with its parts."""
    try:
        return Trust.parse([small.get(package.REVOCATIONS, b"")]).revocations
    except MalformedError:
        return ()


def _brought(small: Mapping[str, bytes]) -> tuple[reports.Line, ...]:
    """Name the certificates that a package brings."""
    try:
        certificates = Trust.parse([small.get(package.CERTIFICATES, b"")]).authorities
    except MalformedError:
        return ()
    return tuple(
        reports.Line("inside", f"{one.title}, certificate {one.fingerprint.hex()}")
        for one in certificates
    )


def _print_json(judged: Sequence[Judged], logs: Comparison, code: int) -> None:
    files = [
        {
            "path": str(item.path),
            **reports.data(item.report),
            "inside": [line.text for line in item.anchors],
            "package": None if item.enclosed is None else parcels.data(item.enclosed),
        }
        for item in judged
    ]
    checkpoints = {
        "proved": logs.proved,
        "unproved": list(logs.unproved),
        "forks": list(logs.forks),
    }
    text = json.dumps({"exit": code, "files": files, "checkpoints": checkpoints})
    sys.stdout.write(text + "\n")


def _print_words(judged: Sequence[Judged], logs: Comparison) -> None:
    for number, item in enumerate(judged):
        gap = "\n" if number else ""
        sys.stdout.write(gap + printable(item.report.line) + "\n")
        _print_line("file", str(item.path))
        for line in reports.lines(item.report):
            _print_line(line.name, line.text)
        for line in item.anchors:
            _print_line(line.name, f"{line.text}; not trusted because it is here")
        for line in parcels.lines(item.enclosed) if item.enclosed else ():
            _print_line(line.name, line.text)
    if logs.proved:
        _print_line("log", f"{logs.proved} pairs of checkpoints agree")
    for text in logs.unproved:
        _print_line("log", text)
    for text in logs.forks:
        _print_line("log", f"FORKED: {text}")


def _print_line(name: str, text: str) -> None:
    sys.stdout.write(f"  {name:<10} {printable(text)}\n")
