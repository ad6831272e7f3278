"""Cameras, machines, vehicles and accessories of a tenant."""

from dataclasses import dataclass
from enum import StrEnum

from typing_extensions import override


class Kind(StrEnum):
    """What a device is."""

    CAMERA = "camera"
    DOCK = "dock"
    SYNC = "sync"
    VEHICLE = "vehicle"
    ACCESSORY = "accessory"


class Purpose(StrEnum):
    """What an accessory sits in or on, and so what its activation means."""

    VEHICLE = "vehicle"
    SIDEARM = "sidearm"
    MAGAZINE = "magazine"
    CEW = "cew"


class State(StrEnum):
    """What a device is to the agency, as it is kept."""

    KNOWN = "known"
    OWNED = "owned"
    LOST = "lost"
    FOUND = "found"
    RELEASED = "released"


class Standing(StrEnum):
    """Where a device stands: its state, and for an owned one whether somebody has it.

    FOUND was lost and may have been in the hands of others.
    """

    WAITS = "waits"
    SPARE = "spare"
    ASSIGNED = "assigned"
    LOST = "lost"
    FOUND = "found"
    RELEASED = "released"


class Move(StrEnum):
    """What can be done with a device; CLEAR says that no other had a found one."""

    ADOPT = "adopt"
    ASSIGN = "assign"
    RETURN = "return"
    LOSE = "lose"
    FIND = "find"
    CLEAR = "clear"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a camera; the name is what they were called when it was given.

    `person` is empty for a name that was written down before accounts were assigned.
    """

    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A time in which somebody had a camera, who gave and who took it, and why."""

    serial: str
    holder: Holder
    from_ms: int
    until_ms: int | None
    given_by: str
    given_why: str
    ended_by: str
    ended_why: str


@dataclass(frozen=True, slots=True)
class Network:
    """A vehicle's Wi-Fi: what it calls itself, and what opens it."""

    ssid: str
    passphrase: str

    @override
    def __repr__(self) -> str:
        """Show the name only."""
        return f"Network({self.ssid!r})"


@dataclass(frozen=True, slots=True)
class Accessory:
    """What an accessory is for, and the serial of the vehicle that it is in, if any."""

    purpose: Purpose
    vehicle: str


@dataclass(frozen=True, slots=True)
class Group:
    """Devices that belong together."""

    id: str
    name: str
    serials: frozenset[str]


@dataclass(frozen=True, slots=True)
class Device:
    """A device on record."""

    serial: str
    kind: Kind
    model: str
    state: State
    holder: Holder | None
    seen_ms: int | None
    adopted_ms: int | None
    released_ms: int | None
    """When the device itself took its release, if it did."""
    label: str
    """What people call it; may be empty."""
    version: str
    """The software that it last said it runs; empty when it never did."""

    @property
    def wearer(self) -> str:
        """Name of who has it; empty for nobody."""
        return self.holder.name if self.holder else ""

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        if self.state is State.KNOWN:
            return Standing.WAITS
        if self.state is State.OWNED:
            return Standing.ASSIGNED if self.holder else Standing.SPARE
        return Standing(self.state)

    @property
    def serves(self) -> bool:
        """Whether it is ours and in service."""
        return self.state is State.OWNED


@dataclass(frozen=True, slots=True)
class Caller:
    """A device that has signed in over HTTP."""

    tenant: str
    serial: str
    kind: Kind
