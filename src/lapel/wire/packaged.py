"""What the custody log says of a proof package: detail of `recording.packaged`.

It stands beside the salted texts of the act, so its keys are high and other keys of
the detail are left alone.
"""

from collections.abc import Mapping
from typing import Final

from lapel.base.errors import MalformedError
from lapel.wire.cbor import Value
from lapel.wire.document import (
    Document,
    Kind,
    as_sequence,
    document,
    hash32,
    keyed,
    many,
    text,
    uint,
)

RECORDING_PACKAGED: Final = "recording.packaged"
_BEFORE, _PARTS = 20, 21


def _unpack_part(value: Value) -> tuple[str, bytes]:
    items = as_sequence(value)
    if len(items) != 2:
        raise MalformedError("not a pair")
    return text.unpack(items[0]), hash32.unpack(items[1])


part: Kind[tuple[str, bytes]] = Kind(lambda pair: pair, _unpack_part)


@document
class Packaged(Document):
    """How many acts on the recording stand before this one, and what was put in.

    `parts` are name and SHA-256 of each part but the clear recording, the custody
    extract and the checkpoint, which prove themselves.
    """

    before: int = keyed(_BEFORE, uint())
    parts: tuple[tuple[str, bytes], ...] = keyed(_PARTS, many(part))

    @classmethod
    def within(cls, detail: Mapping[int, Value]) -> "Packaged":
        """Read it out of an act's detail; raises `MalformedError`."""
        return cls.of({k: v for k, v in detail.items() if k in {_BEFORE, _PARTS}})
