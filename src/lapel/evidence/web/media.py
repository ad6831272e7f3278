"""Bytes of a recording: picture, video by ranges, index for the player, downloads."""

import re
from collections.abc import AsyncIterator, Generator
from dataclasses import replace
from typing import Any, Final

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from lapel.base.errors import NotFoundError, SignatureError
from lapel.base.ids import recording_name
from lapel.base.permissions import Deed
from lapel.crypto.seal import NoKeyError
from lapel.evidence import package as packages
from lapel.evidence.custody.model import Action
from lapel.evidence.ingest import service as ingest
from lapel.evidence.items.service import Opened
from lapel.evidence.jobs import thumbs
from lapel.evidence.playback import ClearFile, StoredFileError
from lapel.evidence.site import Site
from lapel.evidence.web import proof
from lapel.evidence.web.looking import looking, read, texts_of
from lapel.evidence.web.recording import open_logged
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import SIGNED_IN, AnyRequest, Visit

_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
WATCHED_EVERY_MS: Final = 600_000


class PlayerIndex(msgspec.Struct, frozen=True):
    """What the player needs to find a moment: parts as offset, size, media ms."""

    size: int
    length_ms: int
    start_ms: int
    parts: tuple[tuple[int, ...], ...]


class Media(Controller):
    """Routes of a recording's bytes."""

    path = "/recordings/{name:str}"
    tags = ("recordings",)
    security = SIGNED_IN

    @get("/picture", media_type="image/jpeg", sync_to_thread=True)
    def picture(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[bytes]:
        """Give the small picture."""
        here = looking(request, desk.site, Deed.FIND)
        item = read(desk, here, Deed.FIND, name).item
        headers = {"Cache-Control": "private, max-age=3600"}
        return Response(
            thumbs.read(desk.site, item), media_type="image/jpeg", headers=headers
        )

    @get("/index.json", sync_to_thread=True)
    def index(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> PlayerIndex:
        """Give the places of all parts, for seeking at once."""
        here = looking(request, desk.site, Deed.WATCH)
        opened = read(desk, here, Deed.WATCH, name)
        last = opened.units[-1]
        return PlayerIndex(
            last.offset + last.size,
            opened.item.length_ms,
            opened.item.start_ms,
            tuple((u.offset, u.size, u.media_ms) for u in opened.units),
        )

    @get("/video", media_type="video/mp4", sync_to_thread=True)
    def video(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[Any]:
        """Give clear bytes, opened as they are sent; ranges are served."""
        here = looking(request, desk.site, Deed.WATCH)
        opened = read(desk, here, Deed.WATCH, name)
        _note_watching(desk, here, opened, name)
        return _bytes(request, desk.site, opened, {})

    @get("/download", media_type="video/mp4", sync_to_thread=True)
    def download(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[Any]:
        """Give the whole recording as a file: plain MP4 with its signatures."""
        here = looking(request, desk.site, Deed.DOWNLOAD)
        asked_first = proof.ask_before(request, desk, here)
        if asked_first is not None:
            return asked_first
        opened = open_logged(desk, here, name, Action.DOWNLOADED)
        headers = {"Content-Disposition": f'attachment; filename="{name}.mp4"'}
        return _bytes(request, desk.site, opened, headers)

    @get("/package", media_type="application/zip", sync_to_thread=True)
    def package(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[Any]:
        """Give the proof package: the recording with all that proves it."""
        here = looking(request, desk.site, Deed.DOWNLOAD)
        asked_first = proof.ask_before(request, desk, here)
        if asked_first is not None:
            return asked_first
        return package_of(desk.site, ordered(desk, here, name))

    @get("/package/sealed", media_type="application/zip", sync_to_thread=True)
    def package_with_sealed(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[Any]:
        """Give the proof package with the sealed file, as the camera stored it."""
        here = looking(request, desk.site, Deed.DOWNLOAD)
        asked_first = proof.ask_before(request, desk, here)
        if asked_first is not None:
            return asked_first
        order = replace(ordered(desk, here, name), sealed=True)
        return package_of(desk.site, order)

    @get("/receipt", media_type="application/octet-stream", sync_to_thread=True)
    def receipt(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[bytes]:
        """Give the receipt, as the camera got it."""
        here = looking(request, desk.site, Deed.DOWNLOAD)
        item = read(desk, here, Deed.DOWNLOAD, name).item
        with desk.site.database.read() as connection:
            found = ingest.receipt(connection, desk.site.tenant.id, item.id)
        if found is None:
            raise NotFoundError("no receipt was made yet")
        headers = {"Content-Disposition": f'attachment; filename="{name}.receipt"'}
        return Response(found, headers=headers, media_type="application/octet-stream")

    @get("/closing", media_type="application/octet-stream", sync_to_thread=True)
    def closing(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[bytes]:
        """Give the camera's closing entry."""
        here = looking(request, desk.site, Deed.DOWNLOAD)
        headers = {"Content-Disposition": f'attachment; filename="{name}.closing"'}
        found = read(desk, here, Deed.DOWNLOAD, name).closing
        return Response(found, headers=headers, media_type="application/octet-stream")


def ordered(desk: Desk, here: Visit, name: str) -> packages.Ordered:
    """Order a package of a recording that one may take out; raises as `read` does."""
    opened = read(desk, here, Deed.DOWNLOAD, name)
    why = texts_of(desk, here, opened).get(5, "")
    return packages.Ordered(here.who(), opened.item.id, why=why)


def package_of(site: Site, order: packages.Ordered) -> Response[Any]:
    """Give a package that was ordered; that it was made is logged first."""
    prepared = packages.prepare(site, order)
    name = recording_name(order.recording)[:8]
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.zip"',
        "Cache-Control": "private, no-store",
    }
    pieces = _begun(packages.stream(site, prepared))
    return Stream(
        _threaded(site, pieces), headers=headers, media_type="application/zip"
    )


def _note_watching(desk: Desk, here: Visit, opened: Opened, name: str) -> None:
    """Log that a session watches a recording, once in ten minutes."""
    key = (here.session.digest, opened.item.id)
    now = desk.site.ground.clock.mono_ms()
    if now - desk.watching.get(key, -WATCHED_EVERY_MS) < WATCHED_EVERY_MS:
        return
    open_logged(desk, here, name, Action.WATCHED)
    if len(desk.watching) > 10_000:
        desk.watching.clear()
    desk.watching[key] = now


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Read one byte range; None when there is none, an empty one when it misses.

    What is no range at all is not one (RFC 9110): then all is given.
    """
    found = _RANGE.fullmatch(header)
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] and found[2] and int(found[2]) < int(found[1]):
        return None
    if found[1] == "":
        start, end = max(0, size - int(found[2])), size
    else:
        start = int(found[1])
        end = min(size, int(found[2]) + 1) if found[2] else size
    if start >= end:
        return (size, size)
    return (start, end)


def _bytes(
    request: AnyRequest, site: Site, opened: Opened, headers: dict[str, str]
) -> Response[Any]:
    last = opened.units[-1]
    size = last.offset + last.size
    tag = f'"{opened.item.sha256.hex()}"'
    asked = parse_range(request.headers.get("range", ""), size)
    if request.headers.get("if-range", tag) != tag:
        asked = None
    start, end = asked or (0, size)
    shown = {**headers, "Accept-Ranges": "bytes", "Content-Type": "video/mp4"}
    shown |= {"Cache-Control": "private, no-store", "ETag": tag}
    if asked is not None:
        if start == end:
            shown["Content-Range"] = f"bytes */{size}"
            return Response(b"", status_code=416, headers=shown)
        shown["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    shown["Content-Length"] = str(end - start)
    pieces = _begun(_pieces(site, opened, start, end))
    return Stream(
        _threaded(site, pieces),
        status_code=200 if asked is None else 206,
        headers=shown,
        media_type="video/mp4",
    )


def _begun(pieces: Generator[bytes]) -> Generator[bytes]:
    """Make the first piece: what cannot be read is said before an answer begins.

    Raises StoredFileError.
    """
    try:
        first = next(pieces, b"")
    except (NotFoundError, SignatureError, NoKeyError) as error:
        raise StoredFileError(f"{error}; bring it back from the backup") from error

    def all_of_it() -> Generator[bytes]:
        try:
            yield first
            yield from pieces
        finally:
            pieces.close()

    return all_of_it()


async def _threaded(site: Site, pieces: Generator[bytes]) -> AsyncIterator[bytes]:
    """Make pieces in a thread, one at a time, while the one before is sent."""
    try:
        while (piece := await site.in_thread(next, pieces, None)) is not None:
            if piece:
                yield piece
    finally:
        await site.in_thread(pieces.close)


def _pieces(site: Site, opened: Opened, start: int, end: int) -> Generator[bytes]:
    with ClearFile.open(site.ingest, opened) as clear:
        yield from clear.read(start, end)
