"""What stands behind the last good box: nothing, a torn end, or something else."""

import re
from typing import Final

from lapel.base.errors import MalformedError
from lapel.proof.chain import BrokenError, check_unit_grammar
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
    kinds: list[bytes] = []
    position = start
    while position < end:
        head = bytes(data[position : min(end, position + HEAD.size)])
        if len(head) < HEAD.size:
            return _begins_box(head, kinds)
        size, kind = HEAD.unpack(head)
        if kind not in _TORN_KINDS or size < HEAD.size:
            return False
        kinds.append(kind)
        position += size
        if kind == b"uuid":
            user_type = bytes(data[position - size + 8 : position - size + 24])
            return position > end and _fits(user_type.rstrip(b"\0"), kinds)
    return _may_follow(kinds)


def _fits(user_type: bytes, kinds: list[bytes]) -> bool:
    """Whether a torn uuid box can be the LINK of these boxes, or END."""
    wanted = LINK if len(kinds) > 1 else END
    return wanted.startswith(user_type) and _may_follow(kinds)


def _begins_box(head: bytes, kinds: list[bytes]) -> bool:
    """Whether up to seven bytes can be the beginning of a box of ours."""
    kind = head[4:]
    return any(
        known.startswith(kind) and _may_follow([*kinds, known]) for known in _TORN_KINDS
    )


def _may_follow(kinds: list[bytes]) -> bool:
    """Whether these kinds are a beginning of a unit's boxes, LINK or END included."""
    media = [kind for kind in kinds if kind != b"uuid"]
    if not media:
        return True
    ends = {b"mdat": [], b"moof": [b"mdat"], b"emsg": [b"moof", b"mdat"]}[media[-1]]
    if len(media) < len(kinds) and ends:
        return False
    try:
        check_unit_grammar([*media, *ends])
    except (BrokenError, MalformedError):
        return False
    return True
