"""The folder that tests of commands begin with."""

from pathlib import Path

import pytest

from lapel.crypto.seal import wrap
from lapel.sim.forge import Story, closing, make
from tests.cli.world import AGENCY, CAMERA, EVIDENCE, SEAL
from tests.golden import media


@pytest.fixture
def shift(tmp_path: Path) -> Path:
    """A folder as a shift leaves it: one clear, one sealed, one cut by power loss."""
    made = make(media(), CAMERA)
    cut = make(media(), CAMERA, Story(recording=b"\1" * 16, closed=False))
    (tmp_path / "a.mp4").write_bytes(made.clear)
    kept = cut.sealed(SEAL)
    (tmp_path / "b.sealed").write_bytes(kept)
    envelope = wrap(SEAL, b"\1" * 16, [EVIDENCE.public])
    (tmp_path / "b.envelope").write_bytes(envelope.encode())
    entry = closing(cut, kept, sealed=True, reason=4)
    (tmp_path / "b.closing").write_bytes(entry)
    (tmp_path / "agency.pem").write_bytes(AGENCY.certificate.to_pem())
    (tmp_path / "evidence.pem").write_bytes(EVIDENCE.to_pem())
    return tmp_path
