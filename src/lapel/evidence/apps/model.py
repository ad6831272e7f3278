"""Apps and what they ask for."""

from dataclasses import dataclass

from lapel.wire.grant import GrantRole


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an app asks a grant for: its link key, its role, and which app it is."""

    point: bytes
    role: GrantRole
    instance: str


@dataclass(frozen=True, slots=True)
class App:
    """An app on record; `person` is the id of whoever uses it."""

    instance: str
    person: str
    point: bytes
    role: GrantRole
    first_ms: int
    given_ms: int
    not_after_ms: int
    hour_ms: int
    hour_given: int
    revoked_ms: int | None


@dataclass(frozen=True, slots=True)
class Granted:
    """A signed grant, until when it counts, and whose app has it."""

    grant: bytes
    not_after_ms: int
    person: str
