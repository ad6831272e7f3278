"""Words of the settings: what each is called, what it does, what it puts on the air."""

from dataclasses import dataclass
from typing import Final

from lapel.evidence.settings.choices import (
    BY_NAME,
    Number,
    OneOf,
    SomeOf,
    Switch,
    Value,
)
from lapel.evidence.web.words import Catalogue
from lapel.wire.settings import Permitted, Quality


@dataclass(frozen=True, slots=True)
class Wording:
    """One setting as a person reads it; `air` is empty where nothing is emitted."""

    name: str
    label: str
    hint: str
    air: str = ""
    asleep: bool = False
    """Whether cameras carry it and do not act on it yet."""


def sections(words: Catalogue) -> list[tuple[str, tuple[Wording, ...]]]:
    """Give every setting, by section, in the order of the page."""
    _ = words.gettext
    return [
        (_("Bluetooth"), (*_radio(words), *_pairing(words), *_signals(words))),
        (_("Recording"), _recording(words)),
        (_("On the camera"), _keeping(words)),
    ]


def _radio(words: Catalogue) -> tuple[Wording, ...]:
    _ = words.gettext
    return (
        Wording(
            "bluetooth",
            _("Bluetooth"),
            _("Off: no View, no Signal, no Slate, no Wi-Fi. The camera is silent."),
            _(
                "On, with View on: an advert ten times a second, whose address, name "
                "and token change together every 15 minutes and look random. Its shape "
                "shows what kind of device is there. It does not change when a "
                "recording begins or ends."
            ),
        ),
        Wording(
            "view_pairing",
            _("View"),
            _(
                "Off: no new pairing, and no session of a phone that was paired. "
                "Pairings are kept for when it is on again."
            ),
            _(
                "In a session frames are encrypted; when they are sent and how long "
                "they are can be seen. Off: nothing is advertised."
            ),
        ),
    )


def _pairing(words: Catalogue) -> tuple[Wording, ...]:
    _ = words.gettext
    return (
        Wording(
            "pairing_grant",
            _("Pairing demands a grant"),
            _("Only an app that Evidence gave a grant is paired."),
        ),
        Wording(
            "pairing_compared",
            _("Pairing demands that codes are compared"),
            _("People compare six digits or eight colours on both devices."),
        ),
        Wording(
            "pairing_button",
            _("Having pressed the buttons is enough"),
            _(
                "On: a phone without grant or comparison may pair. Somebody who stands "
                "between at that moment is not noticed."
            ),
        ),
        Wording(
            "permitted",
            _("What a wearer may change in View"),
            _("Nothing that is changed there touches what is recorded."),
        ),
    )


def _signals(words: Catalogue) -> tuple[Wording, ...]:
    _ = words.gettext
    return (
        Wording(
            "signal",
            _("Signal"),
            _("Accessories of the agency make cameras record."),
            _("Cameras listen and send nothing."),
            asleep=True,
        ),
        Wording(
            "slate",
            _("Slate"),
            _("Cameras hear each other, so that their videos can be played in step."),
            _("A second advert that changes with each slot."),
            asleep=True,
        ),
        Wording(
            "wifi",
            _("Wi-Fi"),
            _("Live and recorded video for a paired app."),
            _("A network of the camera's own while an app asks for it."),
            asleep=True,
        ),
    )


def _recording(words: Catalogue) -> tuple[Wording, ...]:
    _ = words.gettext
    return (
        Wording(
            "pre_event_s",
            _("Seconds kept from before the press"),
            _("0 to 120, as far as the camera's model can."),
        ),
        Wording(
            "pre_event_sound",
            _("Sound before the press"),
            _("Off: the time before the press is recorded without sound."),
        ),
        Wording(
            "quality",
            _("Picture"),
            _("Higher needs more room and a longer time in the dock."),
            asleep=True,
        ),
        Wording(
            "rollover_s",
            _("Seconds after which a recording goes on in a new file"),
            _("60 to 86400. Nothing is left out between the two."),
        ),
    )


def _keeping(words: Catalogue) -> tuple[Wording, ...]:
    _ = words.gettext
    return (
        Wording(
            "sealing",
            _("Seal recordings on the camera"),
            _(
                "On: only Evidence can open them. Off: whoever has the camera's "
                "storage can watch them; they are signed all the same."
            ),
        ),
        Wording(
            "replay",
            _("Replay on a paired app"),
            _("The camera keeps the key of each recording until it was taken in."),
            asleep=True,
        ),
        Wording(
            "delete_unopened",
            _("Erase what Evidence took in but could not open"),
            _(
                "On: a receipt for sealed bytes is enough. Off: the camera keeps its "
                "copy until somebody could look."
            ),
        ),
    )


def said(name: str, value: Value | None, words: Catalogue) -> str:
    """Say the value of a setting."""
    _ = words.gettext
    setting = BY_NAME[name]
    if value is None:
        return _("not chosen")
    if isinstance(setting, Switch):
        return _("On") if value else _("Off")
    if isinstance(setting, SomeOf) and isinstance(value, tuple):
        known = names_of(name, words)
        return ", ".join(known[one] for one in value) or _("Nothing")
    if isinstance(setting, OneOf) and isinstance(value, int):
        return names_of(name, words)[value]
    if isinstance(setting, Number):
        return _("%(count)s s") % {"count": value}
    return str(value)


def names_of(name: str, words: Catalogue) -> dict[int, str]:
    """Name the numbers that a setting takes; none for switches and seconds."""
    _ = words.gettext
    known: Final = {
        "permitted": {
            int(Permitted.VOLUME): _("Volume"),
            int(Permitted.VIBRATION): _("Vibration"),
            int(Permitted.LIGHTS): _("Lights"),
            int(Permitted.STEALTH): _("Stealth"),
        },
        "quality": {
            int(Quality.LOW): _("Low"),
            int(Quality.STANDARD): _("Standard"),
            int(Quality.HIGH): _("High"),
        },
    }
    return known.get(name, {})
