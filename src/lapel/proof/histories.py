"""Two tellings of one log's history: what changed between them, and from which act.

A telling is the list of leaf hashes, in order. What is found is what the hashes show;
who did it, and why, they do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """How the later telling departs from the earlier one."""

    CUT = "cut off"
    EDITED = "edited"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class Departure:
    """A change: of acts `first` to `last` of the earlier telling, `count` are touched.

    Acts put in are counted in the later telling.
    """

    change: Change
    first: int
    last: int
    count: int

    @property
    def words(self) -> str:
        """Say it in a sentence's part."""
        acts, one = _acts(self), self.first == self.last
        are, were = ("is", "was") if one else ("are", "were")
        match self.change:
            case Change.CUT:
                return f"{acts} {are} gone: cut off, or an older backup was put back"
            case Change.EDITED:
                return f"{acts} changed: another text stands there now"
            case Change.REMOVED:
                return f"{acts} {were} taken out; what followed moved up"
            case Change.INSERTED:
                return f"{acts} {were} put in; what stood there moved down"
            case Change.REORDERED:
                return f"{acts} stand in another order"
            case Change.REWRITTEN:
                return (
                    f"from act {self.first} on another history stands there: a fork,"
                    " or an older backup that went on"
                )


def _acts(change: Departure) -> str:
    if change.first == change.last:
        return f"act {change.first}"
    span = f"acts {change.first} to {change.last}"
    whole = change.count == change.last - change.first + 1
    return span if whole else f"{change.count} of {span}"


def departure(kept: Sequence[bytes], now: Sequence[bytes]) -> Departure | None:
    """Say how `now` departs from the earlier `kept`; None where it only goes on."""
    common = min(len(kept), len(now))
    first = next((at for at in range(common) if kept[at] != now[at]), common)
    if first == len(kept):
        return None
    if first == len(now):
        return Departure(Change.CUT, first, len(kept) - 1, len(kept) - first)
    return _within(list(kept[first:]), list(now[first:]), first)


def _within(was: list[bytes], has: list[bytes], first: int) -> Departure:
    """Name a change whose first act differs on both sides."""
    common = min(len(was), len(has))
    changed = [at for at in range(common) if was[at] != has[at]]
    last, count = first + changed[-1], len(changed)
    if sorted(was[: changed[-1] + 1]) == sorted(has[: changed[-1] + 1]):
        return Departure(Change.REORDERED, first, last, count)
    if moved := _shift(has[0], was, has):
        return Departure(Change.REMOVED, first, first + moved - 1, moved)
    if moved := _shift(was[0], has, was):
        return Departure(Change.INSERTED, first, first + moved - 1, moved)
    if changed[-1] + 1 < common or count == 1:
        return Departure(Change.EDITED, first, last, count)
    end = first + len(was) - 1
    return Departure(Change.REWRITTEN, first, end, len(was))


def _shift(anchor: bytes, within: list[bytes], other: list[bytes]) -> int:
    """How many acts of `within` stand before `anchor`, if `other` goes on from there.

    0 where it does not.
    """
    if anchor not in within:
        return 0
    at = within.index(anchor)
    rest = within[at:]
    span = min(len(rest), len(other))
    return at if rest[:span] == other[:span] else 0
