"""Airs for the tests of radios."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from lapel.sim.bluez.running import BluezAir
from lapel.sim.bluez.running import bluez_air as run_bluez_air
from tests.radio.stages import STAGES, Stage

PROCESSES = {"bleak"}
"""Stages that start programs."""

PARAMS = [
    pytest.param(name, marks=[pytest.mark.bus] if name in PROCESSES else [])
    for name in sorted(STAGES)
]


@pytest.fixture(params=PARAMS)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Give one adapter after the other."""
    async with AsyncExitStack() as stack:
        yield await STAGES[str(request.param)](stack)


@pytest.fixture
def bluez_air() -> Iterator[BluezAir]:
    """Give an air, and what browsers and apps need to find BlueZ on it."""
    with run_bluez_air() as made:
        yield made
