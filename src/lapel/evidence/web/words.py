"""Words for people: verdicts, acts, reasons. Every text goes through the catalogue."""

import gettext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from typing_extensions import override

from lapel.base.permissions import Permission
from lapel.evidence.items.model import Item
from lapel.evidence.items.service import Opened
from lapel.evidence.web.clock import Local, length

Catalogue = gettext.NullTranslations

APOSTROPHE: Final = "\u2019"
_FOLDER: Final = Path(__file__).parent / "locale"


class English(gettext.NullTranslations):
    """The texts as they stand in the source, with a printer's apostrophe."""

    @override
    def gettext(self, message: str) -> str:
        """Give a text."""
        return message.replace("'", APOSTROPHE)

    @override
    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Give a text for a count."""
        return self.gettext(msgid1 if n == 1 else msgid2)


def catalogue(language: str = "en") -> Catalogue:
    """Load the catalogue of a language; English is what stands in the source."""
    if language == "en":
        return English()
    return gettext.translation("lapel", _FOLDER, [language], fallback=True)


def permissions(words: Catalogue) -> dict[str, str]:
    """Say what each permission allows."""
    _ = words.gettext
    return {
        Permission.OWN_FIND: _("Find one's own recordings"),
        Permission.OWN_WATCH: _("Watch one's own recordings"),
        Permission.OWN_EDIT: _("Edit titles, ids and categories of one's own"),
        Permission.OWN_DOWNLOAD: _("Download one's own recordings with their proof"),
        Permission.GROUP_FIND: _("Find recordings of one's groups"),
        Permission.GROUP_WATCH: _("Watch recordings of one's groups"),
        Permission.GROUP_EDIT: _("Edit titles, ids and categories in one's groups"),
        Permission.GROUP_DOWNLOAD: _(
            "Download recordings of one's groups with their proof"
        ),
        Permission.FIND: _("Find all recordings"),
        Permission.WATCH: _("Watch all recordings"),
        Permission.EDIT: _("Edit titles, ids and categories of all"),
        Permission.DOWNLOAD: _("Download all recordings with their proof"),
        Permission.RESTRICTED: _("See restricted recordings"),
        Permission.CONFIDENTIAL: _("See confidential recordings, with a reason"),
        Permission.CLASSIFY: _("Restrict recordings, and name who may see them"),
        Permission.DECIDE: _("Decide on what is held aside"),
        Permission.CUSTODY: _("Read the custody log"),
        Permission.DEVICES: _("See devices and the state of the server"),
        Permission.ASSIGN: _("Give cameras to people and take them back"),
        Permission.EDIT_DEVICES: _(
            "Say that devices are lost or found, release them, take apps out of use"
        ),
        Permission.SETTINGS: _("Choose what cameras do and allow"),
        Permission.VIEW: _("Use View with one's own cameras"),
        Permission.PEOPLE: _("See people, groups and roles"),
        Permission.EDIT_PEOPLE: _("Invite people, give roles, close accounts"),
        Permission.GROUPS: _("Make groups and choose who is in them"),
        Permission.CLIENTS: _("Let programs in, and end them"),
        Permission.ENTRY: _("Set what holds for signing in"),
        Permission.ROLES: _("Make roles and choose what they allow"),
    }


@dataclass(frozen=True, slots=True)
class Badge:
    """A state: word, shape and colour, always the three."""

    word: str
    icon: str
    tone: str


def badge(item: Item, words: Catalogue) -> Badge:
    """Give the verdict of a recording as a badge."""
    _ = words.gettext
    if item.found_bad_ms is not None:
        return Badge(_("Stored file changed"), "s-bad", "bad")
    if item.verdict == "authentic":
        return Badge(_("Unchanged"), "s-good", "good")
    return Badge(_("Ends in a power cut"), "s-part", "good")


def verdict_sentence(item: Item, local: Local, words: Catalogue) -> str:
    """Say in one sentence what is known, and up to where."""
    _ = words.gettext
    span = {"start": local.clock(item.start_ms), "end": local.clock(item.end_ms)}
    if item.found_bad_ms is not None:
        return _(
            "The file that lies here is not what came in. What came in was checked "
            "and has its receipt; bring this file back from the backup."
        )
    if item.verdict == "authentic":
        return (
            _(
                "Nothing in this recording was changed since the camera signed it, "
                "%(start)s to %(end)s."
            )
            % span
        )
    return (
        _(
            "Nothing was changed from %(start)s to %(end)s, when the camera lost "
            "power. It has signed that nothing after that was recorded."
        )
        % span
    )


def clock_words(quality: int, words: Catalogue) -> str:
    """Say how well the camera's clock was known."""
    _ = words.gettext
    return {
        0: _("The camera's clock was not set: its times prove no hour of the day."),
        1: _("The camera's clock ran by itself since it was last set."),
        2: _("The camera's clock was set by the dock."),
        3: _("The camera's clock was set from the server's signed time."),
    }[quality]


