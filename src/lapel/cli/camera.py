"""`lapel camera`: make a camera, run it, sign vouchers for it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from lapel.base import about
from lapel.base.errors import LapelError
from lapel.camera.board import Board
from lapel.camera.body import Camera
from lapel.camera.capture.words import Conditions, open_source
from lapel.camera.disk import Disk
from lapel.camera.factory import Factory, open_factory
from lapel.camera.identity import Papers
from lapel.camera.keyfile import KeyFile
from lapel.camera.linking import Linking
from lapel.camera.running import Folder, Runner
from lapel.cli.files import read_small
from lapel.cli.stopping import stop_on_signals
from lapel.crypto.certs import Certificate
from lapel.crypto.digest import sha256
from lapel.ports.air import Heard, MakePeripheral, Peripheral
from lapel.ports.capture import Source
from lapel.ports.system import SystemClock, system_entropy
from lapel.radio.doors import make_peripheral

app = App(
    name="camera",
    help="""A body-worn camera on this machine.

    Example: lapel camera provision --dir cam1 --factory maker --serial X1234567
    """,
)

Dir = Annotated[Path, Parameter("--dir")]


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency that may adopt a camera.

    Parameters
    ----------
    tenant
        Id of the agency that may adopt the camera.
    tenant_ca
        That agency's CA certificate (PEM).

    """

    tenant: str
    tenant_ca: Path


def _factory(folder: Path) -> Factory:
    return open_factory(Disk(folder), SystemClock().utc_ms())


@app.command
def provision(
    *,
    folder: Dir,
    factory: Path,
    serial: str,
    model: str = "body2",
    agency: Annotated[Agency | None, Parameter("*")] = None,
) -> None:
    """Make a camera: identity, keys, certificates, tag; a voucher for its agency.

    Parameters
    ----------
    folder
        The camera's folder; it must not hold a camera yet.
    factory
        The maker's folder; its CA is made on first use.
    serial
        4 to 16 of A-Z 0-9 -, as printed on the body.
    model
        body2 or flex2.
    agency
        Whom a voucher is made for.

    """
    files = Disk(folder)
    maker = _factory(factory)
    maker.make(files, KeyFile(files, system_entropy), model, serial)
    papers = Papers(files, system_entropy)
    made: dict[str, str] = {
        "serial": serial,
        "model": model,
        "nonce": papers.nonce.hex(),
        "maker": str(factory / "maker.pem"),
        "tag": str(folder / "tag"),
    }
    if agency is not None:
        made["voucher"] = str(_voucher(maker, factory, papers, agency))
    sys.stdout.write(json.dumps(made, indent=2) + "\n")


def _voucher(maker: Factory, factory: Path, papers: Papers, agency: Agency) -> Path:
    ca = Certificate.from_pem(read_small(agency.tenant_ca))
    serial = papers.identity.serial
    raw = maker.voucher(serial, agency.tenant, ca.der, papers.nonce)
    Disk(factory).replace(f"vouchers/{serial}.voucher", raw)
    return factory / "vouchers" / f"{serial}.voucher"


@app.command
def voucher(
    *, folder: Dir, factory: Path, agency: Annotated[Agency, Parameter("*")]
) -> None:
    """Sign a voucher that lets an agency adopt a camera; prints where it lies.

    Parameters
    ----------
    folder
        The camera's folder.
    factory
        The maker's folder.
    agency
        Whom the voucher is made for.

    """
    papers = Papers(Disk(folder), system_entropy)
    path = _voucher(_factory(factory), factory, papers, agency)
    sys.stdout.write(f"{path}\n")


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the camera runs on.

    Parameters
    ----------
    source
        synthetic:, file:PATH[?loop] or v4l2:/dev/videoN?alsa=DEVICE.
    speed
        Faster than real time, for tests: 10 records ten seconds in one.
    capacity
        Bytes that the camera's storage holds; without it, what the disk has.
    air
        Its Bluetooth radio: hci-socket:N for an adapter of this machine,
        tcp-client:HOST:PORT for the virtual air; without it the camera has no link.

    """

    source: str = "synthetic:"
    speed: float = 1.0
    capacity: int | None = None
    air: str | None = None


@app.command
def run(
    *,
    folder: Dir,
    hardware: Annotated[Hardware | None, Parameter("*")] = None,
    off: bool = False,
) -> None:
    """Run a camera until it is stopped with Ctrl-C.

    Example: lapel camera run --dir cam1 --source synthetic: --air hci-socket:0

    Parameters
    ----------
    folder
        The camera's folder.
    hardware
        What it runs on.
    off
        Begin with the power switch off.

    """
    hardware = hardware or Hardware()
    stop = stop_on_signals()
    make = None if hardware.air is None else _radio(hardware.air)
    files = Disk(folder, hardware.capacity)
    place = Folder(folder)
    camera = Camera(_board(files, hardware.source, hardware.speed))
    linking = None if make is None else Linking(camera, make)
    runner = Runner(camera, place, linking)
    if not off:
        camera.switch(on=True)
    runner.run(stop, _ready(camera))


def _radio(transport: str) -> MakePeripheral:
    """Find the radio; one that cannot be opened is said once, and ends no recording."""
    make = make_peripheral(transport)
    said: set[str] = set()

    def made(hear: Callable[[Heard], None]) -> Peripheral:
        try:
            return make(hear)
        except LapelError as error:
            if str(error) not in said:
                said.add(str(error))
                sys.stderr.write(f"lapel: the radio is tried again: {error}\n")
            raise

    return made


def _board(files: Disk, source: str, speed: float) -> Board:
    clock = SystemClock()

    def opened(serial: str) -> Source:
        return open_source(source, Conditions(serial, clock, speed))

    firmware = f"lapel {about.version()}"
    return Board(
        files,
        KeyFile(files, system_entropy),
        clock,
        system_entropy,
        opened,
        firmware,
        sha256(firmware.encode()),
    )


def _ready(camera: Camera) -> Callable[[], None]:
    def say() -> None:
        identity = camera.papers.identity
        sys.stdout.write(f"camera {identity.serial} ({identity.model}) runs\n")
        sys.stdout.flush()

    return say
