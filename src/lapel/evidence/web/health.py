"""The state of the server in lines: what is not well, what it means, what to do."""

import os
from dataclasses import dataclass

from lapel.crypto.certs import Certificate
from lapel.evidence.custody import witnesses
from lapel.evidence.devices import service as devices
from lapel.evidence.devices.model import Kind
from lapel.evidence.journals import rules as journal_rules
from lapel.evidence.journals import service as journals
from lapel.evidence.site import Site
from lapel.evidence.tenants import door
from lapel.evidence.web.clock import size
from lapel.evidence.web.words import Catalogue

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
DISK_LEAST = 5_000_000_000
CERTIFICATE_MS = 30 * DAY_MS
WITNESS_MS = HOUR_MS
"""How long a witness may be away before somebody has to ask."""
OVERDUE_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the state page."""

    well: bool
    what: str
    meaning: str
    act: str = ""


def lines(site: Site, words: Catalogue) -> list[Line]:
    """List everything that is looked after, what is unwell first."""
    found = [
        _disk(site, words),
        _signer(site, words),
        *_witnesses(site, words),
        _certificate(site, words),
        *_journals(site, words),
        *_overdue(site, words),
        *_turned_up(site, words),
    ]
    return sorted(found, key=lambda line: line.well)


def unwell(site: Site, words: Catalogue) -> list[Line]:
    """List what somebody must act on."""
    return [line for line in lines(site, words) if not line.well]


def _disk(site: Site, words: Catalogue) -> Line:
    _ = words.gettext
    room = os.statvfs(site.ground.folder.root)
    free = room.f_bavail * room.f_frsize
    if free >= DISK_LEAST:
        return Line(
            well=True,
            what=_("Disk"),
            meaning=_("%(free)s are free.") % {"free": size(free)},
        )
    return Line(
        well=False,
        what=_("The disk is nearly full"),
        meaning=_("%(free)s are left. When they are used up, nothing more is taken in.")
        % {"free": size(free)},
        act=_("Add room, or move recordings whose time is over."),
    )


def _signer(site: Site, words: Catalogue) -> Line:
    _ = words.gettext
    if not site.checkpoints.alarm:
        return Line(
            well=True,
            what=_("Custody log"),
            meaning=_("The newest checkpoint is signed."),
        )
    return Line(
        well=False,
        what=_("The custody log is not signed any more"),
        meaning=site.checkpoints.alarm,
        act=_("No receipt is given until this is settled. Nothing is lost on cameras."),
    )


def _witnesses(site: Site, words: Catalogue) -> list[Line]:
    _ = words.gettext
    with site.database.read() as connection:
        asked = witnesses.everybody(connection, site.tenant.id)
    now = site.ground.clock.utc_ms()
    lines: list[Line] = []
    for one in asked:
        since = one.time_ms or one.added_ms
        away = bool(one.fault) and now - since >= WITNESS_MS
        if not away and not one.grave:
            meaning = _("It has cosigned the first %(size)d acts.") % {"size": one.size}
            what = _("Witness %(name)s") % {"name": one.name}
            lines.append(Line(well=True, what=what, meaning=meaning))
            continue
        what = _("The custody log is not witnessed by %(name)s") % {"name": one.name}
        hours = (now - since) // HOUR_MS
        meaning = _("For %(hours)d hours: %(fault)s") % {
            "hours": hours,
            "fault": one.fault,
        }
        act = _("Ask who runs the witness. Receipts are given all the same.")
        lines.append(Line(well=False, what=what, meaning=meaning, act=act))
    return lines


def _certificate(site: Site, words: Catalogue) -> Line:
    _ = words.gettext
    path = site.ground.folder.door / door.CERTIFICATE
    now = site.ground.clock.utc_ms()
    ends = now + DAY_MS * 365
    if path.exists():
        ends = Certificate.from_pem(path.read_bytes()).validity.end_ms
    days = (ends - now) // DAY_MS
    if ends - now > CERTIFICATE_MS:
        return Line(
            well=True,
            what=_("Certificate of the device door"),
            meaning=_("It is good for %(days)d days more.") % {"days": days},
        )
    return Line(
        well=False,
        what=_("The certificate of the device door ends soon"),
        meaning=_("It is good for %(days)d days more.") % {"days": days},
        act=_("Restart the server: it issues itself a new one."),
    )


def _journals(site: Site, words: Catalogue) -> list[Line]:
    _ = words.gettext
    with site.database.read() as connection:
        faults = journals.faults(connection, site.tenant.id)
    texts = {
        journal_rules.GAP: _("Entries of its journal are missing from number %(seq)d."),
        journal_rules.FORK: _("Its journal has two entries of number %(seq)d."),
    }
    return [
        Line(
            well=False,
            what=_("Camera %(serial)s") % {"serial": fault.serial},
            meaning=texts[fault.kind] % {"seq": fault.seq},
            act=_("Inspect the camera; it may have been copied or restored."),
        )
        for fault in faults
    ]


def _overdue(site: Site, words: Catalogue) -> list[Line]:
    _ = words.gettext
    now = site.ground.clock.utc_ms()
    return [
        Line(
            well=False,
            what=_("Camera %(serial)s is overdue") % {"serial": device.serial},
            meaning=_("It was in no dock for a week."),
            act=_("Ask who has it."),
        )
        for device in site.devices.everything()
        if device.kind is Kind.CAMERA
        and device.serves
        and device.seen_ms is not None
        and now - device.seen_ms > OVERDUE_MS
    ]


def _turned_up(site: Site, words: Catalogue) -> list[Line]:
    """Name lost cameras that were in a dock since."""
    _ = words.gettext
    with site.database.read() as connection:
        found = devices.turned_up(connection, site.tenant.id)
    return [
        Line(
            well=False,
            what=_("A lost camera was in a dock"),
            meaning=_("Camera %(camera)s was in dock %(dock)s after it was lost.")
            % {"camera": serial, "dock": dock},
            act=_("Find out who brought it, then say on its page that it was found."),
        )
        for serial, dock, _when in found
    ]
