"""Every pair of the tables of both ends of a link."""

from itertools import product

import pytest

from lapel.protocol.app_link import TABLE as APP
from lapel.protocol.app_link import AppEvent, AppState
from lapel.protocol.camera_link import HALF_OPEN, PAIRING_NOW, CameraEvent, CameraState
from lapel.protocol.camera_link import TABLE as CAMERA


@pytest.mark.parametrize(("state", "event"), list(product(CameraState, CameraEvent)))
def test_every_pair_of_the_camera_follows_or_is_refused(
    state: CameraState, event: CameraEvent
) -> None:
    found = CAMERA.follow(state, event)
    if event is CameraEvent.END:
        assert found is (None if state is CameraState.OVER else CameraState.OVER)
        return
    assert found is CAMERA.rows.get((state, event))
    if found is CameraState.OPEN:
        assert event is CameraEvent.REQUEST
    if found is CameraState.KEEPING:
        assert event in {CameraEvent.CONFIRM, CameraEvent.PRESS}
    if found is not None:
        steps = list(CameraState)
        assert steps.index(found) >= steps.index(state)


@pytest.mark.parametrize(("state", "event"), list(product(AppState, AppEvent)))
def test_every_pair_of_the_app_follows_or_is_refused(
    state: AppState, event: AppEvent
) -> None:
    found = APP.follow(state, event)
    if event is AppEvent.END:
        assert found is (None if state is AppState.OVER else AppState.OVER)
        return
    assert found is APP.rows.get((state, event))
    if found is AppState.KEEPING:
        assert event in {AppEvent.TRUST, AppEvent.SAME}
    if found is not None:
        steps = list(AppState)
        assert steps.index(found) >= steps.index(state)


def test_nothing_follows_an_end() -> None:
    assert all(state is not CameraState.OVER for state, _ in CAMERA.rows)
    assert all(state is not AppState.OVER for state, _ in APP.rows)


def test_every_state_of_a_camera_is_half_open_or_a_pairing_or_open() -> None:
    rest = {CameraState.OPEN, CameraState.OVER}
    assert set(CameraState) == HALF_OPEN | PAIRING_NOW | rest
