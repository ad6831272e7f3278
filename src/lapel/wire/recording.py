"""Documents inside a recording: GENESIS, LINK, END and the marks (formats 4)."""

from enum import IntEnum

from lapel.wire.cbor import Value
from lapel.wire.document import (
    Document,
    Kind,
    as_sequence,
    choice,
    document,
    flag,
    hash32,
    id16,
    keyed,
    maybe,
    octets,
    text,
    uint,
)


class Reason(IntEnum):
    """Why a recording was closed."""

    BUTTON = 0
    ROLLOVER = 1
    MEMORY_FULL = 2
    BATTERY = 3
    POWER_LOSS = 4
    ERROR = 5
    RECOVERED = 6
    DOCKED = 7


WITHOUT_END = frozenset({Reason.POWER_LOSS, Reason.ERROR, Reason.RECOVERED})
"""Reasons with which a closing entry explains a recording that has no END."""


class Sound(IntEnum):
    """What the sound of a unit is."""

    FILLED = 0
    LIVE = 1
    MUTED = 2


class TriggerKind(IntEnum):
    """What started a recording."""

    BUTTON = 0
    SIGNAL = 1
    REQUEST = 2
    ROLLOVER = 3


@document
class Trigger(Document):
    """What started a recording, and its raw detail; stands as `[kind, detail]`."""

    kind: TriggerKind = keyed(1, choice(TriggerKind))
    detail: bytes = keyed(2, octets())


def _pack_trigger(value: Trigger) -> Value:
    return tuple(value.items().values())


def _unpack_trigger(value: Value) -> Trigger:
    return Trigger.of(dict(enumerate(as_sequence(value), start=1)))


trigger: Kind[Trigger] = Kind(_pack_trigger, _unpack_trigger)


@document
class Genesis(Document):
    """First box of a recording: who records, on which settings, since when.

    `start_ms` is UTC of media time 0; the trigger lies `pre_event_ms` later.
    """

    recording: bytes = keyed(1, id16)
    serial: str = keyed(2, text)
    model: str = keyed(3, text)
    init_hash: bytes = keyed(4, hash32)
    start_ms: int = keyed(5, uint())
    clock: int = keyed(6, uint(3))
    boot: int = keyed(7, uint())
    mono_ms: int = keyed(8, uint())
    firmware: str = keyed(9, text)
    firmware_hash: bytes = keyed(10, hash32)
    settings_version: int = keyed(11, uint())
    settings_hash: bytes = keyed(12, hash32)
    trigger: Trigger = keyed(13, trigger)
    pre_event_ms: int = keyed(14, uint())
    start_seq: int = keyed(15, uint())
    start_hash: bytes = keyed(16, hash32)
    sound_before: bool = keyed(17, flag)
    encoded_here: bool = keyed(18, flag)
    continues: bytes | None = maybe(19, id16, default=None)


@document
class Link(Document):
    """Signature over one unit; `media_ms` is its first picture's decode time."""

    genesis: bytes = keyed(1, hash32)
    index: int = keyed(2, uint())
    prev: bytes = keyed(3, hash32)
    unit_hash: bytes = keyed(4, hash32)
    media_ms: int = keyed(5, uint())
    mono_ms: int = keyed(6, uint())
    sound: Sound = keyed(7, choice(Sound))


@document
class End(Document):
    """Last box of a recording that was closed by the camera."""

    genesis: bytes = keyed(1, hash32)
    links: int = keyed(2, uint())
    prev: bytes = keyed(3, hash32)
    reason: Reason = keyed(4, choice(Reason))
    mono_ms: int = keyed(5, uint())
    utc_ms: int = keyed(6, uint())


class MarkKind(IntEnum):
    """What an `emsg` box says."""

    MARKER = 1
    MUTE = 2
    POSITION = 3
    HEARINGS = 4
    STATE = 5
