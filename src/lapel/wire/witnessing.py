"""What a log hands to a witness (C2SP tlog-witness, `add-checkpoint`)."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from lapel.base.errors import MalformedError
from lapel.wire.custody import NOTE_MOST

PROOF_MOST: Final = 63
SUBMISSION_MOST: Final = NOTE_MOST + 64 * (PROOF_MOST + 1)
SIZE_TYPE: Final = "text/x.tlog.size"
_HASH: Final = 32


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint, and the proof that it extends the one of `old` leaves."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def encode(self) -> bytes:
        """Write it as the body of a request."""
        lines = [f"old {self.old}", *(base64.b64encode(h).decode() for h in self.proof)]
        return ("\n".join(lines) + "\n\n" + self.note).encode()

    @classmethod
    def parse(cls, body: bytes) -> "Submission":
        """Read what `encode` wrote; raises `MalformedError` for anything else."""
        if len(body) > SUBMISSION_MOST:
            raise MalformedError("a submission that is too long")
        try:
            head, gap, note = body.decode().partition("\n\n")
            first, *rest = head.split("\n")
            word, size = first.split(" ")
            proof = tuple(base64.b64decode(line, validate=True) for line in rest)
            read = cls(_decimal(size), proof, note)
        except (ValueError, binascii.Error) as error:
            raise MalformedError("not a submission to a witness") from error
        if word != "old" or not gap or len(proof) > PROOF_MOST:
            raise MalformedError("not a submission to a witness")
        if any(len(one) != _HASH for one in proof) or read.encode() != body:
            raise MalformedError("not a submission to a witness")
        return read


def _decimal(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise MalformedError("a size that is no number")
    return int(text)
