"""Bring files to a tus server over TLS by several clients, and print the seconds.

The same program for every server: create, one PATCH, and a commit where the work list
says so. Run as `python -m benchmarks.uploader WORK.json CLIENTS`.
"""

import http.client
import json
import mmap
import ssl
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Final

VERSION: Final = {"Tus-Resumable": "1.0.0"}
BYTES: Final = {**VERSION, "Content-Type": "application/offset+octet-stream"}


@dataclass(frozen=True, slots=True)
class Job:
    """One file: where it lies, what its metadata is, the commit's body if any."""

    path: str
    metadata: str
    closing: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """The server."""

    host: str
    port: int
    base: str
    token: str


def send(line: http.client.HTTPSConnection, target: Target, job: Job) -> None:
    """Bring one file."""
    own = {"Authorization": f"Bearer {target.token}"}
    with (
        Path(job.path).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        create = {"Upload-Length": str(len(data)), "Upload-Metadata": job.metadata}
        line.request("POST", target.base, headers={**VERSION, **own, **create})
        where = _done(line, 201)
        put = {**BYTES, **own, "Upload-Offset": "0", "Content-Length": str(len(data))}
        line.request("PATCH", where, body=memoryview(data), headers=put)
        _done(line, 204)
    if job.closing is not None:
        closing = Path(job.closing).read_bytes()
        line.request("POST", f"{where}/commit", body=closing, headers=own)
        _done(line, 200)


def _done(line: http.client.HTTPSConnection, status: int) -> str:
    answer = line.getresponse()
    body = answer.read()
    if answer.status != status:
        raise SystemExit(f"{answer.status}: {body[:300]!r}")
    where = answer.getheader("Location") or ""
    return where[where.index("/", 8) :] if where.startswith("http") else where


def _client(target: Target, jobs: "Queue[Job]") -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    line = http.client.HTTPSConnection(target.host, target.port, context=context)
    line.blocksize = 1 << 20
    while True:
        try:
            job = jobs.get_nowait()
        except Empty:
            return
        send(line, target, job)


def main() -> None:
    """Bring everything on the list."""
    work = json.loads(Path(sys.argv[1]).read_text())
    target = Target(**work["target"])
    jobs: Queue[Job] = Queue()
    for job in work["jobs"]:
        jobs.put(Job(**job))
    clients = [
        threading.Thread(target=_client, args=(target, jobs))
        for _ in range(int(sys.argv[2]))
    ]
    started = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    sys.stdout.write(f"{time.perf_counter() - started}\n")


if __name__ == "__main__":
    main()
