"""Real footage is found where it lies, and nothing breaks where there is none."""

from pathlib import Path

from lapel.sim import footage


def test_the_folder_is_chosen_by_the_nearest_word() -> None:
    where = {"HOME": "/h", "XDG_CACHE_HOME": "/c", "LAPEL_FOOTAGE": "/f"}
    assert footage.folder(where) == Path("/f")
    del where["LAPEL_FOOTAGE"]
    assert footage.folder(where) == Path("/c/lapel/footage")
    del where["XDG_CACHE_HOME"]
    assert footage.folder(where) == Path("/h/.cache/lapel/footage")


def test_only_clips_that_are_there_are_found(tmp_path: Path) -> None:
    where = {"LAPEL_FOOTAGE": str(tmp_path)}
    assert footage.find(where) == {}
    (tmp_path / footage.BUNNY.name).write_bytes(b"x")
    assert footage.find(where) == {footage.BUNNY: tmp_path / footage.BUNNY.name}
