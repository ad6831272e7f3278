"""Lights and sounds as named events (R5.2): what adapters of a board show and play."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lapel.camera.wearer import AS_MADE, Chosen

REMINDER_MS: Final = 120_000


class Sound(Enum):
    """Sounds, each with a vibration of the same count and kind."""

    POWER = ("power", 1, "short")
    START = ("start", 2, "short")
    RECORDING = ("still recording", 2, "short")
    STOP = ("stop", 1, "long")
    BATTERY_LOW = ("battery low", 4, "quick")
    MEMORY_FULL = ("memory full", 3, "short")
    PROBLEM = ("clock not set or error", 5, "quick")
    PAIRING = ("pairing mode", 2, "long")
    CODE = ("compare the code", 1, "quick")
    PAIRED = ("paired", 3, "quick")
    NOT_PAIRED = ("not paired", 2, "quick")


@dataclass(frozen=True, slots=True)
class Played:
    """A sound that was played."""

    number: int
    mono_ms: int
    sound: Sound


class Speaker:
    """Remembers the last sounds; in stealth none is played."""

    def __init__(self) -> None:
        """Play nothing yet."""
        self.chosen = AS_MADE
        self._number = 0
        self._played: deque[Played] = deque(maxlen=8)

    @property
    def stealth(self) -> bool:
        """Whether the camera neither sounds, vibrates nor shows a light."""
        return self.chosen.stealth

    def play(self, sound: Sound, mono_ms: int) -> None:
        """Play a sound, as loud as chosen; without volume it only vibrates."""
        heard = self.chosen.volume > 0 or self.chosen.vibration
        if heard and not self.stealth:
            self._number += 1
            self._played.append(Played(self._number, mono_ms, sound))

    @property
    def played(self) -> tuple[Played, ...]:
        """Give the last sounds, oldest first."""
        return tuple(self._played)


@dataclass(frozen=True, slots=True)
class Condition:
    """What the lights follow; `link` is what the light of the link shows."""

    mode: str
    muted: bool
    chosen: Chosen
    recovering: bool
    battery: int
    link: str = "off"


_OPERATION: Final = {"event": "blink red", "buffering": "blink green"}
_LIGHTS: Final[tuple[str, ...]] = ("operation", "function", "battery", "link")
_DARK: Final[Mapping[str, str]] = dict.fromkeys(_LIGHTS, "off")


def lights(condition: Condition) -> Mapping[str, str]:
    """Say what each light shows."""
    if condition.chosen.stealth or not condition.chosen.lights:
        return _DARK
    function = "off"
    if condition.muted:
        function = "blink blue"
    if condition.recovering:
        function = "red"
    return {
        "operation": _OPERATION.get(condition.mode, "off"),
        "function": function,
        "battery": battery_light(condition.battery),
        "link": condition.link,
    }


def battery_light(percent: int) -> str:
    """Give the battery light: green from 41, yellow from 20, red below."""
    if percent > 40:
        return "green"
    return "yellow" if percent >= 20 else "red"
