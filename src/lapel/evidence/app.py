"""Evidence as a process: two doors, the signer beside it, and the work between."""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server as Listener
from litestar.types import ASGIApp

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import SetupError
from lapel.evidence import start
from lapel.evidence.api import app as device_door
from lapel.evidence.devices.rules import validity
from lapel.evidence.jobs import service as jobs
from lapel.evidence.server import Server
from lapel.evidence.start import Prepared, Running
from lapel.evidence.store.folder import Folder, near
from lapel.evidence.tenants import door as device_keys
from lapel.evidence.tenants.model import NewTenant
from lapel.evidence.web import app as pages
from lapel.evidence.web.visit import Front, contact, public_origin

LOOPBACK: Final = "127.0.0.1"
_SIGNER_PATIENCE_S: Final = 15.0
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve; a port of 0 takes a free one.

    `signer` is the socket of a signer that runs as a user of its own; it is remembered.
    """

    root: Path
    port: int
    device_port: int
    device_host: str
    new: NewTenant
    signer: Path | None = None
    public: str = ""
    """Address that people use, where a proxy that speaks TLS stands in front."""
    view: Path | None = None
    """Folder of View's page."""
    contact: str = ""
    """Whom somebody tells who found a weakness: mailto:, tel: or https:."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Where it serves."""

    url: str
    device_url: str
    enrolment_link: str | None
    door_ca: Path
    """What a client of the device door trusts."""
    ca: Path
    """What devices of the first agency trust."""
    tenant: str


def log_to_stderr() -> None:
    """Log as lines of JSON on standard error; never values of variables."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def keep_buffers() -> None:
    """Have the C library keep freed buffers, instead of giving each back at once.

    Recordings pass through in pieces of a megabyte; fresh memory for each of them costs
    a third of a second of CPU a GB. Only glibc knows these settings.
    """
    tune = getattr(ctypes.CDLL(None), "mallopt", None)
    if tune is not None:
        tune(_M_MMAP_THRESHOLD, 64 << 20)
        tune(_M_TRIM_THRESHOLD, 512 << 20)


def serve(
    options: Options, clock: Clock, entropy: Entropy, tell: Callable[[Ready], None]
) -> None:
    """Serve until SIGINT or SIGTERM; `tell` is called once when both doors are open."""
    public_origin(options.public)
    contact(options.contact)
    log_to_stderr()
    keep_buffers()
    folder = Folder(options.root)
    folder.make()
    with folder.lock():
        prepared = start.prepare(options.root, options.new, clock, entropy)
        with signer_beside(folder, options.signer):
            server = Server(folder, clock, entropy)
            try:
                asyncio.run(_serve(server, options, prepared, tell))
            finally:
                server.close()
                (folder.root / "running.json").unlink(missing_ok=True)


async def _serve(
    server: Server, options: Options, prepared: Prepared, tell: Callable[[Ready], None]
) -> None:
    port = free_port(LOOPBACK, options.port)
    device_port = free_port(options.device_host, options.device_port)
    url = f"http://localhost:{port}"
    device_url = f"https://{_named(options.device_host)}:{device_port}"
    files = _server_certificate(server, options.device_host)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    public = public_origin(options.public)
    front = Front(port, public, options.view, options.contact)
    doors = (
        _door(pages.build(server, front), (LOOPBACK, port), None),
        _door(device_door.build(server), (options.device_host, device_port), files),
    )
    async with _open(doors), jobs.running(server):
        for door in ((LOOPBACK, port), (options.device_host, device_port)):
            await _answers(door)
        running = Running(url, device_url, os.getpid())
        start.keep_running(server.home, running)
        link = None if prepared.secret is None else f"{url}/enrol/{prepared.secret}"
        door_ca = server.home.door / device_keys.CA
        ca = server.home.keys / "ca.pem"
        tell(Ready(url, device_url, link, door_ca, ca, prepared.tenant.id))
        await stopped.wait()


def _door(
    app: ASGIApp, address: tuple[str, int], files: tuple[Path, Path] | None
) -> Listener:
    return Listener(
        app,
        address=address[0],
        port=address[1],
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        ssl_cert=files[0] if files else None,
        ssl_key=files[1] if files else None,
    )


@asynccontextmanager
async def _open(doors: tuple[Listener, ...]) -> AsyncGenerator[None]:
    tasks = [
        asyncio.create_task(door.serve(), name=f"door {number}")
        for number, door in enumerate(doors)
    ]
    try:
        yield
    finally:
        for door in doors:
            door.signal_handler_interrupt()  # type: ignore[no-untyped-call]
        _done, slow = await asyncio.wait(tasks, timeout=5)
        for task in slow:
            task.cancel()


async def _answers(address: tuple[str, int]) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError):
            _reader, writer = await asyncio.open_connection(*address)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise SetupError(f"nothing answers on {address[0]}:{address[1]}")


def free_port(host: str, wanted: int) -> int:
    """Give `wanted` if it is free, any free port for 0; raises SetupError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as error:
            raise SetupError(
                f"port {wanted} is taken; choose another, or 0 for any free one"
            ) from error
        return int(probe.getsockname()[1])


def _named(host: str) -> str:
    return "localhost" if host == LOOPBACK else host


def _server_certificate(server: Server, host: str) -> tuple[Path, Path]:
    """Issue the certificate of the device door anew: it lasts a year."""
    hosts = tuple(dict.fromkeys(("localhost", LOOPBACK, host)))
    now = server.clock.utc_ms()
    return device_keys.certify(server.home.door, hosts, validity(now, 1))


@contextlib.contextmanager
def signer_beside(folder: Folder, elsewhere: Path | None = None) -> Generator[None]:
    """Use the signer that runs, or start one as a child that ends with this process.

    Where a signer of another user was named once, no child ever takes its place: it
    would have another key. Raises SetupError when that one does not answer.
    """
    if elsewhere is not None:
        folder.socket.unlink(missing_ok=True)
        folder.socket.symlink_to(elsewhere.absolute())
    if folder.socket.is_symlink() and not _listens(folder.socket):
        raise SetupError(
            f"no signer answers at {folder.socket.readlink()}; start it first: "
            "lapel evidence signer"
        )
    if _listens(folder.socket):
        yield
        return
    command = [sys.executable, "-m", "lapel.cli", "evidence", "signer"]
    child = subprocess.Popen(  # noqa: S603 - our own command, no shell
        [*command, "--dir", str(folder.root), "--until-stdin-ends"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _await_signer(folder, child)
        yield
    finally:
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _await_signer(folder: Folder, child: "subprocess.Popen[bytes]") -> None:
    waited = 0.0
    while not _listens(folder.socket):
        if child.poll() is not None or waited > _SIGNER_PATIENCE_S:
            raise SetupError("the signer did not start; see the lines above")
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0.05)
        waited += 0.05


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            with near(path) as address:
                probe.connect(address)
        except OSError:
            return False
    return True
