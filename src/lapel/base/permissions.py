"""What a person, an app or a client of the API may do: one enum for all doors.

A permission is written `scope:resource:action`. Its scope says on whose things it acts;
`any` is everything of the agency. Some make no sense without others (who downloads a
recording has to be able to watch it): `with_needs` adds those.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    """What may be done; every page and route names the one it needs."""

    FIND = "any:recordings:find"
    WATCH = "any:recordings:watch"
    EDIT = "any:recordings:edit"
    DOWNLOAD = "any:recordings:download"
    DECIDE = "any:recordings:decide"
    CUSTODY = "any:custody:read"
    CUSTODY_EXPORT = "any:custody:export"
    DEVICES = "any:devices:see"
    ADOPT = "any:devices:adopt"
    ASSIGN = "any:devices:assign"
    RELEASE = "any:devices:release"
    VIEW = "any:cameras:view"
    VEHICLES = "any:vehicles:edit"
    SETTINGS = "any:settings:edit"
    PUBLISH = "any:settings:publish"
    BLUETOOTH = "any:bluetooth:edit"
    COMPLIANCE = "any:compliance:see"
    PEOPLE = "any:people:see"
    PEOPLE_EDIT = "any:people:edit"
    GROUPS = "any:groups:edit"
    ROLES = "any:roles:edit"
    CLIENTS = "any:clients:edit"
    AGENCY = "any:agency:edit"


_P = Permission
NEEDS: Final[Mapping[Permission, frozenset[Permission]]] = MappingProxyType(
    {
        _P.WATCH: frozenset({_P.FIND}),
        _P.EDIT: frozenset({_P.WATCH}),
        _P.DOWNLOAD: frozenset({_P.WATCH}),
        _P.DECIDE: frozenset({_P.DEVICES}),
        _P.CUSTODY_EXPORT: frozenset({_P.CUSTODY}),
        _P.ADOPT: frozenset({_P.DEVICES}),
        _P.ASSIGN: frozenset({_P.DEVICES, _P.PEOPLE}),
        _P.RELEASE: frozenset({_P.DEVICES}),
        _P.VEHICLES: frozenset({_P.DEVICES}),
        _P.SETTINGS: frozenset({_P.DEVICES}),
        _P.PUBLISH: frozenset({_P.SETTINGS}),
        _P.BLUETOOTH: frozenset({_P.PUBLISH}),
        _P.COMPLIANCE: frozenset({_P.DEVICES}),
        _P.PEOPLE_EDIT: frozenset({_P.PEOPLE}),
        _P.GROUPS: frozenset({_P.PEOPLE}),
        _P.ROLES: frozenset({_P.PEOPLE}),
        _P.CLIENTS: frozenset({_P.PEOPLE}),
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
