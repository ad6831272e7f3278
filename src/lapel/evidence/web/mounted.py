"""A folder of pages that Evidence is told to serve, and knows nothing of.

Its files are read once, at the start: what is not there then is not there. Each answer
asks the browser to check whether its copy is current.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from lapel.base.errors import NotFoundError
from lapel.crypto.digest import sha256
from lapel.evidence.web.visit import AnyRequest

KINDS: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
FIRST: Final = "index.html"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": (
        "camera=(), microphone=(), bluetooth=(self), geolocation=(self)"
    ),
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    kind: str
    tag: str


def _read(folder: Path) -> Mapping[str, _File]:
    found: dict[str, _File] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in KINDS and path.is_file():
            data = path.read_bytes()
            tag = base64.b64encode(sha256(data)[:12]).decode()
            name = path.relative_to(folder).as_posix()
            found[name] = _File(data, KINDS[path.suffix], f'"{tag}"')
    return found


def mounted(path: str, folder: Path) -> HTTPRouteHandler:
    """Serve the files of a folder below `path`, its first page at `path/`."""
    files = _read(folder)

    @get([path, f"{path}/{{name:path}}"], sync_to_thread=False, tags=["pages"])
    def view(request: AnyRequest, name: FromPath[str] = "") -> Response[Any]:
        """Give one file of View."""
        wanted = name.strip("/")
        asked = request.scope["raw_path"].partition(b"?")[0]  # with its last slash
        if not wanted and not asked.endswith(b"/"):
            return Redirect(f"{path}/", status_code=308)
        file = files.get(wanted or FIRST)
        if file is None:
            raise NotFoundError("there is no such file")
        headers = {**HEADERS, "ETag": file.tag}
        if request.headers.get("if-none-match") == file.tag:
            return Response(None, status_code=304, headers=headers)
        return Response(file.data, media_type=file.kind, headers=headers)

    return view
