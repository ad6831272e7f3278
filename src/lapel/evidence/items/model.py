"""Recordings as people find and watch them."""

from dataclasses import dataclass
from enum import IntEnum

import msgspec

from lapel.base.permissions import Permission


class Guard(IntEnum):
    """How closely a recording is kept.

    OPEN: a permission in its scope is enough. RESTRICTED and CONFIDENTIAL: only those
    with a permission of their own, or who are named on it, learn that it exists; of a
    CONFIDENTIAL one each look has a reason in the custody log.
    """

    OPEN = 0
    RESTRICTED = 1
    CONFIDENTIAL = 2


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks: their account, those in a group with them, what they may do.

    `team` is empty unless a permission asks for it.
    """

    person: str
    held: frozenset[Permission]
    team: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Whose:
    """What decides who may see a recording: whose it is, its guard, who is named."""

    person: str
    guard: Guard = Guard.OPEN
    named: frozenset[str] = frozenset()


class Moment(msgspec.Struct, frozen=True):
    """Something that happened at a media time, from the camera's own record."""

    ms: int
    kind: str
    number: int = 0


class Run(msgspec.Struct, frozen=True):
    """A stretch of media time with one kind of sound."""

    start_ms: int
    end_ms: int
    sound: int


class Story(msgspec.Struct, frozen=True):
    """What the recording's own documents say, kept for its page."""

    units: int
    trigger: int
    trigger_detail: bytes
    pre_event_ms: int
    firmware: str
    settings_version: int
    reason: int
    anchor: str
    signer: bytes
    genesis: bytes
    head: bytes
    closing_hash: bytes
    encoded_here: bool
    sounds: tuple[Run, ...]
    moments: tuple[Moment, ...]


@dataclass(frozen=True)
class NewItem:
    """A recording as it is taken in."""

    id: bytes
    serial: str
    model: str
    wearer: str
    person: str
    """Account of who had the camera when it began; empty for nobody."""
    start_ms: int
    length_ms: int
    clock: int
    size: int
    sha256: bytes
    object: str
    sealed: bool
    verdict: str
    closing: bytes
    story: Story
    frames: bytes


@dataclass(frozen=True)
class Item:
    """A recording in a list."""

    number: int
    id: bytes
    serial: str
    model: str
    wearer: str
    person: str
    """Account of who had the camera when it began; empty for nobody."""
    start_ms: int
    length_ms: int
    clock: int
    received_ms: int
    size: int
    sha256: bytes
    object: str
    sealed: bool
    title: str
    category: str | None
    verdict: str
    version: int
    changed_by: str
    changed_ms: int
    thumb: bool
    found_bad_ms: int | None
    ident: str
    """What the agency calls it, such as the number of a case; may be empty."""
    said_seq: int | None
    """The last journal entry whose words were taken over."""
    guard: Guard = Guard.OPEN

    @property
    def end_ms(self) -> int:
        """UTC of the last picture's end, by the camera's clock."""
        return self.start_ms + self.length_ms


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the clear file: where it begins, how long it is, and its media time."""

    offset: int
    size: int
    media_ms: int


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; every field narrows."""

    words: str = ""
    wearer: str = ""
    serial: str = ""
    category: str = ""
    verdict: str = ""
    from_ms: int | None = None
    to_ms: int | None = None
    needs: bool = False
    no_category: bool = False
    people: frozenset[str] | None = None
    """Recorded by one of these accounts; None: by anybody."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of results begins: below this time and number, or above it."""

    start_ms: int
    number: int
    newer: bool = False


@dataclass(frozen=True)
class Page:
    """One page of results, newest first."""

    items: tuple[Item, ...]
    newer: Place | None
    older: Place | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many recordings each queue holds."""

    everything: int
    needs: int
    no_category: int


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of title, category or id that was begun at `version`."""

    title: str
    category: str | None
    version: int
    ident: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a wearer said of a recording, in one signed entry of the camera's journal.

    `filed` is the agency's category of that name, if there is one.
    """

    seq: int
    utc_ms: int
    hash: bytes
    title: str | None
    ident: str | None
    category: str | None
    filed: str | None
