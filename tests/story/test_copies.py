"""Copies of the custody log, and what they show of a backup that was put back."""

import json
import shutil
from pathlib import Path

import pytest

from lapel.cli import log_copies
from tests.story.conftest import Town

pytestmark = pytest.mark.process


def told(town: Town, *words: str | Path) -> dict[str, object]:
    text = town.world.children.run(
        [*words, "--trust", town.trust, "--json"], codes=(0, 1, 2)
    )
    return dict(json.loads(text))


def dock_one(town: Town) -> None:
    """A recording that is received: its receipt has a checkpoint signed."""
    camera = town.camera()
    town.adopt(camera)
    town.record(camera)
    town.plug(camera)
    town.wait_step(camera)


def test_a_copy_is_kept_and_a_log_that_went_back_is_found(
    town: Town, tmp_path: Path
) -> None:
    evidence, run = town.world.evidence, town.world.children.run
    log = f"{evidence.url}/log/{evidence.tenant}"
    dock_one(town)
    kept, early = tmp_path / "kept", tmp_path / "early"
    run(["custody", "copy", log, kept, "--trust", town.trust])
    assert told(town, "custody", "verify", log)["exit"] == 2
    shutil.copytree(kept, early)
    dock_one(town)
    said = run(["custody", "copy", log, kept, "--trust", town.trust])
    assert "acts of the log" in said
    assert told(town, "custody", "verify", log, kept, early)["findings"] == []
    audited = told(town, "evidence", "audit", kept, "--dir", evidence.folder)
    assert (audited["exit"], audited["findings"]) == (0, [])
    back = told(town, "custody", "verify", early, kept)
    assert back["exit"] == 1
    assert "an older backup was put back" in str(back["findings"])
    only = next((kept / log_copies.SEEN).glob(f"{back['size']:012d}-*"))
    assert told(town, "custody", "verify", log, "--checkpoint", only)["exit"] == 0


def test_a_log_that_contradicts_its_copy_changes_nothing_and_is_kept_as_evidence(
    town: Town, tmp_path: Path
) -> None:
    evidence, run = town.world.evidence, town.world.children.run
    log = f"{evidence.url}/log/{evidence.tenant}"
    dock_one(town)
    run(["custody", "copy", log, tmp_path, "--trust", town.trust])
    tile = next(tmp_path.glob("tile/0/*.p/*"))
    whole = tile.read_bytes()
    tile.write_bytes(bytes(32) + whole[32:])
    said = run(["custody", "copy", log, tmp_path, "--trust", town.trust], codes=(1,))
    assert "the copy does not fit its own checkpoint" in said
    assert tile.read_bytes()[:32] == bytes(32)
    tile.write_bytes(whole[:-1])
    run(["custody", "verify", tmp_path, "--trust", town.trust], codes=(65,))
    tile.write_bytes(whole)
    (tmp_path / log_copies.CHECKPOINT).write_text("evidence/x\n1\n")
    run(["custody", "verify", tmp_path, "--trust", town.trust], codes=(65,))
