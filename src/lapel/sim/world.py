"""A whole agency on one machine: Evidence, docks and cameras as processes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lapel.sim.actors import CameraActor, DockActor, EvidenceActor
from lapel.sim.children import Children


@dataclass
class World:
    """What was started in one folder; `wait` waits, and says whether to stop."""

    folder: Path
    children: Children
    wait: Callable[[float], bool]
    evidence: EvidenceActor = field(init=False)
    docks: list[DockActor] = field(default_factory=list)
    cameras: dict[str, CameraActor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give Evidence its place."""
        self.evidence = EvidenceActor(self.children, self.folder / "evidence")

    def add_dock(self, bays: int, name: str = "dock") -> DockActor:
        """Adopt a dock; it is not started yet."""
        dock = DockActor(self.children, self.wait, self.folder / name, bays)
        dock.adopt(self.evidence.code())
        self.docks.append(dock)
        return dock

    def add_camera(
        self, serial: str, source: str = "synthetic:", model: str = "body2"
    ) -> CameraActor:
        """Make a camera whose voucher Evidence has; it is not started yet."""
        place = self.folder / "cameras" / serial
        camera = CameraActor(self.children, self.wait, serial, model, place, source)
        factory = self.folder / "factory"
        voucher = camera.provision(
            factory, self.evidence.tenant, self.evidence.authority
        )
        self.evidence.expect(voucher, factory / "maker.pem")
        self.cameras[serial] = camera
        return camera

    def verify(self, path: Path, trust: Path, *more: str | Path) -> dict[str, object]:
        """Run `lapel verify` on one recording; gives what it says of it."""
        words = ["verify", path, "--trust", trust, *more, "--json"]
        text = self.children.run(words, codes=(0, 1, 2, 3))
        (read,) = json.loads(text)["files"]
        said: Mapping[str, object] = read
        return dict(said)
