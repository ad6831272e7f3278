"""What a pairing leaves on each side, and the last words of one (formats 1)."""

from enum import IntEnum
from typing import Final

from typing_extensions import override

from lapel.base.clock import ClockQuality
from lapel.base.errors import MalformedError
from lapel.wire.document import (
    Document,
    choice,
    document,
    hash32,
    keyed,
    many,
    maybe,
    nested,
    point65,
    text,
    uint,
)
from lapel.wire.grant import GrantRole

VERSION: Final = 1
PAIRINGS_MOST: Final = 8
PROOF: Final = 8
"""Bytes of h in PAIR_DONE."""


class How(IntEnum):
    """How one side authenticated the other, the strongest that held."""

    GRANT = 1
    COMPARED = 2
    BUTTON = 3


@document
class Record(Document):
    """One side's record of a pairing: the other's key, secrets, and how it came about.

    `role` and `holder` are the other side's; `holder` stands only where a grant named
    it. `clock` 0 says that nobody could tell whether that grant had expired.
    """

    version: int = keyed(0, uint())
    peer: bytes = keyed(1, point65)
    psk: bytes = keyed(2, hash32)
    wifi: bytes = keyed(3, hash32)
    disc: bytes = keyed(4, hash32)
    h: bytes = keyed(5, hash32)
    how: How = keyed(6, choice(How))
    role: GrantRole = keyed(7, choice(GrantRole))
    utc_ms: int = keyed(8, uint())
    clock: ClockQuality = keyed(9, choice(ClockQuality))
    holder: str | None = maybe(10, text, default=None)

    @override
    def check(self) -> None:
        """Read version 1 only, and name any other."""
        if self.version != VERSION:
            raise MalformedError(
                f"a pairing of version {self.version}; this program reads {VERSION}"
            )
        if (self.how is How.GRANT) != (self.holder is not None):
            raise MalformedError("a holder stands exactly where a grant counted")

    @override
    def __repr__(self) -> str:
        """Show nothing that is secret."""
        return f"Record(how={self.how.name}, role={self.role.name})"


@document
class Pairings(Document):
    """What an app keeps of one camera: records in the order in which to try them.

    The newest comes first. The camera holds one of them, unless it was paired with
    another app; a session settles which.
    """

    LIMIT = 1 << 14
    records: tuple[Record, ...] = keyed(1, many(nested(Record), 1))

    @override
    def check(self) -> None:
        """Bound the list."""
        if len(self.records) > PAIRINGS_MOST:
            raise MalformedError(f"more than {PAIRINGS_MOST} records of one camera")

    @classmethod
    def added(cls, before: "Pairings | None", record: Record) -> "Pairings":
        """Add the record of a new pairing before it is confirmed.

        What was there stays: nobody knows yet whether the camera gets to keep the new
        one. The oldest, from the last session, is the last to go.
        """
        old = before.records if before else ()
        if len(old) == PAIRINGS_MOST:
            old = (*old[: PAIRINGS_MOST - 2], old[-1])
        return cls((record, *old))

    def proved(self, record: Record, held: "Pairings") -> "Pairings":
        """Keep the record with which the camera has opened a session.

        What was `held` when that session's link began cannot be the camera's any more:
        it opens none while it may still replace its record. What came since may.
        """
        since = [one for one in self.records if one not in held.records]
        return Pairings((*since, record))


def read_confirm(plain: bytes) -> How:
    """Read PAIR_CONFIRM: one byte; raises `MalformedError`."""
    if len(plain) != 1 or plain[0] not in {int(how) for how in How}:
        raise MalformedError("a confirmation of a wrong length or value")
    return How(plain[0])
