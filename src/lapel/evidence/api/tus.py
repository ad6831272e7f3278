"""Uploads by tus 1.0: creation, checksum, expiration, termination, and our commit."""

import base64
import binascii
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final

from litestar import (
    Controller,
    HttpMethod,
    Request,
    Response,
    delete,
    patch,
    post,
    route,
)
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from lapel.base.errors import MalformedError
from lapel.base.ids import parse_recording_name
from lapel.base.ids import serial as checked_serial
from lapel.evidence.api.access import BY_TOKEN, caller_of
from lapel.evidence.ingest import rules
from lapel.evidence.ingest.arrival import BATCH, Arrival
from lapel.evidence.ingest.commit import commit
from lapel.evidence.ingest.model import Upload
from lapel.evidence.site import Site

VERSION: Final = "1.0.0"
BYTES: Final = "application/offset+octet-stream"
BASE: Final = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}
OFFERS: Final = {
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,checksum,expiration,termination",
    "Tus-Max-Size": str(rules.UPLOAD_MOST),
    "Tus-Checksum-Algorithm": "sha256",
}
LOCKED: Final = 423
CHECKSUM_MISMATCH: Final = 460

AnyRequest = Request[Any, Any, Any]


class Uploads(Controller):
    """Routes below `/device/uploads`."""

    path = "/device/uploads"
    tags = ("device: uploads",)
    security = BY_TOKEN

    @post("/", status_code=201)
    async def create(
        self, request: AnyRequest, site: NamedDependency[Site]
    ) -> Response[None]:
        """Begin the upload of a recording, or give the one that was begun."""
        who = caller_of(request, site)
        _check_version(request)
        about = _metadata(request.headers.get("upload-metadata", ""))
        upload = await site.in_thread(
            site.ingest.create,
            who.serial,
            checked_serial(about.get("serial", "")),
            parse_recording_name(about.get("recording", "")),
            _number(request, "upload-length"),
        )
        headers = {
            **_described(site, upload),
            "Location": f"/device/uploads/{upload.id}",
        }
        return Response(None, status_code=201, headers=headers)

    @route("/{name:str}", http_method=[HttpMethod.HEAD], status_code=200)
    async def state(
        self, request: AnyRequest, site: NamedDependency[Site], name: FromPath[str]
    ) -> Response[None]:
        """Tell how many bytes arrived."""
        caller_of(request, site)
        _check_version(request)
        upload = site.ingest.find(name)
        headers = _described(site, upload) | {"Upload-Length": str(upload.length)}
        return Response(None, status_code=200, headers=headers)

    @patch("/{name:str}", status_code=204, request_max_body_size=None)
    async def add(
        self, request: AnyRequest, site: NamedDependency[Site], name: FromPath[str]
    ) -> Response[None]:
        """Take the next bytes."""
        caller_of(request, site)
        return await _add(request, site, name)

    @post("/{name:str}", status_code=204, request_max_body_size=None)
    async def other(
        self, request: AnyRequest, site: NamedDependency[Site], name: FromPath[str]
    ) -> Response[None]:
        """Do what `X-HTTP-Method-Override` says, for clients that only can POST."""
        caller_of(request, site)
        match request.headers.get("x-http-method-override", "").upper():
            case "PATCH":
                return await _add(request, site, name)
            case "DELETE":
                return await _drop(request, site, name)
            case _:
                raise HTTPException("PATCH or DELETE", status_code=405)

    @delete("/{name:str}", status_code=204)
    async def drop(
        self, request: AnyRequest, site: NamedDependency[Site], name: FromPath[str]
    ) -> Response[None]:
        """End an upload before its commit."""
        caller_of(request, site)
        return await _drop(request, site, name)

    @post("/{name:str}/commit", status_code=200, media_type="application/octet-stream")
    async def commit(
        self, request: AnyRequest, site: NamedDependency[Site], name: FromPath[str]
    ) -> bytes:
        """Take the recording in and give its receipt.

        The body is the closing entry; when it is empty, the journal that came has it.
        """
        caller_of(request, site)
        upload = site.ingest.find(name)
        closing = await request.body() or site.ingest.closing(upload)
        return await commit(site.ingest, upload, closing)


