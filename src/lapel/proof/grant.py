"""Whether a grant counts: who may act in which role on a link (formats 1)."""

from dataclasses import dataclass

from lapel.base.errors import RefusedError
from lapel.crypto.cose import check
from lapel.crypto.keys import PublicKey
from lapel.wire.grant import Grant, GrantRole


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one side knows itself: tenant, its grant key, the other side's link key."""

    grant_key: PublicKey
    link: bytes
    roles: frozenset[GrantRole]
    tenant: str


def check_grant(raw: bytes, wanted: Wanted, now_ms: int | None) -> Grant:
    """Give a grant that counts.

    1. The tenant's grant key signed it. 2. Its key is the one that was used, and a
    point of the curve. 3. Its role is one of those wanted. 4. Its tenant is one's own.
    5. It has not expired; with `now_ms` None the clock is unset and nobody can tell.
    Raises `MalformedError`, `SignatureError` or `RefusedError`.
    """
    grant = Grant.decode(check("grant", raw, wanted.grant_key))
    PublicKey.from_point(grant.link)
    if grant.link != wanted.link:
        raise RefusedError("grant-key", "a grant for another key")
    if grant.role not in wanted.roles:
        raise RefusedError("grant-role", "a grant for another role")
    if grant.tenant != wanted.tenant:
        raise RefusedError("grant-tenant", "a grant of another agency")
    if now_ms is not None and now_ms > grant.not_after_ms:
        raise RefusedError("grant-expired", "a grant that has expired")
    return grant
