"""The verifier's page: its modules, style and icons joined into one file.

`make docs` writes it; `make check` looks whether it is current. Each module becomes a
function of its own, so that names in two of them do not meet; nothing else is changed.
"""

import base64
import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "lapel" / "proof" / "page"
STATIC = ROOT / "src" / "lapel" / "evidence" / "web" / "static"
FILE = ROOT / "src" / "lapel" / "proof" / "verify.html"
STYLES = (STATIC / "tokens.css", STATIC / "components.css", SOURCE / "page.css")
ICONS = ("check", "s-good", "s-part", "s-warn", "s-bad", "s-unknown", "s-info", "log")

_IMPORT = re.compile(r'^import \{ ([^}]+) \} from "([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?:async )?(?:function\*?|class|const) (\w+|\[[^\]]+\])", re.MULTILINE
)


def modules(first: Path) -> list[Path]:
    """Give a module and all that it needs, each behind what it needs."""
    found: list[Path] = []

    def add(path: Path) -> None:
        if path not in found:
            for _, name in _IMPORT.findall(path.read_text()):
                add((path.parent / name).resolve())
            found.append(path)

    add(first)
    return found


def _name(path: Path) -> str:
    return path.relative_to(ROOT / "src" / "lapel").as_posix()


def _wrapped(path: Path) -> str:
    source = path.read_text()

    def taken(match: re.Match[str]) -> str:
        names = match[1].replace(" as ", ": ")
        return (
            f"const {{ {names} }} = M[{_quoted((path.parent / match[2]).resolve())}];\n"
        )

    names = [name for found in _EXPORT.findall(source) for name in _names(found)]
    body = _IMPORT.sub(taken, source)
    body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
    given = ", ".join(names)
    return f"M[{_quoted(path)}] = (() => {{\n{body}return {{ {given} }};\n}})();\n"


def _names(found: str) -> list[str]:
    return [name.strip() for name in found.strip("[]").split(",")]


def _quoted(path: Path) -> str:
    return f'"{_name(path)}"'


def script() -> str:
    """Join the modules into one script."""
    parts = [_wrapped(path) for path in modules(SOURCE / "page.js")]
    return '\n"use strict";\nconst M = {};\n' + "".join(parts)


def icons() -> str:
    """Give the icons that the page shows, as one sprite."""
    sprite = (STATIC / "icons.svg").read_text()
    found = [
        re.search(rf'<symbol id="i-{name}".*?</symbol>', sprite, re.DOTALL)
        for name in ICONS
    ]
    symbols = "".join(match[0] for match in found if match)
    return (
        f'<svg class="sprite" width="0" height="0" aria-hidden="true">{symbols}</svg>'
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()


def text() -> str:
    """Write the page."""
    parts = {
        "script": script(),
        "style": "\n".join(path.read_text() for path in STYLES),
        "icons": icons(),
    }
    parts["script-hash"] = _hash(parts["script"])
    parts["style-hash"] = _hash(parts["style"])
    page = (SOURCE / "page.html").read_text()
    return re.sub(r"\{([a-z-]+)\}", lambda match: parts[match[1]], page)
