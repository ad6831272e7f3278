"""Pure decisions on apps: what may be asked, and how often."""

import base64
import binascii
from dataclasses import replace
from typing import Final
from uuid import UUID

from lapel.base.errors import MalformedError, RefusedError
from lapel.crypto.keys import PublicKey
from lapel.evidence.apps.model import App, Wanted
from lapel.wire.grant import GrantRole

DAY_MS: Final = 86_400_000
GRANT_MS: Final = 30 * DAY_MS
CODE_MS: Final = 15 * 60_000
HOUR_MS: Final = 3_600_000
AN_HOUR_MOST: Final = 20
"""Grants that one app gets in an hour."""
APPS_MOST: Final = 16
"""Apps of one person whose grants count."""


def wanted(key: str, role: int, instance: str) -> Wanted:
    """Read what an app asks; raises `MalformedError`.

    1. The key is a point of the curve. 2. The role is that of View. 3. The instance is
    a UUID as it is usually written.
    """
    try:
        padded = key + "=" * (-len(key) % 4)
        point = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise MalformedError("a key that is not base64url") from error
    PublicKey.from_point(point)
    if role != GrantRole.VIEW:
        raise MalformedError("grants are given to View only, role 2")
    try:
        canonical = str(UUID(instance))
    except ValueError as error:
        raise MalformedError("an instance that is no UUID") from error
    if canonical != instance:
        raise MalformedError("a UUID is written in lower case, with its dashes")
    return Wanted(point, GrantRole.VIEW, canonical)


def renewed(known: App | None, asked: Wanted, person: str, now_ms: int) -> App:
    """Give the app as it is after one grant more; raises `RefusedError`.

    1. It was not revoked. 2. It is this person's. 3. It has not had its share of this
    hour.
    """
    until = now_ms + GRANT_MS
    if known is None:
        first = (now_ms, now_ms, until, now_ms, 1)
        return App(asked.instance, person, asked.point, asked.role, *first, None)
    if known.revoked_ms is not None:
        raise RefusedError("revoked", "this app was taken out of use; ask who runs it")
    if known.person != person:
        raise RefusedError("person", "this app belongs to somebody else")
    fresh = now_ms - known.hour_ms >= HOUR_MS
    given = 1 if fresh else known.hour_given + 1
    if given > AN_HOUR_MOST:
        raise RefusedError("rests", "this app has asked too often; try in an hour")
    return replace(
        known,
        point=asked.point,
        given_ms=now_ms,
        not_after_ms=until,
        hour_ms=now_ms if fresh else known.hour_ms,
        hour_given=given,
    )
