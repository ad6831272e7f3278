"""Settings document for exactly one camera (formats 10)."""

from enum import IntEnum

from typing_extensions import override

from lapel.base.errors import MalformedError
from lapel.wire.document import (
    Document,
    choice,
    document,
    flag,
    keyed,
    many,
    maybe,
    nested,
    nullable,
    octets,
    point65,
    text,
    uint,
)

PRE_EVENT_MOST_S = 120


class Quality(IntEnum):
    """Picture profile."""

    LOW = 0
    STANDARD = 1
    HIGH = 2


class Permitted(IntEnum):
    """A setting that the wearer may change."""

    VOLUME = 0
    VIBRATION = 1
    LIGHTS = 2
    STEALTH = 3


@document
class Bluetooth(Document):
    """What Bluetooth may be used for, and what a pairing with View must be good for.

    What is absent is not demanded, and having pressed the buttons is enough.
    """

    enabled: bool = keyed(1, flag)
    view_pairing: bool = keyed(2, flag)
    signal: bool = keyed(3, flag)
    grant: bool | None = maybe(4, flag, default=None)
    compared: bool | None = maybe(5, flag, default=None)
    button: bool | None = maybe(6, flag, default=None)


@document
class PreEvent(Document):
    """How much from before the start is kept, and whether with sound."""

    seconds: int = keyed(1, uint(PRE_EVENT_MOST_S))
    sound: bool = keyed(2, flag)


@document
class Log(Document):
    """The tenant's custody log: origin and its key as a C2SP vkey line."""

    origin: str = keyed(1, text)
    vkey: str = keyed(2, text)


@document
class Window(Document):
    """Minutes of the day, in the agency's zone, in which firmware may be installed."""

    start: int = keyed(1, uint(1439))
    end: int = keyed(2, uint(1439))


@document
class Settings(Document):
    """Everything a camera is told; `version` rises, `secrets` is sealed to it."""

    LIMIT = 1 << 20
    target: str = keyed(1, text)
    version: int = keyed(2, uint())
    tenant: str = keyed(3, text)
    not_before_ms: int = keyed(4, uint())
    bluetooth: Bluetooth = keyed(5, nested(Bluetooth))
    wifi: bool = keyed(6, flag)
    slate: bool = keyed(7, flag)
    sealing: bool = keyed(8, flag)
    replay: bool = keyed(9, flag)
    pre_event: PreEvent = keyed(10, nested(PreEvent))
    quality: Quality = keyed(11, choice(Quality))
    permitted: tuple[Permitted, ...] = keyed(12, many(choice(Permitted)))
    receipt_keys: tuple[bytes, ...] = keyed(13, many(point65, 1))
    log: Log = keyed(14, nested(Log))
    grant_key: bytes = keyed(15, point65)
    evidence_keys: tuple[bytes, ...] = keyed(16, many(point65, 1))
    categories: tuple[str, ...] = keyed(17, many(text))
    zone: str = keyed(18, text)
    firmware_window: Window | None = keyed(19, nullable(nested(Window)))
    rollover_s: int = keyed(20, uint(86_400))
    delete_unopened: bool = keyed(21, flag)
    secrets: bytes | None = maybe(22, octets(), default=None)

    @override
    def check(self) -> None:
        """Bound lists and the roll-over."""
        if len(self.evidence_keys) > 16:
            raise MalformedError("more than 16 evidence keys")
        if self.rollover_s < 1:
            raise MalformedError("a roll-over of less than a second")


@document
class Secrets(Document):
    """Plaintext of `secrets`; networks and the Signal table follow with their issue."""

    LIMIT = 1 << 20
    slate_key: bytes = keyed(1, octets(32))
    slate_day: int = keyed(2, uint())


def secrets_info(serial: str, version: int) -> bytes:
    """Context that HPKE binds the sealed secrets to."""
    return b"lapel/settings/1" + serial.encode() + version.to_bytes(8, "big")
