"""Base64 with one writing for each value; nothing else is read (RFC 4648, 3.5)."""

import base64
import binascii

from lapel.base.errors import MalformedError


def written(data: bytes) -> str:
    """Write bytes as base64."""
    return base64.b64encode(data).decode()


def read(text: str) -> bytes:
    """Read what `written` wrote; raises `MalformedError` for anything else."""
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise MalformedError("not base64") from error
    if written(data) != text:
        raise MalformedError("base64 that is not written the only way")
    return data
