"""Exit codes of every command, in one table."""

from lapel.base.errors import LapelError

OK = 0
TAMPERED = 1
UNKNOWN = 2
INCOMPLETE = 3
USAGE = 64
IO = 74
INTERRUPTED = 130
PIPE = 141

_BY_CODE = {
    "malformed": 65,
    "frame": 65,
    "not-found": 66,
    "unreachable": 69,
    "link": 69,
    "storage-full": 73,
    "busy": 75,
    "signature": 76,
    "handshake": 76,
    "no-key": 76,
    "refused": 77,
    "conflict": 77,
    "setup": 78,
}


def of(error: LapelError) -> int:
    """Exit code of an error that ended a command."""
    return _BY_CODE.get(error.code, 70)
