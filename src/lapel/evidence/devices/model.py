"""Cameras and machines of a tenant."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a device is."""

    CAMERA = "camera"
    DOCK = "dock"
    SYNC = "sync"


class State(StrEnum):
    """Where a device stands."""

    KNOWN = "known"
    OWNED = "owned"


@dataclass(frozen=True, slots=True)
class Device:
    """A device on record."""

    serial: str
    kind: Kind
    model: str
    state: State
    wearer: str
    seen_ms: int | None
    adopted_ms: int | None


@dataclass(frozen=True, slots=True)
class Caller:
    """A device that has signed in over HTTP."""

    tenant: str
    serial: str
    kind: Kind
