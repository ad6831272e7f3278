"""What a wearer said of a recording reaches the recording (R12).

The journal comes before the recording, and again after it: whichever is second brings
both together.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from lapel.evidence.custody.service import Stamp
from lapel.evidence.items import service as items
from lapel.evidence.items.model import Words
from lapel.evidence.journals.said import Said, said_of
from lapel.evidence.settings import service as settings


def take_over(
    connection: Connection, stamp: Stamp, serial: str, recordings: Iterable[bytes]
) -> None:
    """Take over what was said and has not been, for recordings that are here.

    1. The camera that says it is the one that recorded. 2. Each entry counts once, in
    the journal's order. 3. A category counts if the agency has one of that name. 4.
    What a person has set in Evidence stays; what was said stands on the page.
    """
    categories = settings.categories(connection, stamp.tenant)
    by_name = {one.name: one.id for one in categories}
    names = {one.id: one.name for one in categories}
    for recording in recordings:
        item = items.find(connection, stamp.tenant, recording)
        if item is None or item.serial != serial:
            continue
        for said in said_of(connection, stamp.tenant, serial, recording):
            if item.said_seq is None or said.seq > item.said_seq:
                words = _words(said, by_name)
                item = items.say(connection, stamp, item, (words, names))


def _words(said: Said, by_name: dict[str, str]) -> Words:
    data = said.data
    category = by_name.get(data.category) if data.category else None
    told = data.title, data.ident, data.category
    return Words(said.seq, said.utc_ms, said.hash, *told, category)
