"""Who looks at recordings: what they may see, and the reasons that they gave."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from lapel.base.errors import LapelError, MalformedError, NotFoundError
from lapel.base.ids import RecordingId, parse_recording_name
from lapel.base.permissions import Deed, reach
from lapel.evidence.custody.model import Logged
from lapel.evidence.items import service as items
from lapel.evidence.items.model import Guard, Item
from lapel.evidence.items.service import Opened
from lapel.evidence.site import Site
from lapel.evidence.web.eyes import eyes_of
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import AnyRequest, Visit, whole
from lapel.wire.custody import ObjectKind

REASON_MS: Final = 15 * 60_000
"""How long a reason holds after the last use of the recording."""


class ReasonNeededError(LapelError):
    """A confidential recording: whoever looks says why first, on its page."""

    code = "reason"

    def __init__(self, name: str, part: str = "") -> None:
        """Keep which page asks: the recording's own, or one below it."""
        super().__init__("say first why you look at this recording")
        self.asks = f"/recordings/{name}{part}"


def looking(request: AnyRequest, site: Site, deed: Deed) -> Visit:
    """Give the visit of somebody who may do this with some recording, if there is one.

    Raises SignInNeededError, or NotFoundError: what one may not see does not exist.
    """
    here = whole(request, site)
    if reach(here.session.person.permissions, deed) is not None:
        return here
    if deed in {Deed.FIND, Deed.WATCH}:
        with site.database.read() as connection:
            if items.is_named(connection, here.session.person.id):
                return here
    raise NotFoundError("there is no such page, or you may not see it")


def look(
    desk: Desk, connection: Connection, here: Visit, deed: Deed, name: str
) -> Opened:
    """Give a recording to whoever may do this with it.

    Raises NotFoundError, and ReasonNeededError for a confidential one without a reason.
    """
    recording, tenant = parse_recording_name(name), desk.site.tenant.id
    eyes = eyes_of(connection, here)
    opened = items.look(connection, tenant, eyes, deed, recording)
    guarded = opened.item.guard is Guard.CONFIDENTIAL
    if guarded and reason_of(desk, here, opened.item) is None:
        raise ReasonNeededError(name)
    return opened


def look_at_acts(desk: Desk, connection: Connection, here: Visit, name: str) -> Opened:
    """Give a recording to whoever reads what was done with it.

    Raises as `look` does; the page of its custody asks for the reason, since not
    everybody who reads the log may watch.
    """
    try:
        return look(desk, connection, here, Deed.FIND, name)
    except ReasonNeededError as error:
        raise ReasonNeededError(name, "/custody") from error


def texts_of(desk: Desk, here: Visit, opened: Opened) -> dict[int, str]:
    """Give what an act of looking says of a recording: its title, and why one looks."""
    why = reason_of(desk, here, opened.item)
    guarded = opened.item.guard is Guard.CONFIDENTIAL
    return {3: opened.item.title, **({5: why} if guarded and why else {})}


def read(desk: Desk, here: Visit, deed: Deed, name: str) -> Opened:
    """Give a recording as `look` does, in a transaction of its own."""
    with desk.site.database.read() as connection:
        return look(desk, connection, here, deed, name)


def reason_of(desk: Desk, here: Visit, item: Item) -> str | None:
    """Give the reason that this session gave; None when it is missing or too old."""
    key = (here.session.digest, item.id)
    now = desk.site.ground.clock.mono_ms()
    given = desk.reasons.get(key)
    if given is None or now - given[0] >= REASON_MS:
        return None
    desk.reasons[key] = (now, given[1])
    return given[1]


def give_reason(desk: Desk, here: Visit, item: Item, why: str) -> None:
    """Keep the reason that a session gave for looking at a recording."""
    now = desk.site.ground.clock.mono_ms()
    old = [key for key, (at, _) in desk.reasons.items() if now - at >= REASON_MS]
    for key in old:
        del desk.reasons[key]
    desk.reasons[here.session.digest, item.id] = (now, why)


def veiled(
    connection: Connection, tenant: str, here: Visit, logged: Sequence[Logged]
) -> list[Logged]:
    """Take the words out of acts on recordings that a reader of the log may not find.

    That there was an act, by whom and when stays: the log has no holes.
    """
    named = {one.target.name: _recording(one) for one in logged}
    asked = frozenset(one for one in named.values() if one is not None)
    gone = items.hidden(connection, tenant, eyes_of(connection, here), asked)
    return [
        replace(one, texts={}, salts={}, veiled=True)
        if named[one.target.name] in gone and _recording(one) is not None
        else one
        for one in logged
    ]


def _recording(logged: Logged) -> RecordingId | None:
    if logged.target.kind is not ObjectKind.RECORDING:
        return None
    try:
        return parse_recording_name(logged.target.name)
    except MalformedError:
        return None
