"""The link's JavaScript in Node.js, one process for all tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.view.scripted import Engine, running


@pytest.fixture(scope="module")
def engine(node: Path) -> Iterator[Engine]:
    with running(node) as made:
        yield made
