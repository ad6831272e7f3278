"""What a wearer said of a recording, for its page."""

from dataclasses import dataclass
from typing import Final

from lapel.evidence.journals.said import Said
from lapel.evidence.web.clock import Local
from lapel.evidence.web.words import Catalogue
from lapel.wire.control import Position, Source
from lapel.wire.linked import By
from lapel.wire.pairing import How

DEGREE: Final = 10_000_000
_NAME: Final = 8
"""Digits of an app's name that the page of devices shows too."""


@dataclass(frozen=True, slots=True)
class ToldSaid:
    """One annotation: when, what (label and text), and by which app."""

    ms: int
    when: str
    words: tuple[tuple[str, str], ...]
    by: str


def told_of(said: Said, local: Local, words: Catalogue) -> ToldSaid:
    """Put an annotation into words."""
    _ = words.gettext
    data = said.data
    pairs = (
        (_("Title"), data.title),
        (_("ID"), data.ident),
        (_("Category"), data.category),
        (_("Position"), _position(data.position, words)),
    )
    told = tuple((label, text) for label, text in pairs if text)
    when = local.clock(said.utc_ms) if said.clock else _("clock not set")
    return ToldSaid(said.utc_ms, when, told, _by(data.by, words))


def _by(by: By, words: Catalogue) -> str:
    _ = words.gettext
    known = {
        How.GRANT: _("With an app of the agency, %(holder)s."),
        How.COMPARED: _("With an app whose code was compared when it was paired."),
        How.BUTTON: _("With an app that was paired by pressing the camera's buttons."),
    }
    said = known[by.how]
    return said % {"holder": (by.holder or "")[:_NAME]} if by.how is How.GRANT else said


def _position(position: Position | None, words: Catalogue) -> str:
    if position is None:
        return ""
    _ = words.gettext
    source = {
        Source.PHONE: _("by the phone"),
        Source.VEHICLE: _("by the vehicle"),
        Source.CAMERA: _("by the camera"),
    }[position.source]
    north = (position.latitude - 90 * DEGREE) / DEGREE
    east = (position.longitude - 180 * DEGREE) / DEGREE
    within = "" if position.accuracy_m is None else f", ±{position.accuracy_m} m"
    return f"{north:.5f}, {east:.5f}{within}, {source}"
