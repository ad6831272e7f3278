"""The link's JavaScript in Node.js, and View's page in a browser, once a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.view.room import Room, opened
from tests.view.scripted import Engine, running


@pytest.fixture(scope="module")
def engine(node: Path) -> Iterator[Engine]:
    with running(node) as made:
        yield made


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with opened(tmp_path_factory.mktemp("view")) as made:
        yield made
        assert not made.complaints
