"""Reference pages that follow from the code: commands, exit codes, errors, verdicts.

`make docs` writes them; with `--check`, part of `make check`, nothing is written and
the exit code says whether they are current.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

import lapel
from lapel.base.errors import LapelError
from lapel.cli import exits
from lapel.cli.main import app
from lapel.proof.verdict import Extent, Verdict, words
from lapel.wire.port import Code
from tools import linkstates, verifier, viewfiles
from tools.threats import threats

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Made from the code by `make docs`; do not edit. -->\n\n"
EXIT_WORDS = {
    exits.OK: "done; of `lapel verify`: what was asked is proved",
    exits.TAMPERED: "the recording is not what was recorded",
    exits.UNKNOWN: "nothing can be said: signer, key or companion missing",
    exits.INCOMPLETE: "true as far as it goes, but a part is missing",
    exits.USAGE: "the command line was not understood; `--help` says how",
    70: "any other error; the message says which",
    exits.IO: "a file could not be read or written; the message names it",
    77: "refused: the rules or somebody else's change stand against it",
    exits.INTERRUPTED: "interrupted from the keyboard",
    exits.PIPE: "whoever read the results stopped reading",
}


def import_all() -> None:
    """Import every module of ours but those that act when imported."""
    for module in pkgutil.walk_packages(lapel.__path__, "lapel."):
        if not module.name.endswith(("__main__", ".env")):
            importlib.import_module(module.name)


def errors() -> list[type[LapelError]]:
    """List every error class that is ours, by code."""
    import_all()
    found = [LapelError]
    for error in found:
        found += error.__subclasses__()
    return sorted({e.code: e for e in reversed(found)}.values(), key=lambda e: e.code)


def first_line(thing: object) -> str:
    """Return the first line of a docstring."""
    return (thing.__doc__ or "").strip().split("\n")[0]


def exit_code(error: type[LapelError]) -> int:
    """Exit code of an error, without raising one."""
    return exits.of(error.__new__(error))


def errors_page() -> str:
    """Build the table of errors, and of what the port answers."""
    page = "# Errors\n\n" + NOTE
    page += "Codes are stable and never translated.\n\n"
    page += "| code | meaning | try again | exit code |\n|---|---|---|---|\n"
    for error in errors():
        again = "yes" if error.retryable else "no"
        status = exit_code(error)
        page += f"| `{error.code}` | {first_line(error)} | {again} | {status} |\n"
    page += "\n## Verdicts of `lapel verify`\n\n"
    page += "| code | words | exit code |\n|---|---|---|\n"
    for verdict in Verdict:
        said = words(verdict, Extent(start_ms=2_000, end_ms=9_500))
        page += f"| `{verdict.value}` | {said} | {verdict.exit_code} |\n"
    page += "\n## Answers of a camera's port\n\n| number | name |\n|---|---|\n"
    for code in Code:
        page += f"| {code.value} | {code.name.lower().replace('_', ' ')} |\n"
    return page


def commands_page() -> str:
    """Build the page of commands and exit codes."""
    page = "# Commands\n\n" + NOTE
    text = app.generate_docs(heading_level=2, usage_name="lapel").strip()
    page += text.replace(" -m tools.reference", "")  # how this program was started
    page += "\n\n## Exit codes\n\n"
    page += "| code | meaning |\n|---|---|\n"
    meanings = dict(EXIT_WORDS)
    for error in errors():
        meanings.setdefault(exit_code(error), first_line(error))
    for code, meaning in sorted(meanings.items()):
        page += f"| {code} | {meaning} |\n"
    return page


def threats_page() -> str:
    """Build the list of threats, by boundary."""
    entries = threats()
    page = "# Threats\n\n" + NOTE.replace("the code", "threats.yaml")
    page += (
        "By boundary: what is tried, what prevents it, and the tests that show it.\n"
    )
    for boundary in dict.fromkeys(entry["boundary"] for entry in entries):
        page += f"\n## {boundary.capitalize()}\n\n"
        page += "| id | threat | prevention | test |\n|---|---|---|---|\n"
        for entry in entries:
            if entry["boundary"] == boundary:
                tests = "<br>".join(f"`{test}`" for test in entry["test"])
                row = (entry["id"], entry["threat"], entry["prevention"], tests)
                page += "| " + " | ".join(row) + " |\n"
    return page


def link_states_page() -> str:
    """Build the page of the link's states."""
    return linkstates.page(NOTE)


PAGES = {
    FOLDER / "commands.md": commands_page,
    FOLDER / "errors.md": errors_page,
    FOLDER / "link-states.md": link_states_page,
    FOLDER / "threats.md": threats_page,
    viewfiles.FILE: viewfiles.text,
    verifier.FILE: verifier.text,
}


def main() -> int:
    """Write the pages, or check them."""
    check = "--check" in sys.argv[1:]
    stale = 0
    for path, build in PAGES.items():
        text = build()
        if path.exists() and path.read_text() == text:
            continue
        stale += 1
        if check:
            print(f"{path.relative_to(ROOT)} is not current: make docs")
        else:
            path.write_text(text)
    return stale if check else 0


if __name__ == "__main__":
    sys.exit(main())
