"""Pure decisions on recordings: the search's words, the story, the frames."""

import re
import struct
from dataclasses import replace
from itertools import pairwise
from typing import Final

from lapel.base.permissions import Deed, Permission, Scope, reach
from lapel.evidence.items.model import (
    Eyes,
    Guard,
    Item,
    Moment,
    Run,
    Unit,
    Whose,
    Words,
)
from lapel.proof.chain import Chain
from lapel.wire.boxes import Mark
from lapel.wire.recording import MarkKind

_FRAME: Final = struct.Struct(">II")
_WORD: Final = re.compile(r"[^\W_]+", re.UNICODE)
TITLE_MOST: Final = 200
PAGE: Final = 50
FRAME_EXTRA: Final = 28
"""Bytes that sealing adds to a part: frame head and tag."""


def may(eyes: Eyes, deed: Deed, whose: Whose) -> bool:
    """Judge whether somebody may do something with a recording.

    Whoever is named on it may find and watch it, whosever it is and however guarded.
    Anybody else needs a permission whose scope reaches it, and one for its guard.
    """
    named = eyes.person in whose.named
    if named and deed in {Deed.FIND, Deed.WATCH}:
        return True
    return (named or whose.guard in guards(eyes)) and _reaches(eyes, deed, whose)


def guards(eyes: Eyes) -> frozenset[Guard]:
    """Give the guards that somebody sees through without being named."""
    found = {Guard.OPEN}
    if Permission.RESTRICTED in eyes.held:
        found.add(Guard.RESTRICTED)
    if Permission.CONFIDENTIAL in eyes.held:
        found.add(Guard.CONFIDENTIAL)
    return frozenset(found)


def people(eyes: Eyes, deed: Deed) -> frozenset[str] | None:
    """Give the accounts whose recordings a deed reaches; None for all recordings."""
    scope = reach(eyes.held, deed)
    if scope is Scope.ANY:
        return None
    if scope is None:
        return frozenset()
    me = frozenset({eyes.person})
    return me | eyes.team if scope is Scope.GROUP else me


def _reaches(eyes: Eyes, deed: Deed, whose: Whose) -> bool:
    found = people(eyes, deed)
    return found is None or (bool(whose.person) and whose.person in found)


def match(words: str) -> str:
    """Turn what somebody typed into an FTS5 query: every word, as a beginning."""
    found = _WORD.findall(words)[:12]
    return " ".join(f'"{word}"*' for word in found)


def pack_units(sizes: list[int], chain: Chain) -> bytes:
    """Keep size and media time of each part."""
    times = [0, *(link.media_ms for link in chain.links)]
    times += [chain.end_ms] * (len(sizes) - len(times))
    return b"".join(_FRAME.pack(*pair) for pair in zip(sizes, times, strict=True))


def unpack_units(frames: bytes) -> list[Unit]:
    """Read what `pack_units` kept."""
    units: list[Unit] = []
    offset = 0
    for size, media_ms in _FRAME.iter_unpack(frames):
        units.append(Unit(offset, size, media_ms))
        offset += size
    return units


def sounds(chain: Chain) -> tuple[Run, ...]:
    """Stretches of one kind of sound."""
    runs: list[Run] = []
    if not chain.links:
        return ()
    ends = [*(link.media_ms for link in chain.links[1:]), chain.end_ms]
    for link, end in zip(chain.links, ends, strict=True):
        if runs and runs[-1].sound == int(link.sound):
            runs[-1] = Run(runs[-1].start_ms, end, runs[-1].sound)
        else:
            runs.append(Run(link.media_ms, end, int(link.sound)))
    return tuple(runs)


def moments(marks: list[Mark], runs: tuple[Run, ...]) -> tuple[Moment, ...]:
    """Give marks of the wearer, and when sound went and came back, in order."""
    found: list[Moment] = []
    for mark in marks:
        kind = mark.data.get(1)
        if kind == MarkKind.MARKER:
            number = 1 + sum(moment.kind == "marker" for moment in found)
            found.append(Moment(mark.media_ms, "marker", number))
    for before, after in pairwise(runs):
        if after.sound == 2:
            found.append(Moment(after.start_ms, "muted", after.end_ms - after.start_ms))
        elif before.sound == 2:
            found.append(Moment(after.start_ms, "heard"))
    return tuple(sorted(found, key=lambda moment: moment.ms))


def said(item: Item, words: Words) -> Item:
    """Give a recording after its wearer's words; what a person has set here stays."""
    if item.changed_by:
        return item
    return replace(
        item,
        title=clean_title(words.title) if words.title else item.title,
        ident=clean_title(words.ident) if words.ident else item.ident,
        category=words.filed or item.category,
    )


def clean_title(title: str) -> str:
    """Bring a title into one line of bounded length."""
    return " ".join(title.split())[:TITLE_MOST]
