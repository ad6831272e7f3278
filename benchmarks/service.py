"""Evidence as a service, beside the least that could be done instead.

The list page beside a bare Litestar handler that renders the same template with the
same values; appends to the log beside bare inserts of the same rows; signing in beside
one argon2id; a commit beside its cryptography alone. Both sides run in one process, in
turn; the ratio is taken pair by pair.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar, Response, get
from litestar.testing import TestClient
from sqlalchemy import text

from benchmarks.measure import Figure
from benchmarks.report import Row
from lapel.base.errors import UnreachableError
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PrivateKey
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Actor, Target
from lapel.evidence.ingest import commit, rules
from lapel.evidence.people.model import Credentials
from lapel.evidence.store.database import Database, Quiet
from lapel.evidence.web import app as pages
from lapel.evidence.web.render import Pages
from lapel.evidence.web.visit import Front
from lapel.ports.system import SystemClock, system_entropy
from lapel.proof.sealed import open_frame, read_header, start_opening, whole_frames
from lapel.sim.agency import Agency, Sent, founded
from lapel.sim.archive import fill
from lapel.sim.forge import Media, long_media
from lapel.wire.custody import ActorKind, ObjectKind

OK: Final = 200
BASE: Final = "http://127.0.0.1:8600"
PASSWORD: Final = "a long password of the benchmark"  # noqa: S105
RUNS: Final = 15
RECORDINGS: Final = 2000
BATCH: Final = 100
MIB: Final = 5
Work = Callable[[], object]
Asgi = Callable[[Any, Any, Any], Any]


def _seconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _paired(ours: Work, peer: Work, runs: int = RUNS) -> tuple[Figure, Figure, Figure]:
    """Run both in turn after a warm-up; gives ours, peer, and ours over peer."""
    ours()
    peer()
    pairs = [(_seconds(ours), _seconds(peer)) for _ in range(runs)]
    mine, theirs = Figure.of([a for a, _ in pairs]), Figure.of([b for _, b in pairs])
    return mine, theirs, Figure.of([a / b for a, b in pairs])


def _row(name: str, peer: str, found: tuple[Figure, Figure, Figure]) -> Row:
    ours, theirs, ratio = found
    terms = (
        f"{ours.median * 1000:.2f} ms ({ours.least * 1000:.2f} to "
        f"{ours.most * 1000:.2f}) against {theirs.median * 1000:.2f} ms"
    )
    return Row(name, peer, ratio.median, None, terms, at_least=False)


def _goal(row: Row, goal: float) -> Row:
    return Row(row.name, row.peer, row.ratio, goal, row.terms, at_least=False)


def _caller(app: Asgi, path: str, cookie: str, loop: asyncio.AbstractEventLoop) -> Work:
    """Give a function that asks an application for a page, and checks that it comes."""
    headers = [(b"host", b"127.0.0.1:8600"), (b"cookie", cookie.encode())]
    scope: dict[str, object] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8600),
    }

    async def ask() -> None:
        said: list[Mapping[str, Any]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            said.append(message)

        await app({**scope, "state": {}}, receive, send)
        if said[0]["status"] != OK:
            raise UnreachableError(f"{path} answered {said[0]['status']}")

    return lambda: loop.run_until_complete(ask())


def _list_page(agency: Agency) -> Row:
    fill(agency.site, RECORDINGS)
    built = pages.build(agency.server, Front(8600))
    seen: list[tuple[Pages, str, dict[str, object]]] = []
    answer = Pages.answer

    def noting(self: Pages, name: str, values: Any, status: int = 200) -> Any:  # noqa: ANN401
        seen.append((self, name, dict(values)))
        return answer(self, name, values, status)

    with TestClient(built, base_url=BASE) as client:
        typed = {"password": PASSWORD, "again": PASSWORD}
        client.post(f"/enrol/{agency.secret}", data=typed)
        with patch.object(Pages, "answer", noting):
            client.get("/recordings").raise_for_status()
        cookie = "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)
    kept, name, values = seen[-1]

    @get("/recordings", media_type="text/html", sync_to_thread=True)
    def bare() -> Response[str]:
        return answer(kept, name, values)

    loop = asyncio.new_event_loop()
    try:
        ours = _caller(built, "/recordings", cookie, loop)
        peer = _caller(Litestar([bare], openapi_config=None), "/recordings", "", loop)
        return _goal(_row("list page", "bare handler", _paired(ours, peer, 60)), 2.0)
    finally:
        loop.close()


_LEAF: Final = (
    "INSERT INTO leaves (tenant, number, time_ms, actor_kind, actor, action,"
    " object_kind, object, leaf) VALUES (:tenant, :number, :now, 1, :actor, :action,"
    " 1, :object, :leaf)"
)
_TEXT: Final = (
    "INSERT INTO leaf_texts (tenant, number, field, salt, text)"
    " VALUES (:tenant, :number, {}, :salt, 'Mara Ellison')"
)
_NODE: Final = (
    "INSERT INTO nodes (tenant, level, place, hash) VALUES (:tenant, {}, :number, :h)"
)
_INSERTS: Final = (
    _LEAF,
    _TEXT.format(1),
    _TEXT.format(2),
    _NODE.format(90),
    _NODE.format(91),
    "UPDATE logs SET size = size + 0 WHERE tenant = :tenant",
)
"""The rows of one act with two texts: on the average a leaf makes two nodes."""


_NUMBERS: Final = itertools.count(1_000_000)


def _inserting(database: Database, count: int) -> Work:
    statements = [text(one) for one in _INSERTS]

    def work() -> None:
        with database.write(Quiet.SETUP) as connection:
            for at in itertools.islice(_NUMBERS, count):
                values: dict[str, object] = {
                    "tenant": "bench",
                    "number": at,
                    "now": at,
                    "actor": "0123456789abcdef",
                    "action": "recording.viewed",
                    "object": "00000000-0000-0000-0000-000000000000",
                    "leaf": bytes(170),
                    "salt": bytes(16),
                    "h": bytes(32),
                }
                for statement in statements:
                    connection.execute(statement, values)

    return work


def _appending(agency: Agency, count: int) -> Work:
    site = agency.site
    act = Act(
        Actor(ActorKind.USER, "0123456789abcdef"),
        Action.VIEWED,
        Target(ObjectKind.RECORDING, "00000000-0000-0000-0000-000000000000"),
        texts={1: "Mara Ellison", 2: "evidence clerk"},
    )

    def work() -> None:
        with site.database.write() as connection:
            for _ in range(count):
                custody.append(connection, site.stamp(), act)

    return work


def _log(agency: Agency) -> list[Row]:
    database = agency.site.database
    found: list[Row] = []
    for count, name in ((1, "append to the log"), (BATCH, f"{BATCH} appends at once")):
        ours, peer = _appending(agency, count), _inserting(database, count)
        found.append(_goal(_row(name, "bare inserts", _paired(ours, peer)), 2.0))
    return found


def _sign_in(agency: Agency) -> Row:
    hasher = PasswordHasher()
    known = hasher.hash(PASSWORD)
    typed = Credentials("admin", PASSWORD, "127.0.0.1")
    return _row(
        "sign-in",
        "one argon2id",
        _paired(
            lambda: agency.site.people.sign_in(typed),
            lambda: hasher.verify(known, PASSWORD),
        ),
    )


def _commit(agency: Agency, media: Media) -> Row:
    """Measure commits of a recording of 5 MiB, each beside its bare cryptography."""
    long = long_media(media, MIB, os.urandom((1 << 20) - 2000))
    waiting = [agency.record(long) for _ in range(RUNS + 1)]
    alone = _crypto(agency, waiting[0])
    uploads = iter([(one, agency.send(one)) for one in waiting])

    def commit_one() -> None:
        sent, upload = next(uploads)
        read = rules.read_closing(sent.closing, sent.recording)
        commit.finish(agency.site.ingest, upload, read)

    name = f"commit of {MIB} MiB"
    return _row(name, "its cryptography", _paired(commit_one, alone))


def _crypto(agency: Agency, sent: Sent) -> Work:
    """Do what a commit asks of cryptography, and nothing else.

    Three SHA-256 over the file (stored bytes, clear bytes, frame checks), AES-GCM, one
    signature a second and those of genesis, end and closing entry, two signatures made.
    """
    ours = agency.site.keys.evidence
    key, log = PrivateKey.generate(), Ed25519PrivateKey.generate()
    signature = key.sign(b"a link")
    links = len(sent.made.heads)
    stored = memoryview(sent.stored)
    header, _ = read_header(stored)
    places = list(whole_frames(stored, len(header)))

    def work() -> None:
        _, _, opener = start_opening(stored, sent.envelope, ours)
        for place in places:
            open_frame(opener, place, stored, at_end=place is places[-1])
        for _ in range(3):
            sha256(stored)
        for _ in range(links + 3):
            key.public.verify(signature, b"a link")
        key.sign(b"a receipt")
        log.sign(b"a checkpoint")

    return work


def rows(folder: Path, media: Media) -> list[Row]:
    """Measure all of them."""
    with founded(folder / "evidence", SystemClock(), system_entropy) as agency:
        listed = _list_page(agency)
        return [listed, *_log(agency), _sign_in(agency), _commit(agency, media)]
