"""House rules see what they are there to see."""

from pathlib import Path

from tools import rules, threats


def test_a_file_of_401_lines_is_too_long() -> None:
    assert list(rules.long_files("src/x.py", "\n" * 401))
    assert not list(rules.long_files("src/x.py", "\n" * 400))


def test_a_path_of_one_machine_is_seen() -> None:
    root = "/ro" + "ot/x"
    home = "/ho" + "me/anna/x"
    for path in (root, home):
        assert list(rules.foreign_words("x.py", f"see {path}"))
    assert not list(rules.foreign_words("x.py", "see docs/reference/errors.md"))


def test_a_registry_is_seen() -> None:
    assert list(rules.foreign_words("x.txt", "from https://py" + "pi.org/simple"))


def test_an_init_with_code_is_seen() -> None:
    assert list(rules.full_init("src/lapel/__init__.py", '"""A."""\nimport os\n'))
    assert not list(rules.full_init("src/lapel/__init__.py", '"""A."""\n'))


def test_a_threat_names_tests_that_exist() -> None:
    assert list(threats.unproved()) == []
    here = Path(__file__).relative_to(threats.ROOT)
    assert threats.exists(f"{here}::test_a_registry_is_seen")
    assert not threats.exists(f"{here}::test_nothing")
    assert not threats.exists("tests/nowhere.py::test_nothing")
