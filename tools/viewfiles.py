"""The list of files that View keeps on a phone: src/lapel/view/web/files.js.

Each with its SHA-256, so that the service worker takes exactly these, and a change of
any of them makes a new version. `make docs` writes it; `make check` looks whether it is
current.
"""

import base64
import hashlib
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "lapel" / "view" / "web"
STATIC = ROOT / "src" / "lapel" / "evidence" / "web" / "static"
FILE = WEB / "files.js"
SHARED = ("components.css", "icons.svg", "logo.svg", "tokens.css")
"""Evidence's files that View's page uses, at ../static/ of where it is served."""
APART = {"files.js", "sw.js"}
"""What the browser keeps by itself as the worker."""


def listed() -> dict[str, Path]:
    """Give every file by the address that the page knows it by."""
    found = {"./": WEB / "index.html"}
    for path in sorted(WEB.rglob("*")):
        name = path.relative_to(WEB).as_posix()
        if path.is_file() and name not in {*APART, "index.html"}:
            found[name] = path
    return found | {f"../static/{name}": STATIC / name for name in SHARED}


def text() -> str:
    """Write the list."""
    hashes = {
        name: base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
        for name, path in listed().items()
    }
    note = "// @ts-check\n// Made from the files by `make docs`; do not edit.\n"
    return f"{note}Object.assign(self, {{ FILES: {json.dumps(hashes, indent=2)} }});\n"
