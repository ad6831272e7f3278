"""Grant: which link key may act in which role for a tenant (formats 1)."""

from enum import IntEnum

from lapel.wire.document import (
    Document,
    choice,
    document,
    keyed,
    nullable,
    point65,
    text,
    uint,
)


class GrantRole(IntEnum):
    """What the holder of the link key is."""

    CAMERA = 1
    VIEW = 2
    VIEW_XL = 3


@document
class Grant(Document):
    """Link public key, role, serial or instance, user, expiry (UTC ms), tenant."""

    link: bytes = keyed(1, point65)
    role: GrantRole = keyed(2, choice(GrantRole))
    holder: str = keyed(3, text)
    user: str | None = keyed(4, nullable(text))
    not_after_ms: int = keyed(5, uint())
    tenant: str = keyed(6, text)
