"""Airs for the tests of radios."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

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
