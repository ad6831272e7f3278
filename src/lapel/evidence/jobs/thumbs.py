"""Small pictures of recordings: the first key frame, sealed under the server's key."""

import io
from typing import Final

import av
from av.error import FFmpegError
from PIL import Image

from lapel.base.errors import LapelError, NotFoundError
from lapel.crypto.seal import open_small, seal_small
from lapel.evidence.items import service as items
from lapel.evidence.items.model import Item
from lapel.evidence.playback import ClearFile
from lapel.evidence.site import Site
from lapel.evidence.store.database import Quiet
from lapel.ports.private import write_private

WIDTH: Final = 320


def make(site: Site, item: Item) -> bool:
    """Make the picture of one recording; False when there is none to be made."""
    with site.database.read() as connection:
        opened = items.open_item(connection, site.tenant.id, item.id)
    try:
        with ClearFile.open(site.ingest, opened) as clear:
            first = clear.parts(0, 2)
        picture = _picture(first)
    except (LapelError, FFmpegError, OSError, ValueError):
        picture = None
    if picture is not None:
        sealed = seal_small(site.keys.thumbs, picture, item.id, site.ground.entropy)
        write_private(site.ground.folder.thumbs / item.object, sealed)
    with site.database.write(Quiet.DERIVED) as connection:
        items.set_thumb(connection, item, made=picture is not None)
    return picture is not None


def read(site: Site, item: Item) -> bytes:
    """Give the picture as JPEG; raises NotFoundError."""
    try:
        sealed = (site.ground.folder.thumbs / item.object).read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError("there is no picture") from error
    return open_small(site.keys.thumbs, sealed, item.id)


def _picture(clip: bytes) -> bytes | None:
    with av.open(io.BytesIO(clip), "r", format="mp4") as container:
        for frame in container.decode(video=0):
            height = max(2, WIDTH * frame.height // max(1, frame.width) // 2 * 2)
            pixels = frame.reformat(WIDTH, height, "rgb24").to_ndarray()
            out = io.BytesIO()
            Image.fromarray(pixels).save(out, "JPEG", quality=72)
            return out.getvalue()
    return None
