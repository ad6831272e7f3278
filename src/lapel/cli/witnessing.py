"""The witness's memory and its door: one folder, one lock, one small HTTP server."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from typing_extensions import override

from lapel.base.clock import Clock
from lapel.base.errors import LapelError, MalformedError
from lapel.crypto.cosignature import WitnessKey
from lapel.crypto.digest import sha256
from lapel.crypto.note import LogVerifier
from lapel.ports.private import write_private
from lapel.proof.witness import Ruling, Seen, rule
from lapel.wire.custody import Checkpoint, parse_note
from lapel.wire.witnessing import SIZE_TYPE, SUBMISSION_MOST, Submission

PATH: Final = "/add-checkpoint"
KEY: Final = "witness.key"
_PATIENCE_S: Final = 20.0
TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, type and text."""

    status: int
    text: str = ""
    type: str = TEXT


@dataclass
class Witness:
    """What one witness keeps: its key, its logs, and the newest of each.

    `tell` hears what somebody should read: a log that is now watched, and alarms.
    """

    folder: Path
    key: WitnessKey
    logs: Sequence[LogVerifier]
    clock: Clock
    tell: Callable[[str], None]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a submission; what is cosigned is kept before the answer is given."""
        try:
            submission = Submission.parse(body)
            origin = Checkpoint.parse(parse_note(submission.note)[0]).origin
        except MalformedError as error:
            return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
        log = next((one for one in self.logs if one.name == origin), None)
        if log is None:
            return Answer(HTTPStatus.NOT_FOUND, "this witness watches no such log\n")
        with self._lock:
            return self._rule(submission, log)

    def seen(self, log: LogVerifier) -> Seen:
        """Give the newest checkpoint of a log that was cosigned."""
        path = self._path(log, "note")
        if not path.exists():
            return Seen()
        kept = log.open(path.read_text())
        return Seen(kept.size, kept.root)

    def stopped(self, log: LogVerifier) -> bool:
        """Tell whether a fork of this log was seen: nothing of it is cosigned then."""
        return self._path(log, "forked").exists()

    def _rule(self, submission: Submission, log: LogVerifier) -> Answer:
        if self.stopped(log):
            return Answer(
                HTTPStatus.FORBIDDEN, "this log was forked; ask the witness\n"
            )
        seen = self.seen(log)
        ruled = rule(submission, log, seen)
        status = ruled.ruling.status
        if ruled.ruling is Ruling.FORKED:
            write_private(self._path(log, "forked"), submission.note.encode())
            self.tell(f"FORKED: {log.name} signed two trees of {seen.size} acts")
        if status == HTTPStatus.CONFLICT:
            return Answer(status, f"{seen.size}\n", SIZE_TYPE)
        if ruled.ruling is not Ruling.COSIGNED or ruled.checkpoint is None:
            return Answer(status, f"{_WORDS[ruled.ruling]}\n")
        write_private(self._path(log, "note"), submission.note.encode())
        if seen.size == 0:
            self.tell(f"watches {log.name} from act {ruled.checkpoint.size} on")
        now_s = self.clock.utc_ms() // 1000
        return Answer(status, self.key.cosign(ruled.checkpoint.body(), now_s).line())

    def _path(self, log: LogVerifier, kind: str) -> Path:
        return self.folder / f"{sha256(log.name.encode()).hex()[:16]}.{kind}"


_WORDS = {
    Ruling.UNSIGNED: "the log's key did not sign this checkpoint",
    Ruling.TOO_SMALL: "the old size is larger than the checkpoint's",
    Ruling.UNPROVED: "the proof does not show that the log extends what was seen",
}


def key_in(folder: Path, name: str) -> WitnessKey:
    """Give the witness's key; made the first time, by this name.

    Raises MalformedError for a name that a signature line cannot carry, or for
    another name than the key was made with.
    """
    path = folder / KEY
    if not path.exists():
        if not name or any(
            c.isspace() or c == "+" or not c.isprintable() for c in name
        ):
            raise MalformedError("a witness's name has no space and no plus sign")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = WitnessKey.generate(name)
        write_private(path, key.secret + name.encode())
        return key
    kept = path.read_bytes()
    key = WitnessKey.from_secret(kept[32:].decode(), kept[:32])
    if name and name != key.name:
        raise MalformedError(f"this witness is called {key.name}; its key says so")
    return key


class Door(ThreadingHTTPServer):
    """Where logs hand in checkpoints."""

    daemon_threads = True

    def __init__(self, host: str, port: int, witness: Witness) -> None:
        """Listen; port 0 is any free one."""
        self.witness = witness
        super().__init__((host, port), _Handler)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE_S
    server_version = "lapel-witness"
    sys_version = ""

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if self.path != PATH:
            self._give(Answer(HTTPStatus.NOT_FOUND, f"POST {PATH}\n"), close=True)
        elif not (length.isascii() and length.isdigit()):
            self._give(Answer(HTTPStatus.LENGTH_REQUIRED, "say how long\n"), close=True)
        elif int(length[:12]) > SUBMISSION_MOST:
            long = Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long\n")
            self._give(long, close=True)
        else:
            self._give(self._answer(self.rfile.read(int(length))))

    def _answer(self, body: bytes) -> Answer:
        if not isinstance(self.server, Door):
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR)
        try:
            return self.server.witness.add_checkpoint(body)
        except (LapelError, OSError) as error:
            self.server.witness.tell(f"cannot answer: {error}")
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "the witness has a fault\n")

    def _give(self, answer: Answer, *, close: bool = False) -> None:
        raw = answer.text.encode()
        self.send_response(answer.status)
        self.send_header("content-type", answer.type)
        self.send_header("content-length", str(len(raw)))
        if close:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(raw)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep no log of who asked."""
