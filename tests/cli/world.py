"""What the tests of commands share: an agency, a camera, and how a command is run."""

from pathlib import Path

import pytest

from lapel.cli.main import main
from lapel.crypto.keys import PrivateKey
from lapel.sim.forge import NOON_MS, Signer, authority

AGENCY = authority()
CAMERA = Signer.of(AGENCY)
EVIDENCE = PrivateKey.generate()
SEAL = bytes(32)
NOW = f"--now={NOON_MS}"


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert isinstance(ended.value.code, int)
    return ended.value.code
