"""A clip is put in place whole and checked, or not at all."""

import hashlib
import os
from pathlib import Path

from lapel.sim.footage import Clip
from tools import footage

DATA = b"moving pictures"
CLIP = Clip("a.avi", "a test", "us", hashlib.sha256(DATA).hexdigest())


def unreachable(folder: Path) -> bytes:
    raise OSError(f"no network in {folder}")


def test_a_clip_is_put_in_place(tmp_path: Path) -> None:
    assert footage.bring(CLIP, lambda _: DATA, tmp_path / CLIP.name)
    assert [p.name for p in tmp_path.iterdir()] == [CLIP.name]
    assert (tmp_path / CLIP.name).read_bytes() == DATA


def test_another_file_of_that_name_is_not_taken(tmp_path: Path) -> None:
    assert not footage.bring(CLIP, lambda _: DATA + b"!", tmp_path / CLIP.name)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_reached_is_left_out(tmp_path: Path) -> None:
    assert not footage.bring(CLIP, unreachable, tmp_path / CLIP.name)
    assert list(tmp_path.iterdir()) == []


def test_a_vain_try_is_repeated_after_a_day(tmp_path: Path) -> None:
    note = tmp_path / "unreachable"
    assert not footage.waiting(note)
    note.touch()
    assert footage.waiting(note)
    old = note.stat().st_mtime - footage.DAY - 1
    os.utime(note, (old, old))
    assert not footage.waiting(note)
