"""An agency for each test, and a server process for each module that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.film import shoot
from lapel.sim.forge import Media
from tests.evidence.world import World, inhabited


@pytest.fixture(scope="session")
def film() -> Media:
    return shoot(4)


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", SystemClock(), system_entropy) as made:
        yield made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, film: Media) -> Iterator[World]:
    with inhabited(tmp_path_factory.mktemp("world") / "evidence", film, 12) as made:
        yield made
