"""What a camera's journal says of its link: pairings, annotations, choices (formats 6).

Data of the entry kinds PAIRING and ANNOTATION, and of SETTINGS where a wearer chose.
"""

from enum import IntEnum

from typing_extensions import override

from lapel.base.clock import ClockQuality
from lapel.base.errors import MalformedError
from lapel.wire.control import Annotation, Position, SettingsChange, line
from lapel.wire.document import (
    Document,
    choice,
    document,
    id16,
    keyed,
    kid8,
    maybe,
    nested,
    text,
    uint,
)
from lapel.wire.grant import GrantRole
from lapel.wire.pairing import How, Record


class Became(IntEnum):
    """What became of a pairing."""

    PAIRED = 0
    UNPAIRED = 1
    NOT_KEPT = 2
    FAILED = 3


_OF_A_PEER = frozenset({Became.PAIRED, Became.UNPAIRED, Became.NOT_KEPT})


@document
class By(Document):
    """Which app it was: its role, how it was known at pairing, and by which grant."""

    role: GrantRole = keyed(1, choice(GrantRole))
    how: How = keyed(2, choice(How))
    holder: str | None = maybe(3, text, default=None)

    @classmethod
    def of_record(cls, record: Record) -> "By":
        """Name the app of a pairing."""
        return cls(record.role, record.how, record.holder)


@document
class PairingData(Document):
    """Data of PAIRING: a peer by the id of its key; or how many tries failed.

    `clock` 0 says that nobody could tell whether the peer's grant had expired.
    """

    became: Became = keyed(1, choice(Became))
    by: By | None = maybe(2, nested(By), default=None)
    peer: bytes | None = maybe(3, kid8, default=None)
    clock: ClockQuality | None = maybe(4, choice(ClockQuality), default=None)
    failures: int | None = maybe(5, uint(), default=None)

    @override
    def check(self) -> None:
        """Name a peer exactly where there is one, and a count where there is none."""
        of_peer = {one is not None for one in (self.by, self.peer, self.clock)}
        named = self.became in _OF_A_PEER
        if of_peer != {named} or (self.failures is None) != named:
            raise MalformedError("a peer stands exactly where a pairing came about")


@document
class AnnotationData(Document):
    """Data of ANNOTATION: what was said of a recording, and by which app."""

    recording: bytes = keyed(1, id16)
    by: By = keyed(6, nested(By))
    title: str | None = maybe(2, line, default=None)
    ident: str | None = maybe(3, line, default=None)
    category: str | None = maybe(4, line, default=None)
    position: Position | None = maybe(5, nested(Position), default=None)

    @classmethod
    def of_request(cls, said: Annotation, by: By) -> "AnnotationData":
        """Sign for what an app said."""
        words = said.title, said.ident, said.category
        return cls(said.recording, by, *words, said.position)


@document
class ChosenData(Document):
    """Data of SETTINGS where a wearer chose: what changed, and by which app."""

    change: SettingsChange = keyed(3, nested(SettingsChange))
    by: By = keyed(4, nested(By))
