"""A custody log held against copies of it that were kept elsewhere (formats 9).

Whoever has the database and Evidence's own files can write another history and make
its tree whole; what they cannot do is sign it, or reach the copies that others hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from lapel.base.errors import MalformedError
from lapel.crypto import merkle
from lapel.proof.histories import departure
from lapel.wire.custody import Checkpoint


@dataclass(frozen=True)
class Telling:
    """What one place tells of a log: checkpoints with a good signature, leaf hashes.

    `hashes` are those of the first leaves, in order; empty where only checkpoints
    are known. `name` says which place it is.
    """

    name: str
    checkpoints: tuple[Checkpoint, ...]
    hashes: tuple[bytes, ...] = ()

    @property
    def newest(self) -> Checkpoint | None:
        """The longest checkpoint."""
        return max(self.checkpoints, key=lambda one: one.size, default=None)

    @cached_property
    def _tree(self) -> merkle.Subtree:
        return merkle.subtrees_of(self.hashes)

    def fits(self, checkpoint: Checkpoint) -> bool:
        """Tell whether the hashes begin with what a checkpoint counts."""
        if checkpoint.size > len(self.hashes):
            return False
        return merkle.root(checkpoint.size, self._tree) == checkpoint.root


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: in which copy it shows, and what it is."""

    copy: str
    words: str


@dataclass(frozen=True, slots=True)
class Held:
    """What came of it: how many copies and checkpoints the log extends, and faults."""

    copies: int
    checkpoints: int
    findings: tuple[Finding, ...]


def hold(now: Telling, copies: Sequence[Telling]) -> Held:
    """Hold a log as it is `now` against earlier `copies`; raises MalformedError.

    Every checkpoint, its own too, must count a beginning of its leaves; every copy
    must be a beginning of it, and fit its own checkpoints.
    """
    origins = {one.origin for copy in (now, *copies) for one in copy.checkpoints}
    if len(origins) > 1:
        named = ", ".join(sorted(origins))
        raise MalformedError(f"copies of several logs; hold one at a time: {named}")
    findings = [Finding(now.name, words) for words in _own(now)]
    for copy in copies:
        findings += [Finding(copy.name, words) for words in _against(now, copy)]
    good = {one for copy in (now, *copies) for one in copy.checkpoints if now.fits(one)}
    return Held(len(copies), len(good), tuple(findings))


def _own(now: Telling) -> list[str]:
    newest = now.newest
    if newest is None:
        return ["no checkpoint that the log signed"] if now.hashes else []
    if newest.size > len(now.hashes):
        return [_shorter(now, newest)]
    bad = sorted(one.size for one in now.checkpoints if not now.fits(one))
    good = [one.size for one in now.checkpoints if now.fits(one)]
    return [] if not bad else [_departs(bad[0], good)]


def _against(now: Telling, copy: Telling) -> list[str]:
    spoilt = [
        one.size for one in copy.checkpoints if copy.hashes and not copy.fits(one)
    ]
    if spoilt:
        return [f"the copy does not fit its own checkpoint of {min(spoilt)} acts"]
    change = departure(copy.hashes, now.hashes)
    if change is not None:
        return [change.words]
    bad = [one for one in copy.checkpoints if not now.fits(one)]
    if not bad:
        return []
    first = min(bad, key=lambda one: one.size)
    if first.size > len(now.hashes):
        return [_shorter(now, first)]
    good = [one.size for one in copy.checkpoints if now.fits(one)]
    return [_departs(first.size, good)]


def _shorter(now: Telling, seen: Checkpoint) -> str:
    return (
        f"the log signed {seen.size} acts and has {len(now.hashes)}: cut off, or an"
        " older backup was put back"
    )


def _departs(size: int, good: Sequence[int]) -> str:
    since = max((one for one in good if one < size), default=0)
    return (
        f"the log signed {size} acts that are not those it has: something from act"
        f" {since} to act {size - 1} was changed, or the log was forked"
    )
