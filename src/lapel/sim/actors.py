"""Cameras, docks and Evidence as processes of their own, driven by their commands."""

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from lapel.base.errors import NotFoundError
from lapel.sim.children import Child, Children, wait_for

Wait = Callable[[float], bool]
Words = list[str | Path]


@dataclass
class CameraActor:
    """One virtual camera."""

    children: Children
    wait: Wait
    serial: str
    model: str
    folder: Path
    source: str
    options: tuple[str, ...] = ()
    process: Child | None = None

    def provision(self, factory: Path, tenant: str, authority: Path) -> Path:
        """Make the camera and its voucher for the agency; gives the voucher."""
        words: Words = ["camera", "provision", "--dir", self.folder]
        words += ["--factory", factory, "--model", self.model]
        words += ["--serial", self.serial]
        words += ["--tenant", tenant, "--tenant-ca", authority]
        return Path(json.loads(self.children.run(words))["voucher"])

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the camera's process; waits until it says that it runs."""
        (self.folder / "state.json").unlink(missing_ok=True)
        words: Words = ["camera", "run", "--dir", self.folder]
        words += ["--source", self.source, *self.options]
        self.process = self.children.start(
            self.serial, words, read=False, more=environment
        )
        process = self.process
        wait_for(
            f"camera {self.serial} to start",
            lambda: bool(self.state()) or not process.alive(),
            self.wait,
            30,
        )

    def kill(self) -> None:
        """End the process as a power cut would."""
        if self.process is not None:
            self.process.kill()

    def press(self, *buttons: str) -> None:
        """Press buttons."""
        self.children.run(["press", "--dir", self.folder, *buttons])

    def state(self) -> dict[str, object]:
        """Read what the camera says of itself; empty before it does."""
        try:
            text = (self.folder / "state.json").read_text()
            read: dict[str, object] = json.loads(text)
        except (OSError, ValueError):
            return {}
        return read

    def wait_mode(self, mode: str) -> None:
        """Wait until the camera is in a mode."""
        what = f"camera {self.serial} to be in {mode}"
        wait_for(what, lambda: self.state().get("mode") == mode, self.wait, 30)

    def wait_units(self, units: int) -> None:
        """Wait until a recording has so many units."""
        what = f"camera {self.serial} to have recorded {units} s"
        wait_for(what, lambda: self._units() >= units, self.wait, 60)

    def _units(self) -> int:
        units = self.state().get("units")
        return units if isinstance(units, int) else 0

    def recordings(self) -> list[Path]:
        """Give the recordings that lie on the camera."""
        kept = self.folder / "recordings"
        return sorted(p for p in kept.glob("*") if p.suffix in {".mp4", ".sealed"})


@dataclass
class DockActor:
    """One dock."""

    children: Children
    wait: Wait
    folder: Path
    bays: int
    options: tuple[str, ...] = ()
    process: Child | None = None
    status: str = ""

    def adopt(self, code: str) -> None:
        """Adopt it with a machine code."""
        self.children.run(["dock", "adopt", "--dir", self.folder, code])

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the dock's process; waits until it serves."""
        words: Words = ["dock", "run", "--dir", self.folder]
        words += ["--bays", str(self.bays), "--json", *self.options]
        self.process = self.children.start(
            self.folder.name, words, read=True, more=environment
        )
        self.status = str(self.process.first_line()["status"])
        self.process.drain()

    def kill(self) -> None:
        """End the process as a power cut would."""
        if self.process is not None:
            self.process.kill()

    def plug(self, bay: int, camera: CameraActor) -> None:
        """Put a camera into a bay."""
        where = ("--dir", self.folder, "--bay", str(bay))
        self.children.run(["dock", "plug", camera.folder, *where])

    def unplug(self, bay: int) -> None:
        """Take the camera out of a bay."""
        self.children.run(["dock", "unplug", "--dir", self.folder, "--bay", str(bay)])

    def bay(self, number: int) -> dict[str, object]:
        """Give the state of a bay."""
        # No encryption there: a context of its own spares loading certificates.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for bay in httpx.get(self.status, verify=context).json()["bays"]:
            if bay["bay"] == number:
                found: dict[str, object] = bay
                return found
        raise NotFoundError(f"no bay {number}")

    def wait_step(
        self, bay: int, camera: CameraActor, step: str, limit_s: float = 120
    ) -> dict[str, object]:
        """Wait until a camera in a bay has come to a step; gives the bay's state."""

        def there() -> bool:
            state = self.bay(bay)
            return (state["camera"], state["step"]) == (camera.serial, step)

        wait_for(f"camera {camera.serial} to be {step}", there, self.wait, limit_s)
        return self.bay(bay)


@dataclass
class EvidenceActor:
    """Evidence's server."""

    children: Children
    folder: Path
    process: Child | None = None
    ready: dict[str, object] = field(default_factory=dict)
    ports: tuple[int, int] = (0, 0)

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the server; waits until it serves, on the same ports as before."""
        pages, devices = self.ports
        words: Words = ["evidence", "serve", "--dir", self.folder, "--json"]
        words += ["--port", str(pages), "--device-port", str(devices)]
        words += ["--name", "Demo agency"]
        self.process = self.children.start(
            "evidence", words, read=True, more=environment
        )
        self.ready = self.process.first_line()
        url, device = httpx.URL(self.url), httpx.URL(str(self.ready["device_url"]))
        self.ports = (url.port or 0, device.port or 0)
        self.process.drain()

    def kill(self) -> None:
        """End the process, and its signer, as a power cut would."""
        if self.process is not None:
            self.process.kill()

    @property
    def url(self) -> str:
        """Address of the pages."""
        return str(self.ready["url"])

    @property
    def tenant(self) -> str:
        """The agency's id."""
        return str(self.ready["tenant"])

    @property
    def authority(self) -> Path:
        """Where the agency's CA certificate lies."""
        return Path(str(self.ready["ca"]))

    def run(self, *words: str | Path) -> str:
        """Run one of Evidence's commands."""
        return self.children.run(["evidence", *words, "--dir", self.folder])

    def code(self) -> str:
        """Make a machine code for a dock."""
        return self.run("code", "dock").strip()

    def expect(self, voucher: Path, maker: Path) -> None:
        """Add the voucher of a new camera."""
        self.run("voucher", "add", voucher, "--maker", maker)

    def trust(self, out: Path) -> Path:
        """Write what a verifier needs."""
        self.run("trust", "--out", out)
        return out

    def export(self, out: Path) -> list[dict[str, object]]:
        """Write all recordings with what proves them; gives the list."""
        listed = json.loads(self.run("export", "--out", out, "--json"))
        return list(listed["recordings"])
