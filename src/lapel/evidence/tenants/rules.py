"""Pure decisions on tenants."""

import base64
import re
import unicodedata
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
    if not short(new.name):
        raise RefusedError("name", "the agency's name has letters or digits in it")
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


def short(name: str) -> str:
    """Give an agency's name as people may type it: case, spaces, accents left out."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def same(one: str, other: str) -> bool:
    """Tell whether two names are one agency's."""
    return short(one) == short(other)


def secret(tenant: str, random: bytes) -> str:
    """Make a secret for a cookie, link, token or code; it begins with whose it is."""
    return f"{tenant}.{base64.urlsafe_b64encode(random).decode().rstrip('=')}"


def tenant_of(text: str) -> str:
    """Tell whose a secret claims to be (empty: nobody's); that alone opens nothing."""
    before, dot, _ = text.partition(".")
    return before if dot else ""
