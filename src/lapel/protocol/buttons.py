"""Buttons: from presses and releases to what the wearer means (R5.2, R7.1).

Each button is a table `(state, input) -> step`; a pair that is missing changes nothing.
Event and Function pressed together are a chord: while both are down neither counts as a
hold of its own, so no chord ever stops or mutes. Event pressed once means something
only when no second press has followed, so no press confirms and starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Button(Enum):
    """The four buttons."""

    EVENT = "event"
    FUNCTION = "function"
    POWER = "power"
    BATTERY = "battery"


class Gesture(Enum):
    """What the wearer means."""

    START = "event twice"
    STOP = "event held"
    ONCE = "event pressed once"
    MARKER = "function pressed"
    MUTE = "function held"
    POWER = "power pressed"
    BATTERY = "battery pressed"
    STEALTH = "battery held"
    PAIRING = "event and function held"


class Pressed(Enum):
    """Where a button is."""

    UP = 0
    DOWN = 1
    LONG = 2
    ONCE = 3
    SPENT = 4
    CHORD = 5


class Input(Enum):
    """What happens to a button; LATE is its own deadline."""

    DOWN = 0
    UP = 1
    LATE = 2
    CHORD = 3
    SPEND = 4


@dataclass(frozen=True, slots=True)
class Step:
    """What follows: the next state, what is meant, and when LATE comes (ms)."""

    state: Pressed
    gesture: Gesture | None = None
    late_ms: int | None = None


TWICE_MS: Final = 1000
CHORD_MS: Final = 500
HOLD_MS: Final = 3000
SHORT_MS: Final = 1000
STEALTH_MS: Final = 10_000

Table = Mapping[tuple[Pressed, Input], Step]

_UP: Final = Step(Pressed.UP)
_SPENT: Final = Step(Pressed.SPENT)
_CHORDED: Final = Step(Pressed.CHORD, late_ms=HOLD_MS)

_IN_CHORD: Final[Table] = {
    (Pressed.DOWN, Input.CHORD): _CHORDED,
    (Pressed.LONG, Input.CHORD): _CHORDED,
    (Pressed.SPENT, Input.CHORD): _SPENT,
    (Pressed.DOWN, Input.SPEND): _SPENT,
    (Pressed.LONG, Input.SPEND): _SPENT,
    (Pressed.CHORD, Input.SPEND): _SPENT,
    (Pressed.CHORD, Input.UP): _UP,
    (Pressed.SPENT, Input.UP): _UP,
}

TABLES: Final[Mapping[Button, Table]] = {
    Button.EVENT: {
        **_IN_CHORD,
        (Pressed.UP, Input.DOWN): Step(Pressed.DOWN, late_ms=HOLD_MS),
        (Pressed.DOWN, Input.UP): Step(Pressed.ONCE, late_ms=TWICE_MS),
        (Pressed.DOWN, Input.LATE): Step(Pressed.SPENT, Gesture.STOP),
        (Pressed.ONCE, Input.DOWN): Step(Pressed.SPENT, Gesture.START),
        (Pressed.ONCE, Input.LATE): Step(Pressed.UP, Gesture.ONCE),
        (Pressed.CHORD, Input.LATE): Step(Pressed.SPENT, Gesture.PAIRING),
    },
    Button.FUNCTION: {
        **_IN_CHORD,
        (Pressed.UP, Input.DOWN): Step(Pressed.DOWN, late_ms=SHORT_MS),
        (Pressed.DOWN, Input.UP): Step(Pressed.UP, Gesture.MARKER),
        (Pressed.DOWN, Input.LATE): Step(Pressed.LONG, late_ms=HOLD_MS - SHORT_MS),
        (Pressed.LONG, Input.UP): _UP,
        (Pressed.LONG, Input.LATE): Step(Pressed.SPENT, Gesture.MUTE),
        (Pressed.CHORD, Input.LATE): _SPENT,
    },
    Button.POWER: {
        (Pressed.UP, Input.DOWN): Step(Pressed.SPENT, Gesture.POWER),
        (Pressed.SPENT, Input.UP): _UP,
    },
    Button.BATTERY: {
        (Pressed.UP, Input.DOWN): Step(Pressed.DOWN, late_ms=STEALTH_MS),
        (Pressed.DOWN, Input.UP): Step(Pressed.UP, Gesture.BATTERY),
        (Pressed.DOWN, Input.LATE): Step(Pressed.SPENT, Gesture.STEALTH),
        (Pressed.SPENT, Input.UP): _UP,
    },
}

_OTHER: Final = {Button.EVENT: Button.FUNCTION, Button.FUNCTION: Button.EVENT}
_HELD: Final = frozenset({Pressed.DOWN, Pressed.LONG, Pressed.SPENT, Pressed.CHORD})


class Buttons:
    """All buttons of a camera. Times are monotonic milliseconds."""

    def __init__(self) -> None:
        """Begin with all buttons up."""
        self._states = dict.fromkeys(Button, Pressed.UP)
        self._late: dict[Button, int] = {}
        self._since = dict.fromkeys(Button, 0)
        self.once_ms = 0
        """When the press began that `ONCE` came of last: it is known a second later."""

    def state(self, button: Button) -> Pressed:
        """Where a button is."""
        return self._states[button]

    def next_deadline(self) -> int | None:
        """When `tick` has something to do."""
        return min(self._late.values(), default=None)

    def edge(self, button: Button, *, down: bool, now_ms: int) -> list[Gesture]:
        """Take a press or release at `now_ms`; gives what is meant by it."""
        meant = self.tick(now_ms)
        meant += self._step(button, Input.DOWN if down else Input.UP, now_ms)
        other = _OTHER.get(button)
        if other is None:
            return meant
        if down and self._states[button] is not Pressed.UP:
            self._since[button] = now_ms
            if self._states[other] in _HELD:
                together = now_ms - self._since[other] <= CHORD_MS
                both = Input.CHORD if together else Input.SPEND
                for one in (button, other):
                    meant += self._step(one, both, now_ms)
        elif self._states[other] is Pressed.CHORD:
            meant += self._step(other, Input.SPEND, now_ms)
        return meant

    def tick(self, now_ms: int) -> list[Gesture]:
        """Let time pass up to `now_ms`; gives what is meant by it."""
        meant: list[Gesture] = []
        while (due := self.next_deadline()) is not None and due <= now_ms:
            button = next(b for b, at in self._late.items() if at == due)
            meant += self._step(button, Input.LATE, due)
        return meant

    def _step(self, button: Button, given: Input, now_ms: int) -> list[Gesture]:
        step = TABLES[button].get((self._states[button], given))
        if step is None:
            return []
        self._late.pop(button, None)
        self._states[button] = step.state
        if step.gesture is Gesture.ONCE:
            self.once_ms = self._since[button]
        if step.late_ms is not None:
            self._late[button] = now_ms + step.late_ms
        return [step.gesture] if step.gesture else []
