"""People, their roles, links and sessions."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A set of permissions with a name."""

    ADMINISTRATOR = "administrator"
    CLERK = "evidence clerk"
    OFFICER = "officer"


class Purpose(StrEnum):
    """What a one-time link is for."""

    ENROL = "enrol"
    SIGN_IN = "sign-in"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    id: str
    tenant: str
    name: str
    shown: str
    role: Role
    theme: str
    has_password: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; `csrf` must come back with every form."""

    person: Person
    csrf: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a browser is given: the secret for its cookie, once."""

    secret: str
    session: Session


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failed tries on one account or from one address."""

    failures: int
    first_ms: int
    rests_until_ms: int


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody typed, and from where."""

    name: str
    password: str
    address: str
