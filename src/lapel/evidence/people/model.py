"""People, their roles, groups, links and sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from lapel.base.errors import RefusedError
from lapel.base.permissions import Decision, Permission, decide, with_needs
from lapel.evidence.custody.model import Actor, Who
from lapel.wire.custody import ActorKind


@dataclass(frozen=True, slots=True)
class Role:
    """A set of permissions with a name.

    Five are the same for every agency and cannot be changed; their id is their name.
    """

    id: str
    name: str
    permissions: frozenset[Permission]

    ADMINISTRATOR: ClassVar["Role"]
    AUDITOR: ClassVar["Role"]
    CLERK: ClassVar["Role"]
    SUPERVISOR: ClassVar["Role"]
    OFFICER: ClassVar["Role"]


def _built_in(name: str, *permissions: Permission) -> Role:
    return Role(name, name, with_needs(permissions))


Role.OFFICER = _built_in("officer", Permission.OWN_EDIT, Permission.VIEW)
Role.SUPERVISOR = _built_in(
    "supervisor", Permission.GROUP_EDIT, Permission.ASSIGN, Permission.VIEW
)
Role.CLERK = _built_in(
    "evidence clerk",
    Permission.EDIT,
    Permission.DOWNLOAD,
    Permission.RESTRICTED,
    Permission.CUSTODY,
    Permission.DEVICES,
)
Role.AUDITOR = _built_in(
    "auditor",
    Permission.FIND,
    Permission.CUSTODY,
    Permission.DEVICES,
    Permission.PEOPLE,
)
Role.ADMINISTRATOR = _built_in("administrator", *Permission)

BUILT_IN = (
    Role.OFFICER,
    Role.SUPERVISOR,
    Role.CLERK,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)
"""The roles of every agency; a permission that is new in the product is in them."""


class Purpose(StrEnum):
    """What a one-time link is for."""

    ENROL = "enrol"
    SIGN_IN = "sign-in"
    SECOND = "second"
    """Not a link: the password was right, and the second factor is still to come."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    id: str
    tenant: str
    name: str
    shown: str
    roles: tuple[Role, ...]
    theme: str
    has_password: bool
    closed: bool = False
    kind: ActorKind = ActorKind.USER
    """How the log counts them; a program acts like a person and is none."""

    @property
    def role(self) -> str:
        """Names of the roles, as the custody log and pages say them."""
        return ", ".join(role.name for role in self.roles)

    @property
    def permissions(self) -> frozenset[Permission]:
        """Everything that one of the roles allows."""
        return frozenset[Permission]().union(*(one.permissions for one in self.roles))

    def decide(self, permission: Permission) -> Decision:
        """Judge whether this person may do something."""
        return decide(self.permissions, permission)

    def may(self, permission: Permission) -> bool:
        """Tell whether this person may do something."""
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class Author:
    """A person who changes something, and from where."""

    person: Person
    address: str

    def who(self) -> Who:
        """Say who acts, as they are called today."""
        actor = Actor(self.person.kind, self.person.id)
        return Who(actor, self.person.shown, self.person.role, self.address)


@dataclass(frozen=True, slots=True)
class Group:
    """People who belong together, such as a shift; groups do not nest."""

    id: str
    name: str
    members: frozenset[str]


class Factor(StrEnum):
    """A second factor that somebody has."""

    APP = "app"
    PASSKEY = "passkey"


class Need(StrEnum):
    """What a role asks for beside the password, the stronger last.

    ANY: an app or a passkey. PASSKEY: that, and the password and a code open nothing.
    """

    ANY = "any"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class Listed:
    """An account as the list of people shows it."""

    person: Person
    groups: tuple[str, ...]
    seen_ms: int | None
    has: frozenset[Factor]
    """Second factors that they have."""
    lacks: Need | None
    """What a role of theirs asks for beside the password, and is not there."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A new account: its name, the person's name, roles and groups by id."""

    name: str
    shown: str
    roles: frozenset[str]
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; `csrf` must come back with every form.

    At `proved_ms` its person last proved who they are.
    """

    person: Person
    csrf: str
    digest: bytes
    proved_ms: int


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as the page of its person lists it; `mine` is the one that asks."""

    id: str
    address: str
    began_ms: int
    seen_ms: int
    mine: bool


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a browser is given: the secret for its cookie, once."""

    secret: str
    session: Session


class SecondNeededError(RefusedError):
    """The password was right; `secret` stands for that until the code is given.

    Without an app there is no code: only a passkey helps.
    """

    def __init__(self, secret: str, *, app: bool = True) -> None:
        """Keep the secret that comes back with the code."""
        super().__init__("second", "give the second factor")
        self.secret, self.app = secret, app


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its person sees it."""

    id: str
    name: str
    created_ms: int
    used_ms: int | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody has beside the password; codes are for when the app is lost."""

    app: bool
    codes: int
    passkeys: tuple[Passkey, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret for an app, to type, and as what a QR code says."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failed tries on one account or from one address."""

    failures: int
    first_ms: int
    rests_until_ms: int


@dataclass(frozen=True, slots=True)
class EntryRules:
    """What holds for signing in: a text to read first, and networks; none is all."""

    banner: str = ""
    networks: tuple[str, ...] = ()
    needs: Mapping[str, Need] = field(default_factory=dict[str, Need])
    """What people of a role need beside the password, by the role's id."""


@dataclass(frozen=True, slots=True)
class NewPassword:
    """What somebody typed to change their password."""

    old: str
    new: str
    again: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody typed, and from where."""

    name: str
    password: str
    address: str
