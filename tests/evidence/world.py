"""A server in a process of its own, and a world around it."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import Sent, founded
from lapel.sim.forge import Media

PASSWORD = "tidal velvet anchor plum"  # noqa: S105 - opens accounts of tests alone


@dataclass(frozen=True)
class Server:
    """A running `lapel evidence serve`."""

    process: subprocess.Popen[str]
    folder: Path
    url: str
    device_url: str
    door_ca: str
    enrolment_link: str | None

    def run(self, *words: str | Path) -> str:
        """Run another `lapel evidence` command on the same folder."""
        return lapel("evidence", *words, "--dir", self.folder)

    def client(self) -> httpx.Client:
        """Give a browser without script."""
        return httpx.Client(base_url=self.url, follow_redirects=True)

    def device(self, token: str) -> httpx.Client:
        """Give a client of the device door."""
        trust = ssl.create_default_context(cafile=self.door_ca)
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.device_url, verify=trust, headers=headers)


def lapel(*words: str | Path) -> str:
    command = [sys.executable, "-m", "lapel.cli", *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout


@contextmanager
def serving(
    folder: Path, fault: str = "", more: tuple[str, ...] = ()
) -> Generator[Server]:
    env = {**os.environ, "LAPEL_FAULT": fault} if fault else dict(os.environ)  # noqa: TID251
    command = [sys.executable, "-m", "lapel.cli", "evidence", "serve", "--json"]
    command += ["--dir", str(folder), "--port", "0", "--device-port", "0"]
    command += ["--name", "Port Ellery Police", "--zone", "Europe/London", *more]
    process = subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        ready.pop("tenant")
        ready.pop("ca")
        yield Server(process, folder, **ready)
    finally:
        process.terminate()
        process.wait(15)
        process.stdout.close()


@dataclass(frozen=True)
class World:
    """A server that knows a dock and a camera, and recordings that wait to come."""

    server: Server
    token: str
    sent: tuple[Sent, ...]

    def dock(self) -> httpx.Client:
        return self.server.device(self.token)


@contextmanager
def inhabited(
    folder: Path, film: Media, count: int, fault: str = ""
) -> Generator[World]:
    """Make a world; the recordings are those of one camera."""
    with founded(folder, SystemClock(), system_entropy) as agency:
        token = agency.machine()
        sent = tuple(agency.record(film) for _ in range(count))
        for one in sent:
            agency.site.ingest.put_envelope(one.serial, one.recording, one.envelope)
    with serving(folder, fault) as server:
        yield World(server, token, sent)
