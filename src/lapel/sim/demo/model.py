"""What the demo tells: recordings, times, and whether all of it held."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """One recording at the end of its way; paths are in the demo's folder."""

    id: str
    camera: str
    seconds: float
    sealed: str
    envelope: str
    mp4: str
    verdict: str
    code: str
    receipt: str | None
    deleted_from_camera: bool

    @property
    def good(self) -> bool:
        """Whether it proves itself, has its receipt, and has left the camera."""
        proved = self.code in {"authentic", "closed-by-power-loss"}
        return proved and self.receipt is not None and self.deleted_from_camera


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds that the parts took."""

    setup: float
    record: float
    offload: float
    total: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The demo's answer, as `--json` prints it."""

    ok: bool
    dir: str
    url: str
    sign_in: str
    trust: str
    recordings: tuple[Told, ...]
    seconds: Times

    def data(self) -> dict[str, object]:
        """Give JSON values; the keys are stable."""
        return asdict(self)
