"""What the signer signs, and when it stops.

It knows (size, root) of the last checkpoint of each log and nothing else. It signs a
new one only if

1. it has not stopped before,
2. the new size is not smaller,
3. a consistency proof shows that the new tree begins with the old one.

Anything else is an alarm: the log was rewritten, or an old copy of the database is in
use. It then signs nothing more until a person removes the alarm.
"""

from dataclasses import dataclass

from lapel.base.errors import MalformedError, RefusedError, SignatureError
from lapel.crypto.merkle import EMPTY, verify_consistency


@dataclass(frozen=True, slots=True)
class Head:
    """A tree by its size and root."""

    size: int
    root: bytes


FIRST = Head(0, EMPTY)


def extend(last: Head, new: Head, proof: tuple[bytes, ...]) -> Head:
    """Return `new` when it extends `last`; raise RefusedError otherwise."""
    if new.size < last.size:
        raise RefusedError(
            "smaller", f"asked to sign {new.size} acts after {last.size} were signed"
        )
    if last.size == 0:
        return new
    if new.size == last.size:
        if new.root != last.root or proof:
            raise RefusedError("rewritten", f"another tree of {new.size} acts")
        return new
    try:
        verify_consistency((last.size, last.root), (new.size, new.root), proof)
    except (SignatureError, MalformedError) as error:
        raise RefusedError(
            "rewritten", f"the first {last.size} acts are not what was signed"
        ) from error
    return new
