"""Adoption of a device, as a table (formats 13): half adopted is unowned."""

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Ownership(Enum):
    """Whose a device is."""

    UNOWNED = "unowned"
    HALF = "half adopted"
    OWNED = "owned"


class Asked(Enum):
    """What a host asks; each has been checked before it comes here."""

    VOUCHER = "voucher"
    CREDENTIALS = "credentials"
    RELEASE = "release"


TABLE: Final[Mapping[tuple[Ownership, Asked], Ownership]] = {
    (Ownership.UNOWNED, Asked.VOUCHER): Ownership.HALF,
    (Ownership.HALF, Asked.VOUCHER): Ownership.HALF,
    (Ownership.HALF, Asked.CREDENTIALS): Ownership.OWNED,
    (Ownership.OWNED, Asked.RELEASE): Ownership.UNOWNED,
}


def follow(state: Ownership, asked: Asked) -> Ownership | None:
    """Give what follows; None is a refusal."""
    return TABLE.get((state, asked))
