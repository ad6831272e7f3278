"""Pure decisions on tenants."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lapel.base.errors import RefusedError
from lapel.evidence.tenants.model import NewTenant

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")


def checked(new: NewTenant) -> NewTenant:
    """Return `new`, or say which part of it cannot be."""
    if not 1 <= len(new.name.strip()) <= 100:
        raise RefusedError("name", "the agency's name has 1 to 100 characters")
    if not _HOST.fullmatch(new.host):
        raise RefusedError("host", f"{new.host!r} is not a host name")
    try:
        ZoneInfo(new.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RefusedError(
            "zone", f"{new.zone!r} is not a time zone such as Europe/London"
        ) from error
    return new


def origin(host: str, tenant: str) -> str:
    """Name of a tenant's custody log."""
    return f"{host}/{tenant}"
