"""Requests over a session: who may ask what, and what is asked (formats 1, R6.1, R6.2).

A closed list. Whatever is asked is permitted with its checked arguments, or denied with
a code and a reason; nothing in the list deletes, alters, exports or starts a recording.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lapel.base.errors import MalformedError
from lapel.wire import cbor
from lapel.wire.control import (
    PLAIN_MOST,
    Annotation,
    LinkVerb,
    Listed,
    Nothing,
    Position,
    Recordings,
    RecordingsBefore,
    SettingsChange,
    SettingsFrom,
    Source,
    State,
    WearerSettings,
    is_line,
)
from lapel.wire.document import Document
from lapel.wire.grant import GrantRole
from lapel.wire.port import Answer, Code, Request
from lapel.wire.settings import Permitted, Settings

_AROUND: Final = 64
"""Bytes of an answer around what it lists."""

_APPS: Final = frozenset({GrantRole.VIEW, GrantRole.VIEW_XL})
_CAR: Final = frozenset({GrantRole.VIEW_XL})

ROLES: Final[Mapping[LinkVerb, frozenset[GrantRole]]] = {
    LinkVerb.STATE: _APPS,
    LinkVerb.SETTINGS_GET: _APPS,
    LinkVerb.SETTINGS_SET: _APPS,
    LinkVerb.RECORDINGS: _APPS,
    LinkVerb.ANNOTATE: _APPS,
    LinkVerb.LIVE_START: _APPS,
    LinkVerb.LIVE_STOP: _APPS,
    LinkVerb.REPLAY_START: _APPS,
    LinkVerb.REPLAY_SEEK: _APPS,
    LinkVerb.REPLAY_STOP: _APPS,
    LinkVerb.WIFI_UP: _APPS,
    LinkVerb.WIFI_DOWN: _APPS,
    LinkVerb.VEHICLE_NETWORK: _CAR,
    LinkVerb.PRIORITISE: _CAR,
    LinkVerb.UNPAIR: _APPS,
}
"""Which roles may ask which verb."""

PLACES: Final[Mapping[GrantRole, frozenset[Source]]] = {
    GrantRole.CAMERA: frozenset(),
    GrantRole.VIEW: frozenset({Source.PHONE}),
    GrantRole.VIEW_XL: frozenset({Source.PHONE, Source.VEHICLE}),
}
"""By which receivers an app of a role may say where something was."""

ARGUMENTS: Final[Mapping[LinkVerb, type[Document]]] = {
    LinkVerb.STATE: Nothing,
    LinkVerb.SETTINGS_GET: SettingsFrom,
    LinkVerb.SETTINGS_SET: SettingsChange,
    LinkVerb.RECORDINGS: RecordingsBefore,
    LinkVerb.ANNOTATE: Annotation,
    LinkVerb.UNPAIR: Nothing,
}
"""Verbs that are served; the others are refused."""

RESULTS: Final[Mapping[LinkVerb, type[Document]]] = {
    LinkVerb.STATE: State,
    LinkVerb.SETTINGS_GET: WearerSettings,
    LinkVerb.RECORDINGS: Recordings,
}
"""What a verb gives when it is done; the others give nothing."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the agency's settings say: what the wearer may change, and categories."""

    permitted: frozenset[Permitted] = frozenset()
    categories: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> "Rules":
        """Take them from settings; a category that is no line cannot be offered."""
        categories = tuple(one for one in settings.categories if is_line(one))
        return cls(frozenset(settings.permitted), categories)


@dataclass(frozen=True, slots=True)
class Permit:
    """Go on: this verb, with these arguments."""

    number: int
    verb: LinkVerb
    arguments: Document


@dataclass(frozen=True, slots=True)
class Denied:
    """Answer so, and change nothing."""

    number: int
    code: Code
    reason: str

    def answer(self) -> Answer:
        """Give the answer that says so."""
        return Answer(self.number, self.code, {1: self.reason})


def judge(plain: bytes, role: GrantRole, rules: Rules) -> Permit | Denied:
    """Judge what an app of this role asks.

    1. It is a request (else `MalformedError`: the link ends). 2. Its verb exists.
    3. The role may ask it. 4. It is served. 5. Its arguments fit. 6. The agency's
    settings permit what it would change, and it tells a place by a receiver of its own.
    """
    request = Request.decode(plain)
    number = request.number
    try:
        verb = LinkVerb(request.verb)
    except ValueError:
        return Denied(number, Code.UNKNOWN_VERB, "verb")
    if role not in ROLES[verb]:
        return Denied(number, Code.NOT_PERMITTED, "role")
    if verb not in ARGUMENTS:
        return Denied(number, Code.NOT_PERMITTED, "not-served")
    try:
        arguments = ARGUMENTS[verb].of(request.arguments)
    except MalformedError:
        return Denied(number, Code.MALFORMED, "arguments")
    against = _against(arguments, role, rules)
    if against:
        return Denied(number, Code.NOT_PERMITTED, against)
    return Permit(number, verb, arguments)


def _against(arguments: Document, role: GrantRole, rules: Rules) -> str | None:
    match arguments:
        case SettingsChange() if arguments.asked - rules.permitted:
            return "setting"
        case Annotation(category=str(category)) if category not in rules.categories:
            return "category"
        case Annotation(position=Position(source=source)) if source not in PLACES[role]:
            return "source"
        case _:
            return None


def recordings_page(listed: Sequence[Listed], asked: RecordingsBefore) -> Recordings:
    """Give the page that was asked for, as long as one frame allows."""
    newest_first = sorted(listed, key=lambda one: one.seq, reverse=True)
    left = [one for one in newest_first if asked.seq is None or one.seq < asked.seq]
    taken = _fitting([len(one.encode()) for one in left])
    return Recordings(tuple(left[:taken]), taken < len(left))


def settings_page(chosen: WearerSettings, rules: Rules, first: int) -> WearerSettings:
    """Give what the wearer has chosen, with the rules and categories from `first`."""
    left = rules.categories[first:]
    taken = _fitting([len(cbor.encode(one)) for one in left])
    return replace(
        chosen,
        permitted=tuple(sorted(rules.permitted)),
        categories=left[:taken],
        more=taken < len(left),
    )


def _fitting(sizes: Sequence[int]) -> int:
    room = PLAIN_MOST - _AROUND
    for number, size in enumerate(sizes):
        room -= size
        if room < 0:
            return number
    return len(sizes)
