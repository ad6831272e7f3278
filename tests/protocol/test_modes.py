"""Modes and ownership: every pair of the tables."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.protocol import adopting
from lapel.protocol.adopting import Asked, Ownership
from lapel.protocol.modes import TABLE, Act, Happening, State, change

CLOSES = {Act.CLOSE_BUTTON, Act.CLOSE_DOCKED, Act.CLOSE_BATTERY, Act.CLOSE_ERROR}


@pytest.mark.parametrize(("state", "happening"), list(product(State, Happening)))
def test_every_pair_changes_or_is_refused(state: State, happening: Happening) -> None:
    found = change(state, happening)
    assert (found is None) == ((state, happening) not in TABLE)
    if found is None:
        return
    acts = set(found.acts)
    leaves_event = state is State.EVENT and found.state is not State.EVENT
    assert leaves_event == bool(acts & (CLOSES | {Act.FORGET}))
    assert (Act.OPEN in acts) == (found.state is State.EVENT)
    assert (Act.SERVE in acts) == (found.state.docked and not state.docked)
    assert (Act.LEAVE in acts) == (state.docked and not found.state.docked)


@given(st.lists(st.sampled_from(Happening)))
def test_a_camera_records_only_outside_a_dock(happenings: list[Happening]) -> None:
    state, watching, serving = State.OFF, False, False
    for happening in happenings:
        found = change(state, happening)
        if found is None:
            continue
        for act in found.acts:
            watching = (watching or act is Act.WATCH) and act is not Act.REST
            serving = (serving or act is Act.SERVE) and act is not Act.LEAVE
        state = found.state
        assert serving == state.docked
        assert watching == (state in {State.BUFFERING, State.EVENT})


def test_undocking_returns_to_what_the_switch_says() -> None:
    for first, last in ((State.EVENT, State.BUFFERING), (State.OFF, State.OFF)):
        docked = change(first, Happening.DOCK)
        assert docked is not None
        back = change(docked.state, Happening.UNDOCK)
        assert back is not None
        assert back.state is last


@pytest.mark.parametrize(("state", "asked"), list(product(Ownership, Asked)))
def test_an_owned_device_takes_no_voucher(state: Ownership, asked: Asked) -> None:
    following = adopting.follow(state, asked)
    owned = state is Ownership.OWNED
    assert (following is None) == (
        owned != (asked is Asked.RELEASE)
        or (state is Ownership.UNOWNED and asked is Asked.CREDENTIALS)
    )