def offers(request: AnyRequest) -> Response[Any] | None:
    """Answer OPTIONS before any handler: which parts of tus are spoken here."""
    if request.method != "OPTIONS" or not request.url.path.startswith(Uploads.path):
        return None
    return Response(None, status_code=204, headers={**BASE, **OFFERS})


async def _drop(request: AnyRequest, site: Site, name: str) -> Response[None]:
    _check_version(request)
    upload = site.ingest.find(name)
    await site.in_thread(site.ingest.drop, upload)
    return Response(None, status_code=204, headers=BASE)


async def _add(request: AnyRequest, site: Site, name: str) -> Response[None]:
    _check_version(request)
    if request.headers.get("content-type", "") != BYTES:
        raise HTTPException(f"the content type must be {BYTES}", status_code=415)
    checksum = _checksum(request)
    offset = _number(request, "upload-offset")
    upload = site.ingest.find(name)
    if site.ingest.offset(upload) == upload.length == offset:
        return Response(None, status_code=204, headers=_described(site, upload))
    arrival = site.ingest.arrival(upload)
    if arrival.turn.locked():
        raise HTTPException("another request adds to this upload", status_code=LOCKED)
    async with arrival.turn:
        if arrival.size != offset:
            raise HTTPException(f"{arrival.size} bytes arrived", status_code=409)
        await _receive(request, site, Receiving(upload, arrival, checksum))
    return Response(None, status_code=204, headers=_described(site, upload))


@dataclass(frozen=True)
class Receiving:
    """One PATCH: where its bytes go, and what their checksum must be."""

    upload: Upload
    arrival: Arrival
    checksum: bytes | None


async def _receive(request: AnyRequest, site: Site, into: Receiving) -> None:
    """Take a body piece by piece; with a checksum it counts wholly or not at all."""
    began = into.arrival.size
    running = hashlib.sha256() if into.checksum is not None else None
    whole = False
    try:
        async for batch in _batches(request, into):
            if running is not None:
                running.update(batch)
            await into.arrival.take(batch, site.threads)
        await into.arrival.settle()
        whole = True
    finally:
        await into.arrival.rest()
        fits = running is None or (whole and running.digest() == into.checksum)
        if not fits:
            await into.arrival.take_back(began)
    if not fits:
        raise HTTPException("the checksum differs", status_code=CHECKSUM_MISMATCH)


async def _batches(request: AnyRequest, into: Receiving) -> AsyncIterator[bytes]:
    """Join pieces of the body; what came before a cut is given, then the error."""
    pieces: list[bytes] = []
    room = into.upload.length - into.arrival.size
    waiting, cut = 0, None
    stream = request.stream()
    try:
        async for piece in stream:
            pieces.append(piece)
            waiting += len(piece)
            room -= len(piece)
            if room < 0:
                raise HTTPException("more bytes than announced", status_code=413)
            if waiting >= BATCH:
                yield b"".join(pieces)
                pieces, waiting = [], 0
    except HTTPException as error:
        cut = error
    if pieces and (cut is None or cut.status_code != 413):
        yield b"".join(pieces)
    if cut is not None:
        raise cut


def _described(site: Site, upload: Upload) -> dict[str, str]:
    expires = formatdate(upload.expires_ms / 1000, usegmt=True)
    offset = str(site.ingest.offset(upload))
    return {**BASE, "Upload-Offset": offset, "Upload-Expires": expires}


def _check_version(request: AnyRequest) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise HTTPException(
            "only tus 1.0.0 is spoken here",
            status_code=412,
            headers={"Tus-Version": VERSION},
        )


def _number(request: AnyRequest, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise MalformedError(f"the header {name} is no whole number")
    return int(text)


def _metadata(header: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for pair in header.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise MalformedError("Upload-Metadata cannot be read") from error
    return found


def _checksum(request: AnyRequest) -> bytes | None:
    header = request.headers.get("upload-checksum")
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    if algorithm != "sha256":
        raise MalformedError("the only checksum is sha256")
    try:
        digest = base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise MalformedError("Upload-Checksum cannot be read") from error
    if len(digest) != 32:
        raise MalformedError("a SHA-256 has 32 bytes")
    return digest
