"""The custody log as anybody may check it: checkpoint, tiles, consistency."""

import base64
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from lapel.base.errors import MalformedError, NotFoundError
from lapel.crypto.note import LogVerifier
from lapel.evidence.api.access import BY_TOKEN, caller_of
from lapel.evidence.custody import rules, service, witnesses
from lapel.evidence.server import Server
from lapel.evidence.site import Site
from lapel.wire.custody import NOTE_MOST, TILE_WIDTH

TEXT = "text/plain; charset=utf-8"


class Extends(msgspec.Struct, frozen=True):
    """Proof that the newest tree begins with an older one."""

    size: int
    proof: tuple[str, ...]
    checkpoint: str


class Log(Controller):
    """Routes of C2SP tlog-tiles, hashes only: they reveal no act."""

    path = "/log/{tenant:str}"
    tags = ("custody log",)

    @get("/checkpoint", media_type=TEXT, sync_to_thread=True)
    def checkpoint(self, server: NamedDependency[Server], tenant: FromPath[str]) -> str:
        """Give the newest checkpoint, a signed note, with its cosignatures."""
        site = _known(server, tenant)
        head = site.checkpoints.newest()
        if head is None:
            raise NotFoundError("no checkpoint was signed yet")
        with site.database.read() as connection:
            return witnesses.cosigned(connection, site.tenant.id, head)

    @get(
        "/tile/{level:int}/{place:path}",
        media_type="application/octet-stream",
        sync_to_thread=True,
    )
    def tile(
        self,
        server: NamedDependency[Server],
        tenant: FromPath[str],
        level: FromPath[int],
        place: FromPath[str],
    ) -> bytes:
        """Give the hashes of one tile; partial tiles end in `.p/W`."""
        site = _known(server, tenant)
        head = site.checkpoints.newest()
        number, _, width = place.strip("/").partition(".p/")
        index = rules.parse_tile_place(tuple(number.split("/")))
        if head is None or index is None or not 0 <= level < 8:
            raise NotFoundError("there is no such tile")
        whole = rules.tile_width(level, index, head.size)
        wanted = int(width) if width.isascii() and width.isdigit() else TILE_WIDTH
        if not 0 < wanted <= whole:
            raise NotFoundError("there is no such tile (yet)")
        first = index * TILE_WIDTH
        with site.database.read() as connection:
            span = (first, first + wanted)
            return service.tile(connection, site.tenant.id, level, span)


@post(
    "/device/checkpoints",
    status_code=200,
    tags=["custody log"],
    security=BY_TOKEN,
    request_max_body_size=NOTE_MOST,
)
async def extends(
    request: Request[Any, Any, Any], site: NamedDependency[Site]
) -> Extends:
    """Prove that the newest checkpoint extends one that a device has kept."""
    caller_of(request, site)
    try:
        older = LogVerifier.from_vkey(site.vkey).open((await request.body()).decode())
    except UnicodeDecodeError as error:
        raise MalformedError("not a checkpoint") from error
    head = site.checkpoints.newest()
    if head is None or older.size > head.size:
        raise NotFoundError("this server has no checkpoint that long")
    with site.database.read() as connection:
        proof = service.consistency(connection, site.tenant.id, older.size, head.size)
    return Extends(
        head.size, tuple(base64.b64encode(item).decode() for item in proof), head.note
    )


def _known(server: Server, tenant: str) -> Site:
    site = server.site(tenant)
    if site is None:
        raise NotFoundError("there is no such log")
    return site
