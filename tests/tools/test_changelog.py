"""Fragments are gathered by kind."""

import pytest

from tools import changelog


def test_what_the_next_release_says(capsys: pytest.CaptureFixture[str]) -> None:
    changelog.main([])
    said = capsys.readouterr().out
    assert said.startswith("\n## next, not released\n")
    for path in changelog.fragments():
        assert " ".join(path.read_text().split()) in said
