"""Errors as JSON: one table from code to status, a reference that is also logged."""

import re
from typing import Any, Final

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from lapel.base.clock import Entropy
from lapel.base.errors import LapelError, RefusedError
from lapel.evidence.ingest.commit import HeldError
from lapel.evidence.playback import StoredFileError

STATUS: Final = {
    "malformed": 400,
    "signature": 403,
    "refused": 409,
    "not-found": 404,
    "conflict": 409,
    "held": 409,
    "reason": 409,
    "journal-fork": 409,
    "busy": 503,
    "storage-full": 507,
    "unreachable": 503,
    "stored-file": 500,
}
"""HTTP status of each error code; anything else is 500."""

REASONS: Final = {
    "rests": 429,
    "wrong": 401,
    "busy": 503,
    "token": 401,
    "form": 403,
    "kind": 403,
    "permission": 403,
}
"""Reasons of `refused` that have a status of their own."""

_SECRET: Final = re.compile(r"(^/enrol/).+")
"""Addresses that end in a secret; what opens a door is not logged."""

_log: Final = structlog.get_logger("lapel.evidence")


def status_of(error: Exception) -> int:
    """Give the HTTP status of an error."""
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, RefusedError) and error.reason in REASONS:
        return REASONS[error.reason]
    if isinstance(error, LapelError):
        return STATUS.get(error.code, 500)
    return 400 if isinstance(error, RecursionError) else 500


def code_of(error: Exception) -> str:
    """Give the stable code that stands in the answer."""
    if isinstance(error, HeldError):
        return error.cause
    if isinstance(error, RefusedError):
        return error.reason
    if isinstance(error, LapelError):
        return error.code
    if isinstance(error, RecursionError):
        return "malformed"
    return "http" if isinstance(error, HTTPException) else "error"


def words_of(error: Exception) -> str:
    """Give words that may leave the server: never those of an unforeseen error."""
    if isinstance(error, HTTPException):
        return error.detail
    foreseen = isinstance(error, StoredFileError) or status_of(error) != 500
    if isinstance(error, LapelError) and foreseen:
        return str(error)
    if isinstance(error, RecursionError):
        return "nested too deep"
    return "something went wrong on the server; nothing was lost"


def note(error: Exception, where: str, entropy: Entropy) -> str:
    """Log an error under a new reference number."""
    reference = entropy(4).hex().upper()
    status = status_of(error)
    fields: dict[str, object] = {
        "reference": reference,
        "status": status,
        "code": code_of(error),
        "where": _SECRET.sub(r"\1...", where),
    }
    if status >= 500:
        _log.error("request.failed", exc_info=error, **fields)
    else:
        _log.info("request.refused", **fields)
    return reference


def as_json(error: Exception, where: str, entropy: Entropy) -> Response[dict[str, str]]:
    """Make the JSON answer for an error."""
    reference = note(error, where, entropy)
    headers = {"Cache-Control": "no-store"}
    if status_of(error) in {429, 503}:
        headers["Retry-After"] = "5"
    return Response(
        {"code": code_of(error), "detail": words_of(error), "reference": reference},
        status_code=status_of(error),
        headers=headers,
        media_type="application/json",
    )


AnyRequest = Request[Any, Any, Any]
"""A request of any kind, as handlers of errors get it."""
