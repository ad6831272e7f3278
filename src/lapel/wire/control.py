"""Requests over the link: verbs, their arguments and results (formats 1, annex).

Request, answer and codes are those of the port (`lapel.wire.port`); a refusal's result
is {1: reason}. Nothing here deletes, alters, exports or starts a recording.
"""

from enum import IntEnum
from typing import Final

from typing_extensions import override

from lapel.base.clock import ClockQuality
from lapel.base.errors import MalformedError
from lapel.wire.cbor import Value
from lapel.wire.document import (
    Document,
    Kind,
    choice,
    document,
    flag,
    id16,
    keyed,
    many,
    maybe,
    nested,
    nullable,
    text,
    uint,
)
from lapel.wire.settings import Permitted

LINE_MOST: Final = 256
PLAIN_MOST: Final = 4096 - 8 - 16
"""Bytes in one frame: a message without header and tag."""


class LinkVerb(IntEnum):
    """All that an app may ask of a camera."""

    STATE = 1
    SETTINGS_GET = 2
    SETTINGS_SET = 3
    RECORDINGS = 4
    ANNOTATE = 5
    LIVE_START = 6
    LIVE_STOP = 7
    REPLAY_START = 8
    REPLAY_SEEK = 9
    REPLAY_STOP = 10
    WIFI_UP = 11
    WIFI_DOWN = 12
    VEHICLE_NETWORK = 13
    PRIORITISE = 14
    UNPAIR = 15


class CameraMode(IntEnum):
    """Mode of a camera that can be asked: switched off or docked it has no link."""

    BUFFERING = 1
    EVENT = 2


class Source(IntEnum):
    """Where a position comes from."""

    PHONE = 0
    VEHICLE = 1
    CAMERA = 2


def is_line(words: str) -> bool:
    """Whether a text may be said of a recording: printable, one line, bounded."""
    return words.isprintable() and 0 < len(words.encode()) <= LINE_MOST


def _unpack_line(value: Value) -> str:
    if not isinstance(value, str) or not is_line(value):
        raise MalformedError(f"not a line of 1 to {LINE_MOST} bytes")
    return value


line: Kind[str] = Kind(str, _unpack_line)
"""Text that people typed: printable, on one line, bounded."""


@document
class Nothing(Document):
    """Arguments of a verb that takes none."""


@document
class Refusal(Document):
    """Result beside a code other than DONE: why, in a stable word."""

    reason: str = keyed(1, text)


@document
class State(Document):
    """Result of STATE: what View shows at a glance."""

    mode: CameraMode = keyed(1, choice(CameraMode))
    battery: int = keyed(2, uint(100))
    free: int = keyed(3, uint(100))
    muted: bool = keyed(4, flag)
    stealth: bool = keyed(5, flag)
    recording: bytes | None = keyed(6, nullable(id16))
    lasted_ms: int = keyed(7, uint())
    held: int = keyed(8, uint())
    clock: ClockQuality = keyed(9, choice(ClockQuality))

    @override
    def check(self) -> None:
        """Name a recording exactly in EVENT."""
        if (self.mode is CameraMode.EVENT) != (self.recording is not None):
            raise MalformedError("a recording is named exactly in EVENT")


@document
class SettingsFrom(Document):
    """Arguments of SETTINGS_GET: from which category on."""

    category: int = keyed(1, uint())


@document
class WearerSettings(Document):
    """Result of SETTINGS_GET: what is chosen, what may be, and a page of categories."""

    volume: int = keyed(1, uint(3))
    vibration: bool = keyed(2, flag)
    lights: bool = keyed(3, flag)
    stealth: bool = keyed(4, flag)
    permitted: tuple[Permitted, ...] = keyed(5, many(choice(Permitted)))
    categories: tuple[str, ...] = keyed(6, many(line))
    more: bool = keyed(7, flag)


@document
class SettingsChange(Document):
    """Arguments of SETTINGS_SET: what is to change, at least one; None leaves it."""

    volume: int | None = keyed(1, nullable(uint(3)))
    vibration: bool | None = keyed(2, nullable(flag))
    lights: bool | None = keyed(3, nullable(flag))
    stealth: bool | None = keyed(4, nullable(flag))

    @property
    def asked(self) -> frozenset[Permitted]:
        """Which settings would change."""
        given = {
            Permitted.VOLUME: self.volume,
            Permitted.VIBRATION: self.vibration,
            Permitted.LIGHTS: self.lights,
            Permitted.STEALTH: self.stealth,
        }
        return frozenset(which for which, value in given.items() if value is not None)

    @override
    def check(self) -> None:
        """Change something."""
        if not self.asked:
            raise MalformedError("a change of nothing")


@document
class RecordingsBefore(Document):
    """Arguments of RECORDINGS: those that started before this journal entry.

    With None the newest come first; the number is that of the start entry, so that
    pages stay in place while recordings come and go.
    """

    seq: int | None = keyed(1, nullable(uint()))


@document
class Listed(Document):
    """One recording in a list."""

    recording: bytes = keyed(1, id16)
    seq: int = keyed(2, uint())
    start_ms: int = keyed(3, uint())
    clock: ClockQuality = keyed(4, choice(ClockQuality))
    lasted_ms: int = keyed(5, uint())
    marked: bool = keyed(6, flag)
    title: str | None = keyed(7, nullable(line))
    ident: str | None = keyed(8, nullable(line))
    category: str | None = keyed(9, nullable(line))


@document
class Recordings(Document):
    """Result of RECORDINGS: a page, newest first, and whether there are older ones."""

    page: tuple[Listed, ...] = keyed(1, many(nested(Listed)))
    more: bool = keyed(2, flag)

    @override
    def check(self) -> None:
        """Hold the order."""
        numbers = [listed.seq for listed in self.page]
        if numbers != sorted(set(numbers), reverse=True):
            raise MalformedError("recordings in a wrong order")


@document
class Position(Document):
    """Where: 10^-7 degree, latitude + 90 and longitude + 180 degrees; its source."""

    latitude: int = keyed(1, uint(1_800_000_000))
    longitude: int = keyed(2, uint(3_600_000_000))
    source: Source = keyed(3, choice(Source))
    accuracy_m: int | None = maybe(4, uint(100_000), default=None)


@document
class Annotation(Document):
    """Arguments of ANNOTATE: a recording and at least one thing to say of it."""

    recording: bytes = keyed(1, id16)
    title: str | None = maybe(2, line, default=None)
    ident: str | None = maybe(3, line, default=None)
    category: str | None = maybe(4, line, default=None)
    position: Position | None = maybe(5, nested(Position), default=None)

    @override
    def check(self) -> None:
        """Say something."""
        said = (self.title, self.ident, self.category, self.position)
        if all(one is None for one in said):
            raise MalformedError("an annotation that says nothing")
