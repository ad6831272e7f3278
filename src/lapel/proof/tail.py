"""What stands behind the last good box: nothing, a torn end, or something else."""

import re
from dataclasses import replace
from typing import Final

from lapel.proof.chain import BrokenError, Order
from lapel.wire.boxes import END, GENESIS, HEAD, LINK
from lapel.wire.cose import whole_prefix

_USER_TYPES: Final = re.compile(b"|".join(map(re.escape, (GENESIS, LINK, END))))
_TORN_KINDS: Final = frozenset({b"emsg", b"moof", b"mdat", b"uuid"})


def holds_document(data: memoryview, start: int, end: int) -> bool:
    """Whether `data[start:end]` holds a whole signed document of one of our boxes."""
    for found in _USER_TYPES.finditer(data[start:end]):
        kinds = {GENESIS: "genesis", LINK: "link", END: "end"}
        place = start + found.end()
        document = bytes(data[place : min(end, place + 8192)])
        if whole_prefix(kinds[found.group()], document):
            return True
    return False


def written_end(data: memoryview, start: int) -> int:
    """End of `data` without the zeros that it ends with, at least `start`."""
    position = len(data)
    while position > start:
        block = bytes(data[max(start, position - 65_536) : position])
        kept = block.rstrip(b"\0")
        if kept:
            return position - len(block) + len(kept)
        position -= len(block)
    return start


def is_torn(data: memoryview, start: int) -> bool:
    """Whether all behind `start` is what a power cut leaves of one part.

    1. No whole document of ours stands there. 2. Read up to the zeros at the end, it is
    a beginning of `emsg* moof mdat ... LINK` or END, in order, whose last box runs over
    that end or is followed by nothing.
    """
    end = written_end(data, start)
    if holds_document(data, start, end):
        return False
    order = Order()
    position = start
    while position < end:
        head = bytes(data[position : min(end, position + HEAD.size)])
        if len(head) < HEAD.size:
            return any(_follows(order, kind, head[4:]) for kind in _TORN_KINDS)
        size, kind = HEAD.unpack(head)
        if size < HEAD.size or not _follows(order, kind, kind):
            return False
        if kind == b"uuid":
            user_type = bytes(data[position + HEAD.size : position + HEAD.size + 16])
            wanted = LINK if order.before else END
            return position + size > end and wanted.startswith(user_type.rstrip(b"\0"))
        order.take(kind)
        position += size
    return True


def _follows(order: Order, kind: bytes, beginning: bytes) -> bool:
    """Whether a box of `kind`, of which `beginning` was written, may come next."""
    if kind not in _TORN_KINDS or not kind.startswith(beginning):
        return False
    try:
        replace(order).take(kind)
    except BrokenError:
        return False
    return True
