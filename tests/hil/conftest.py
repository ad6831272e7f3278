"""The machine of the tests that boot one."""

import os

import pytest

from tests.hil.machine import Machine
from tools import kernel

ENVIRON = os.environ  # noqa: TID251


@pytest.fixture
def machine() -> Machine:
    found = kernel.find(ENVIRON)
    assert found is not None, "tests/conftest.py leaves the test out without a kernel"
    return Machine(found)
