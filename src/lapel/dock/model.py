"""What a dock knows of its bays, as frozen values for tables, lines and JSON."""

from dataclasses import asdict, dataclass
from enum import Enum


class Step(Enum):
    """What a bay does; the value is the stable word."""

    EMPTY = "empty"
    CONNECTING = "connecting"
    ADOPTING = "adopting"
    JOURNAL = "reading journal"
    COPYING = "copying"
    CLOSING = "being closed"
    DONE = "done"
    RELEASED = "released"
    WAITING = "waiting"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class BayState:
    """One bay: camera, step, progress in bytes, rate in bytes a second."""

    bay: int
    step: Step = Step.EMPTY
    camera: str = ""
    done: int = 0
    total: int = 0
    recordings_done: int = 0
    recordings: int = 0
    rate: float = 0.0
    message: str = ""

    @property
    def left_s(self) -> float | None:
        """Seconds until all is read, at the present rate."""
        if self.step is not Step.COPYING or self.rate <= 0:
            return None
        return (self.total - self.done) / self.rate

    def data(self) -> dict[str, object]:
        """Give JSON values; the keys are stable."""
        known: dict[str, object] = dict(asdict(self))
        return known | {"step": self.step.value, "left_s": self.left_s}


@dataclass(frozen=True, slots=True)
class Item:
    """A recording in a camera's catalogue."""

    recording: bytes
    length: int
    closing_hash: bytes | None
    marked: bool
    prioritised: bool
    start_ms: int
    has_envelope: bool


def in_order(items: tuple[Item, ...]) -> list[Item]:
    """Give closed recordings: asked for first, then marked by the user, then by age."""
    closed = [item for item in items if item.closing_hash is not None]
    return sorted(
        closed,
        key=lambda item: (
            not item.prioritised,
            not item.marked,
            item.start_ms,
            item.recording,
        ),
    )
