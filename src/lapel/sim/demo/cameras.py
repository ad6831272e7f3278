"""The demo's cameras: provisioned, put on, pressed, killed, docked."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lapel.sim.children import Child, Children, wait_for

Wait = Callable[[float], bool]


@dataclass
class DemoCamera:
    """One virtual camera and its process."""

    children: Children
    serial: str
    model: str
    folder: Path
    source: str
    process: Child | None = None

    def provision(self, factory: Path, tenant: str, authority: Path) -> Path:
        """Make the camera and its voucher for the agency; gives the voucher."""
        words: list[str | Path] = ["camera", "provision", "--dir", self.folder]
        words += ["--factory", factory, "--model", self.model]
        words += ["--serial", self.serial]
        words += ["--tenant", tenant, "--tenant-ca", authority]
        self.children.run(words)
        return self.folder / "voucher"

    def start(self) -> None:
        """Start the camera's process."""
        words: list[str | Path] = ["camera", "run", "--dir", self.folder]
        words += ["--source", self.source]
        self.process = self.children.start(self.serial, words, read=False)

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
            read: dict[str, object] = json.loads(
                (self.folder / "state.json").read_text()
            )
        except (OSError, ValueError):
            return {}
        return read

    def wait_mode(self, mode: str, wait: Wait) -> None:
        """Wait until the camera is in a mode."""
        what = f"camera {self.serial} to be in {mode}"
        wait_for(what, lambda: self.state().get("mode") == mode, wait, 30)
