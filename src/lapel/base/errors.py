"""The one error root.

Every error of ours has a stable `code` (never translated, listed in the reference),
says whether trying again can help, and words that say what the caller may do.
"""

from typing import ClassVar


class LapelError(Exception):
    """Root of all errors raised on purpose."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False


class MalformedError(LapelError):
    """Bytes that are not what the format allows. Nothing was changed."""

    code = "malformed"


class SignatureError(LapelError):
    """A signature, key or certificate that does not hold."""

    code = "signature"


class RefusedError(LapelError):
    """An act that the rules do not allow in this state. Nothing was changed."""

    code = "refused"

    def __init__(self, reason: str, message: str = "") -> None:
        """Keep `reason`, a stable word, beside the message for people."""
        super().__init__(message or reason)
        self.reason = reason


class NotFoundError(LapelError):
    """What was named does not exist, or may not be seen."""

    code = "not-found"


class ConflictError(LapelError):
    """Somebody else changed it first."""

    code = "conflict"


class BusyError(LapelError):
    """Taken by another process or peer; later it may be free."""

    code = "busy"
    retryable = True


class StorageFullError(LapelError):
    """No room left; nothing was written."""

    code = "storage-full"


class UnreachableError(LapelError):
    """The other side did not answer; nothing is lost, try again."""

    code = "unreachable"
    retryable = True


class SetupError(LapelError):
    """Something this command needs is missing; the message says what to do."""

    code = "setup"


class UnloggedError(LapelError):
    """Something would have changed without an act in the log; nothing was changed."""

    code = "unlogged"
