"""Buttons: every pair of the tables, and what sequences of presses mean."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.protocol.buttons import (
    TABLES,
    Button,
    Buttons,
    Gesture,
    Input,
    Pressed,
    Step,
)


def play(*edges: tuple[str, bool, int], until: int = 60_000) -> list[Gesture]:
    buttons = Buttons()
    meant: list[Gesture] = []
    for name, down, at in edges:
        meant += buttons.edge(Button(name), down=down, now_ms=at)
    return meant + buttons.tick(until)


CASES: dict[str, tuple[list[tuple[str, bool, int]], list[Gesture]]] = {
    "event twice": (
        [("event", True, 0), ("event", False, 100), ("event", True, 300)],
        [Gesture.START],
    ),
    "event twice, too slow": (
        [
            ("event", True, 0),
            ("event", False, 100),
            ("event", True, 1200),
            ("event", False, 1300),
        ],
        [Gesture.ONCE, Gesture.ONCE],
    ),
    "event once": ([("event", True, 0), ("event", False, 100)], [Gesture.ONCE]),
    "event held": ([("event", True, 0)], [Gesture.STOP]),
    "event nearly held": (
        [("event", True, 0), ("event", False, 2999)],
        [Gesture.ONCE],
    ),
    "event twice and the second held": (
        [
            ("event", True, 0),
            ("event", False, 100),
            ("event", True, 300),
            ("event", False, 9000),
        ],
        [Gesture.START],
    ),
    "function pressed": (
        [("function", True, 0), ("function", False, 900)],
        [Gesture.MARKER],
    ),
    "function neither short nor held": (
        [("function", True, 0), ("function", False, 2000)],
        [],
    ),
    "function held": ([("function", True, 0)], [Gesture.MUTE]),
    "battery pressed": (
        [("battery", True, 0), ("battery", False, 500)],
        [Gesture.BATTERY],
    ),
    "battery held": ([("battery", True, 0)], [Gesture.STEALTH]),
    "power": ([("power", True, 0), ("power", False, 50)], [Gesture.POWER]),
    "chord": (
        [("event", True, 0), ("function", True, 400)],
        [Gesture.PAIRING],
    ),
    "chord, function first": (
        [("function", True, 0), ("event", True, 500)],
        [Gesture.PAIRING],
    ),
    "chord let go too early": (
        [("event", True, 0), ("function", True, 400), ("event", False, 3000)],
        [],
    ),
    "both down, but not together": (
        [("event", True, 0), ("function", True, 501)],
        [],
    ),
    "event nearly held, and function too": (
        [("event", True, 0), ("function", True, 2900)],
        [],
    ),
    "function nearly held, and event too": (
        [("function", True, 0), ("event", True, 2900)],
        [],
    ),
    "event held after the chord was let go": (
        [("event", True, 0), ("function", True, 100), ("function", False, 200)],
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_presses_mean_what_the_manual_says(name: str) -> None:
    edges, meant = CASES[name]
    assert play(*edges) == meant


def test_a_press_is_known_by_when_it_began() -> None:
    buttons = Buttons()
    buttons.edge(Button.EVENT, down=True, now_ms=400)
    buttons.edge(Button.EVENT, down=False, now_ms=900)
    assert buttons.edge(Button.EVENT, down=True, now_ms=1950) == [Gesture.ONCE]
    assert buttons.once_ms == 400


def test_every_pair_leads_somewhere_or_changes_nothing() -> None:
    for button, state, given_ in product(Button, Pressed, Input):
        step = TABLES[button].get((state, given_))
        if step is None:
            continue
        assert isinstance(step, Step)
        assert (step.late_ms is None) or (step.state, Input.LATE) in TABLES[button]


def test_every_state_that_is_down_knows_a_release() -> None:
    for button, table in TABLES.items():
        reached = {step.state for step in table.values()}
        for state in reached - {Pressed.UP, Pressed.ONCE}:
            assert (state, Input.UP) in table, (button, state)


EDGES = st.lists(
    st.tuples(st.sampled_from(Button), st.booleans(), st.integers(0, 5000)),
    max_size=40,
)


@given(EDGES)
def test_no_chord_ever_stops_or_mutes(edges: list[tuple[Button, bool, int]]) -> None:
    buttons = Buttons()
    now = 0
    down: set[Button] = set()
    for button, pressed, later in edges:
        both = {Button.EVENT, Button.FUNCTION} <= down
        meant = buttons.tick(now + later)
        if both:
            assert Gesture.STOP not in meant
            assert Gesture.MUTE not in meant
        now += later
        buttons.edge(button, down=pressed, now_ms=now)
        (down.add if pressed else down.discard)(button)


@given(EDGES)
def test_no_press_counts_twice(edges: list[tuple[Button, bool, int]]) -> None:
    buttons = Buttons()
    now, presses, meant = 0, 0, list[Gesture]()
    down = False
    for button, pressed, later in edges:
        now += later
        meant += buttons.edge(button, down=pressed, now_ms=now)
        if button is Button.EVENT:
            presses += pressed and not down
            down = pressed
    meant += buttons.tick(now + 20_000)
    once, twice = meant.count(Gesture.ONCE), meant.count(Gesture.START)
    assert once + 2 * twice + meant.count(Gesture.STOP) <= presses


@given(EDGES)
def test_released_buttons_come_to_rest(edges: list[tuple[Button, bool, int]]) -> None:
    buttons = Buttons()
    now = 0
    for button, pressed, later in edges:
        now += later
        buttons.edge(button, down=pressed, now_ms=now)
    for button in Button:
        buttons.edge(button, down=False, now_ms=now)
    buttons.tick(now + 20_000)
    assert {buttons.state(button) for button in Button} == {Pressed.UP}
    assert buttons.next_deadline() is None
