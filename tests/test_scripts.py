"""Scripts of the pages hold what their comments say of types."""

import subprocess
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parent / "node"


@pytest.mark.npm
def test_scripts_of_pages_are_well_typed(node: Path) -> None:
    compiler = PACKAGES / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(  # noqa: S603
        [str(node), str(compiler), "--project", str(PACKAGES)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
