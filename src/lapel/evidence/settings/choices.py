"""What can be set on cameras, and how partial choices make one policy; no I/O.

A layer is what somebody chose for the agency, a role, a group of people or one of
devices, and nothing else.
Layers lie in an order; for each setting the last one that says something counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec

from lapel.base.errors import RefusedError
from lapel.evidence.settings.model import Policy
from lapel.wire.settings import PRE_EVENT_MOST_S, Permitted, Quality

Value = bool | int | tuple[int, ...]
Choices = Mapping[str, Value]
AGENCY: Final = "agency"
"""The scope of the layer that lies under all others."""


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from `least` to `most`, in a unit that the name ends with."""

    name: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some numbers."""

    name: str
    known: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SomeOf:
    """Any of some numbers."""

    name: str
    known: tuple[int, ...]


Setting = Switch | Number | OneOf | SomeOf
SETTINGS: Final[tuple[Setting, ...]] = (
    Switch("bluetooth"),
    Switch("view_pairing"),
    Switch("pairing_grant"),
    Switch("pairing_compared"),
    Switch("pairing_button"),
    Switch("signal"),
    SomeOf("permitted", tuple(int(one) for one in Permitted)),
    Number("pre_event_s", 0, PRE_EVENT_MOST_S),
    Switch("pre_event_sound"),
    OneOf("quality", tuple(int(one) for one in Quality)),
    Number("rollover_s", 60, 86_400),
    Switch("sealing"),
    Switch("replay"),
    Switch("wifi"),
    Switch("slate"),
    Switch("delete_unopened"),
)
"""Every setting of a policy, in the order of the page."""
BY_NAME: Final = MappingProxyType({one.name: one for one in SETTINGS})


@dataclass(frozen=True, slots=True)
class Layer:
    """What was chosen for a scope: `agency`, `role/ID`, `group/ID`, `devices/ID`."""

    scope: str
    version: int
    rank: int
    choices: Choices


@dataclass(frozen=True, slots=True)
class Layered:
    """One policy, and which scope each setting comes from; empty: the product's own."""

    policy: Policy
    origin: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting before and after; None where nothing was chosen."""

    name: str
    before: Value | None
    after: Value | None


def read(raw: Mapping[str, object]) -> Choices:
    """Check choices; raises RefusedError `setting` and changes nothing."""
    found: dict[str, Value] = {}
    for name, value in raw.items():
        setting = BY_NAME.get(name)
        if setting is None:
            raise RefusedError("setting", f"there is no setting {name}")
        found[name] = _fits(setting, value)
    return MappingProxyType(found)


def _fits(setting: Setting, value: object) -> Value:
    wrong = RefusedError("setting", f"{setting.name} cannot be {value!r}")
    if isinstance(setting, Switch):
        if isinstance(value, bool):
            return value
        raise wrong
    if isinstance(setting, SomeOf):
        try:
            numbers = msgspec.convert(value, tuple[int, ...])
        except msgspec.ValidationError as error:
            raise wrong from error
        if len(set(numbers)) != len(numbers) or not {*numbers} <= {*setting.known}:
            raise wrong
        return tuple(sorted(numbers))
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong
    known = (
        setting.known
        if isinstance(setting, OneOf)
        else range(setting.least, setting.most + 1)
    )
    if value not in known:
        raise wrong
    return value


def layered(layers: Iterable[Layer]) -> Layered:
    """Lay layers over each other in their order; the last word on a setting counts."""
    values: dict[str, Value] = {}
    origin: dict[str, str] = dict.fromkeys(BY_NAME, "")
    for layer in in_order(layers):
        values |= layer.choices
        origin |= dict.fromkeys(layer.choices, layer.scope)
    return Layered(msgspec.convert(values, Policy), MappingProxyType(origin))


def in_order(layers: Iterable[Layer]) -> list[Layer]:
    """Sort layers: the agency's first, then by rank, then by scope."""
    return sorted(layers, key=lambda one: (one.scope != AGENCY, one.rank, one.scope))


def that_apply(layers: Sequence[Layer], scopes: frozenset[str]) -> list[Layer]:
    """Give the layers of the agency and of these scopes."""
    return [one for one in layers if one.scope == AGENCY or one.scope in scopes]


def differences(before: Choices, after: Choices) -> tuple[Difference, ...]:
    """Say which settings differ between two choices."""
    return tuple(
        Difference(name, before.get(name), after.get(name))
        for name in BY_NAME
        if before.get(name) != after.get(name)
    )


def all_of(policy: Policy) -> Choices:
    """Give every setting of a policy as a choice."""
    return read(msgspec.to_builtins(policy))


def beginning(scope: str) -> Choices:
    """Give what counts before anything was chosen: for the agency, the product's own.

    For a role or group nothing does: what lies under it counts.
    """
    return all_of(Policy()) if scope == AGENCY else {}


def told(differing: Iterable[Difference]) -> str:
    """Write differences as the custody log keeps them."""
    return "; ".join(
        f"{one.name}: {_word(one.before)} -> {_word(one.after)}" for one in differing
    )


def _word(value: Value | None) -> str:
    if value is None:
        return "not chosen"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(str(one) for one in value) or "none"
    return str(value)
