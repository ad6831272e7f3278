"""Docs run: commands in them exist, and the reference is complete."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lapel.cli import exits
from lapel.cli.main import app

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
REFERENCE = ROOT / "docs" / "reference"


def console(page: Path) -> Iterator[list[str]]:
    """Yield the commands of a page's console blocks, in words."""
    for block in re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                yield shlex.split(line.removeprefix("$ "))


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_make_target_in_the_docs_exists(page: Path) -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*##", text, re.MULTILINE))
    for command in console(page):
        words = [word for word in command if "=" not in word]
        if words[0] == "make":
            assert set(words[1:]) <= targets, command


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_lapel_command_in_the_docs_is_understood(page: Path) -> None:
    for command in console(page):
        if command[0].endswith("lapel"):
            app.parse_args(command[1:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in link:
            assert (page.parent / link).exists(), link


@pytest.mark.process
def test_every_command_and_error_stands_in_the_reference() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.reference", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_exit_code_stands_in_the_reference() -> None:
    page = (REFERENCE / "commands.md").read_text()
    codes = [v for k, v in vars(exits).items() if k.isupper() and isinstance(v, int)]
    assert codes
    for code in codes:
        assert f"| {code} |" in page


def test_no_page_is_left_out_of_its_index() -> None:
    for index in ROOT.glob("docs/*/index.md"):
        for page in index.parent.glob("*.md"):
            assert page == index or f"({page.name})" in index.read_text(), page
