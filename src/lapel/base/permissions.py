"""What a person, an app or a client of the API may do: one enum for all doors.

A permission is written `scope:resource:action`. Its scope says on whose things it acts;
`any` is everything of the agency, `own` what was given to oneself or recorded by
oneself, `group` also what those recorded who are in a group with oneself. Some make no
sense without others (who downloads a recording has to be able to watch it):
`with_needs` adds those.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    """What may be done; every page and route names the one it needs."""

    OWN_FIND = "own:recordings:find"
    OWN_WATCH = "own:recordings:watch"
    OWN_EDIT = "own:recordings:edit"
    OWN_DOWNLOAD = "own:recordings:download"
    GROUP_FIND = "group:recordings:find"
    GROUP_WATCH = "group:recordings:watch"
    GROUP_EDIT = "group:recordings:edit"
    GROUP_DOWNLOAD = "group:recordings:download"
    FIND = "any:recordings:find"
    WATCH = "any:recordings:watch"
    EDIT = "any:recordings:edit"
    DOWNLOAD = "any:recordings:download"
    RESTRICTED = "any:restricted:see"
    CONFIDENTIAL = "any:confidential:see"
    CLASSIFY = "any:recordings:classify"
    DECIDE = "any:recordings:decide"
    CUSTODY = "any:custody:read"
    DEVICES = "any:devices:see"
    ASSIGN = "any:devices:assign"
    EDIT_DEVICES = "any:devices:edit"
    SETTINGS = "any:settings:edit"
    VIEW = "own:cameras:view"
    PEOPLE = "any:people:see"
    EDIT_PEOPLE = "any:people:edit"
    GROUPS = "any:groups:edit"
    ROLES = "any:roles:edit"
    ENTRY = "any:sign-in:edit"
    CLIENTS = "any:programs:edit"


class Deed(StrEnum):
    """What is done with a recording; each is permitted in three scopes."""

    FIND = "find"
    WATCH = "watch"
    EDIT = "edit"
    DOWNLOAD = "download"


class Scope(StrEnum):
    """On whose recordings, from few to all."""

    OWN = "own"
    GROUP = "group"
    ANY = "any"


SCOPED: Final[Mapping[Deed, Mapping[Scope, Permission]]] = MappingProxyType(
    {
        deed: MappingProxyType(
            {scope: Permission(f"{scope}:recordings:{deed}") for scope in Scope}
        )
        for deed in Deed
    }
)
"""The permission for a deed in a scope."""

NEEDS: Final[Mapping[Permission, frozenset[Permission]]] = MappingProxyType(
    {
        Permission.OWN_WATCH: frozenset({Permission.OWN_FIND}),
        Permission.OWN_EDIT: frozenset({Permission.OWN_WATCH}),
        Permission.OWN_DOWNLOAD: frozenset({Permission.OWN_WATCH}),
        Permission.GROUP_WATCH: frozenset({Permission.GROUP_FIND}),
        Permission.GROUP_EDIT: frozenset({Permission.GROUP_WATCH}),
        Permission.GROUP_DOWNLOAD: frozenset({Permission.GROUP_WATCH}),
        Permission.CLASSIFY: frozenset({Permission.WATCH, Permission.PEOPLE}),
        Permission.WATCH: frozenset({Permission.FIND}),
        Permission.EDIT: frozenset({Permission.WATCH}),
        Permission.DOWNLOAD: frozenset({Permission.WATCH}),
        Permission.DECIDE: frozenset({Permission.DEVICES}),
        Permission.ASSIGN: frozenset({Permission.DEVICES, Permission.PEOPLE}),
        Permission.EDIT_DEVICES: frozenset({Permission.DEVICES}),
        Permission.SETTINGS: frozenset({Permission.DEVICES}),
        Permission.EDIT_PEOPLE: frozenset({Permission.PEOPLE}),
        Permission.GROUPS: frozenset({Permission.PEOPLE}),
        Permission.ROLES: frozenset({Permission.PEOPLE}),
        Permission.ENTRY: frozenset({Permission.PEOPLE}),
    }
)
"""What a permission makes no sense without; one that is not here stands alone."""


def with_needs(wanted: Iterable[Permission]) -> frozenset[Permission]:
    """Give `wanted` and all that they need, and what those need, to the end."""
    found: set[Permission] = set()
    open_ones = list(wanted)
    while open_ones:
        one = open_ones.pop()
        if one not in found:
            found.add(one)
            open_ones.extend(NEEDS.get(one, ()))
    return frozenset(found)


def reach(held: frozenset[Permission], deed: Deed) -> Scope | None:
    """Give the widest scope in which `held` allows a deed; None for none."""
    found = [scope for scope in Scope if SCOPED[deed][scope] in held]
    return found[-1] if found else None


def covered(held: frozenset[Permission]) -> frozenset[Permission]:
    """Give `held`, and what it allows anyhow: a wider scope has the narrower in it."""
    found = set(held)
    for scopes in SCOPED.values():
        wide = False
        for scope in (Scope.ANY, Scope.GROUP, Scope.OWN):
            wide = wide or scopes[scope] in held
            if wide:
                found.add(scopes[scope])
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Stop; `reason` is a stable word, for the log and never for a stranger's page."""

    reason: str


Decision = Allowed | Denied


def decide(held: frozenset[Permission], wanted: Permission) -> Decision:
    """Judge whether who holds `held` may do `wanted`."""
    return Allowed() if wanted in held else Denied(f"lacks {wanted}")
