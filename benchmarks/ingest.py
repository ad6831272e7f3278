"""Taking recordings in, beside `@tus/server` with `@tus/file-store`.

Ours hashes, opens, walks the chain, syncs, logs and gives a receipt; the peer stores
bytes and does nothing else. Same client, same files, TLS, one after the other.
"""

import base64
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.report import Row
from lapel.base.ids import recording_name
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import Sent, founded
from lapel.sim.forge import Media, long_media

NODE: Final = Path(__file__).parent.parent / "tests" / "node"
RUNS: Final = 3
UNIT: Final = 1 << 20
_PEER: Final = """
const { Server } = require("@tus/server");
const { FileStore } = require("@tus/file-store");
const https = require("https"), fs = require("fs");
const [dir, key, cert] = process.argv.slice(2);
const datastore = new FileStore({ directory: dir });
const tus = new Server({ path: "/files", datastore });
const keys = { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
const server = https.createServer(keys, (q, r) => tus.handle(q, r));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""


@dataclass(frozen=True, slots=True)
class Took:
    """One run: seconds, and CPU seconds of the server."""

    wall_s: float
    cpu_s: float


def cpu_of(process: int) -> float:
    """CPU seconds of a process and the children it waited for, and those that live."""
    total = 0.0
    for one in (process, *_children(process)):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(int(fields[place]) for place in (11, 12, 13, 14))
    return total / os.sysconf("SC_CLK_TCK")


def _children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(one) for one in path.read_text().split()]


def upload(folder: Path, work: dict[str, object], clients: int) -> float:
    """Run the client; gives its seconds."""
    path = folder / "work.json"
    path.write_text(json.dumps(work))
    words = [sys.executable, "-m", "benchmarks.uploader", str(path), str(clients)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return float(done.stdout)


def _files(folder: Path, media: Media, count: int, mib: int) -> tuple[str, list[Sent]]:
    """Found an agency and write recordings; gives a token and what was written."""
    long = long_media(media, mib, os.urandom(UNIT - 2000))
    with founded(folder / "evidence", SystemClock(), system_entropy) as agency:
        token = agency.machine()
        sent: list[Sent] = []
        for number in range(count):
            one = agency.record(long)
            agency.site.ingest.put_envelope(one.serial, one.recording, one.envelope)
            (folder / f"{number}.sealed").write_bytes(one.stored)
            (folder / f"{number}.closing").write_bytes(one.closing)
            sent.append(one)
    return token, sent


@contextmanager
def _ours(folder: Path) -> Generator[tuple[int, int]]:
    words = [sys.executable, "-m", "lapel.cli", "evidence", "serve", "--json"]
    words += ["--dir", str(folder / "evidence"), "--port", "0", "--device-port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = json.loads((process.stdout or sys.stdin).readline())
            yield process.pid, int(ready["device_url"].rsplit(":", 1)[1])
        finally:
            process.terminate()


@contextmanager
def _peer(folder: Path) -> Generator[tuple[int, int]]:
    script, store = NODE / "peer.cjs", folder / "peer"
    script.write_text(_PEER)
    store.mkdir(exist_ok=True)
    keys = folder / "evidence" / "keys"
    words = ["node", str(script), str(store)]
    words += [str(keys / "server.key"), str(keys / "server.pem")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.pid, int((process.stdout or sys.stdin).readline())
        finally:
            process.terminate()
            script.unlink()


def _jobs(folder: Path, sent: Sequence[Sent], *, commit: bool) -> list[object]:
    jobs: list[object] = []
    for number, one in enumerate(sent):
        pairs = {"recording": recording_name(one.recording), "serial": one.serial}
        metadata = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}"
            for name, value in pairs.items()
        )
        closing = str(folder / f"{number}.closing") if commit else None
        path = str(folder / f"{number}.sealed")
        jobs.append({"path": path, "metadata": metadata, "closing": closing})
    return jobs


def _run(
    folder: Path, sent: Sequence[Sent], token: str, clients: int
) -> tuple[Took, Took]:
    """Both servers once, the peer second."""
    took: list[Took] = []
    for server, base, commit in (
        (_ours, "/device/uploads", True),
        (_peer, "/files", False),
    ):
        with server(folder) as (process, port):
            target = {"host": "127.0.0.1", "port": port, "base": base, "token": token}
            work: dict[str, object] = {
                "target": target,
                "jobs": _jobs(folder, sent, commit=commit),
            }
            before = cpu_of(process)
            wall = upload(folder, work, clients)
            took.append(Took(wall, cpu_of(process) - before))
    return took[0], took[1]


def _compare(
    folder: Path, media: Media, shape: tuple[int, int, int], goal: float
) -> list[Row]:
    count, mib, clients = shape
    pairs: list[tuple[Took, Took]] = []
    for number in range(RUNS):
        place = folder / f"{count}-{number}"
        place.mkdir()
        token, sent = _files(place, media, count, mib)
        pairs.append(_run(place, sent, token, clients))
    size_gb = count * mib * UNIT / 1e9
    ours = [ours.wall_s for ours, _ in pairs]
    peer = [peer.wall_s for _, peer in pairs]
    cpu = statistics.median(one.cpu_s for one, _ in pairs) / size_gb
    peer_cpu = statistics.median(one.cpu_s for _, one in pairs) / size_gb
    ratio = statistics.median(b / a for a, b in zip(ours, peer, strict=True))
    speed = size_gb * 1000 / statistics.median(ours)
    peer_speed = size_gb * 1000 / statistics.median(peer)
    what = f"ingest {count} x {mib} MiB, {clients} clients"
    terms = (
        f"{speed:.0f} MB/s against {peer_speed:.0f} MB/s; server CPU {cpu:.2f} against "
        f"{peer_cpu:.2f} s/GB; ours opens, checks, syncs and gives receipts"
    )
    rows = [Row(what, "@tus/server", ratio, goal, terms)]
    if count > 1:
        rows.append(Row("ingest CPU s/GB", "limit", cpu, 2.5, terms, at_least=False))
    return rows


def rows(folder: Path, media: Media) -> list[Row]:
    """Measure; needs 10 GiB in `folder` and the packages of tests/node."""
    many = _compare(folder, media, (200, 5, 8), 2.0)
    return many + _compare(folder, media, (1, 1024, 1), 1.0)