def reasons(opened: Opened, agency: str, words: Catalogue) -> list[str]:
    """Say why the verdict is what it is, one fact a line."""
    _, many = words.gettext, words.ngettext
    story, item = opened.story, opened.item
    parts = many(
        "The one part, about a second, carries the signature of camera %(serial)s.",
        "All %(count)d parts, about one a second, carry the signature of camera "
        "%(serial)s.",
        story.units,
    )
    told = [
        parts % {"count": story.units, "serial": item.serial},
        _("None is missing, doubled or out of order."),
        _("The camera's key was certified by %(anchor)s for %(agency)s.")
        % {"anchor": story.anchor, "agency": agency},
        clock_words(item.clock, words),
    ]
    if item.sealed:
        told.append(_("It came sealed, and lies here sealed as it came."))
    return told


def silence(opened: Opened, local: Local, words: Catalogue) -> list[str]:
    """Say what the verdict does not say."""
    _ = words.gettext
    told = [
        _(
            "It does not say who or what the picture shows, nor what the camera did "
            "not see."
        )
    ]
    for run in opened.story.sounds:
        if run.sound == 2:
            span = {
                "start": local.clock(opened.item.start_ms + run.start_ms),
                "end": local.clock(opened.item.start_ms + run.end_ms),
            }
            told.append(_("While muted, %(start)s to %(end)s, no sound exists.") % span)
    if opened.item.clock < 3:
        told.append(_("Clock times rest on the camera's own clock."))
    if not opened.story.encoded_here:
        told.append(_("The picture was encoded before it reached the recorder."))
    return told


def trigger(kind: int, words: Catalogue) -> str:
    """Say what started a recording."""
    _ = words.gettext
    return {
        0: _("by the Event button"),
        1: _("by a Signal activation"),
        2: _("on request"),
        3: _("as the continuation of a long recording"),
    }.get(kind, _("by something else"))


def ending(reason: int, words: Catalogue) -> str:
    """Say why a recording ended."""
    _ = words.gettext
    return {
        0: _("Recording ends: Event was held for 3 s"),
        1: _("Recording ends: it goes on in the next file"),
        2: _("Recording ends: the camera's memory is full"),
        3: _("Recording ends: the battery is empty"),
        4: _("Recording ends: the camera lost power"),
        5: _("Recording ends: the camera had a fault"),
        6: _("Recording ends: it was recovered after a restart"),
        7: _("Recording ends: the camera was docked"),
    }[reason]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of moments: when, which icon, what."""

    ms: int
    icon: str
    text: str
    strong: str = ""


def moments(opened: Opened, words: Catalogue) -> list[Line]:
    """List what happened, from the camera's own record."""
    _ = words.gettext
    story, item = opened.story, opened.item
    lines: list[Line] = []
    if story.pre_event_ms:
        kept = {"length": length(story.pre_event_ms)}
        silent = bool(story.sounds) and story.sounds[0].sound == 0
        text = (
            _("Picture begins: %(length)s kept from before the start, without sound")
            if silent
            else _("Picture begins: %(length)s kept from before the start")
        )
        lines.append(Line(0, "clock", text % kept))
    started = ", " + trigger(story.trigger, words)
    lines.append(
        Line(
            min(story.pre_event_ms, item.length_ms),
            "bolt" if story.trigger == 1 else "s-rec",
            started,
            _("Recording starts"),
        )
    )
    lines += [_moment(m.kind, m.ms, m.number, words) for m in story.moments]
    lines.append(Line(item.length_ms, "s-off", ending(story.reason, words)))
    return sorted(lines, key=lambda line: line.ms)


def _moment(kind: str, ms: int, number: int, words: Catalogue) -> Line:
    _ = words.gettext
    if kind == "marker":
        strong = _("Marker %(number)d") % {"number": number}
        return Line(ms, "flag", _(", by the wearer"), strong)
    if kind == "muted":
        text = _(" by the wearer, for %(length)s") % {"length": length(number)}
        return Line(ms, "mic-off", text, _("Microphone muted"))
    return Line(ms, "mic", _("Sound is on again"))
