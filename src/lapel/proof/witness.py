"""What a witness does with a checkpoint that it is handed (C2SP tlog-witness)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from lapel.base.errors import LapelError, SignatureError
from lapel.crypto.merkle import verify_consistency
from lapel.crypto.note import LogVerifier
from lapel.wire.custody import Checkpoint
from lapel.wire.witnessing import Submission


class Ruling(IntEnum):
    """Status of the answer; `FORKED` is answered as `STALE` is, and is an alarm."""

    COSIGNED = 200
    TOO_SMALL = 400
    UNSIGNED = 403
    STALE = 409
    UNPROVED = 422
    FORKED = 1409

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self % 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint of a log that was cosigned; nothing yet: size 0."""

    size: int = 0
    root: bytes = b""


@dataclass(frozen=True, slots=True)
class Ruled:
    """The ruling, and the checkpoint where the log signed it."""

    ruling: Ruling
    checkpoint: Checkpoint | None = None


def rule(submission: Submission, log: LogVerifier, seen: Seen) -> Ruled:
    """Rule on a submission to the log of `seen`.

    Only two signed roots of one size are a fork. A proof that does not fit may have
    been sent by anybody, beside a checkpoint that is good.
    """
    try:
        new = log.open(submission.note)
    except LapelError:
        return Ruled(Ruling.UNSIGNED)
    if new.size == seen.size and seen.size and new.root != seen.root:
        return Ruled(Ruling.FORKED, new)
    if submission.old > new.size:
        return Ruled(Ruling.TOO_SMALL, new)
    if submission.old != seen.size:
        return Ruled(Ruling.STALE, new)
    proved = _extends(new, seen, submission.proof)
    return Ruled(Ruling.COSIGNED if proved else Ruling.UNPROVED, new)


def _extends(new: Checkpoint, seen: Seen, proof: Sequence[bytes]) -> bool:
    if seen.size == 0:
        return not proof
    try:
        verify_consistency((seen.size, seen.root), (new.size, new.root), proof)
    except SignatureError:
        return False
    return True
