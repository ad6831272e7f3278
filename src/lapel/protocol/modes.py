"""Modes of a camera (R5.2): OFF, BUFFERING, EVENT, and docking as a condition.

A table `(state, event) -> (state, acts)`; a pair that is missing is a refusal and
changes nothing. While docked the camera is OFF and remembers what its switch says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class State(Enum):
    """Mode and condition together."""

    OFF = "off"
    BUFFERING = "buffering"
    EVENT = "event"
    DOCKED = "docked, switched on"
    DOCKED_OFF = "docked, switched off"

    @property
    def mode(self) -> str:
        """Mode by its name: a docked camera is off."""
        return self.value if self in _MODES else State.OFF.value

    @property
    def docked(self) -> bool:
        """Whether it is in a dock."""
        return self not in _MODES


_MODES: Final = frozenset({State.OFF, State.BUFFERING, State.EVENT})


class Happening(Enum):
    """What can happen to a camera."""

    SWITCH_ON = "switched on"
    SWITCH_OFF = "switched off"
    START = "start"
    STOP = "stop"
    DOCK = "docked"
    UNDOCK = "undocked"
    MEMORY_FULL = "memory full"
    BATTERY_EMPTY = "battery empty"
    FAILED = "capture or storage failed"


class Act(Enum):
    """What the camera then does, in order."""

    WATCH = "open the source and buffer"
    REST = "close the source, empty the buffer"
    OPEN = "begin a recording"
    CLOSE_BUTTON = "close the recording: button"
    CLOSE_DOCKED = "close the recording: docked"
    CLOSE_BATTERY = "close the recording: battery"
    CLOSE_ERROR = "close the recording: error"
    FORGET = "forget the recording, which storage has closed"
    SERVE = "open the port"
    LEAVE = "close the port"


@dataclass(frozen=True, slots=True)
class Change:
    """The next state and what is done."""

    state: State
    acts: tuple[Act, ...] = ()


TABLE: Final[Mapping[tuple[State, Happening], Change]] = {
    (State.OFF, Happening.SWITCH_ON): Change(State.BUFFERING, (Act.WATCH,)),
    (State.OFF, Happening.DOCK): Change(State.DOCKED_OFF, (Act.SERVE,)),
    (State.BUFFERING, Happening.SWITCH_OFF): Change(State.OFF, (Act.REST,)),
    (State.BUFFERING, Happening.BATTERY_EMPTY): Change(State.OFF, (Act.REST,)),
    (State.BUFFERING, Happening.START): Change(State.EVENT, (Act.OPEN,)),
    (State.BUFFERING, Happening.DOCK): Change(State.DOCKED, (Act.REST, Act.SERVE)),
    (State.BUFFERING, Happening.FAILED): Change(State.BUFFERING),
    (State.EVENT, Happening.STOP): Change(State.BUFFERING, (Act.CLOSE_BUTTON,)),
    (State.EVENT, Happening.SWITCH_OFF): Change(
        State.OFF, (Act.CLOSE_BUTTON, Act.REST)
    ),
    (State.EVENT, Happening.BATTERY_EMPTY): Change(
        State.OFF, (Act.CLOSE_BATTERY, Act.REST)
    ),
    (State.EVENT, Happening.DOCK): Change(
        State.DOCKED, (Act.CLOSE_DOCKED, Act.REST, Act.SERVE)
    ),
    (State.EVENT, Happening.MEMORY_FULL): Change(State.BUFFERING, (Act.FORGET,)),
    (State.EVENT, Happening.FAILED): Change(State.BUFFERING, (Act.CLOSE_ERROR,)),
    (State.DOCKED, Happening.UNDOCK): Change(State.BUFFERING, (Act.LEAVE, Act.WATCH)),
    (State.DOCKED, Happening.SWITCH_OFF): Change(State.DOCKED_OFF),
    (State.DOCKED_OFF, Happening.UNDOCK): Change(State.OFF, (Act.LEAVE,)),
    (State.DOCKED_OFF, Happening.SWITCH_ON): Change(State.DOCKED),
}


def change(state: State, happening: Happening) -> Change | None:
    """Give what follows; None is a refusal."""
    return TABLE.get((state, happening))
