"""Use cases of recordings: find, open, name, file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, RowMapping

from lapel.base.errors import ConflictError, NotFoundError
from lapel.base.ids import recording_name
from lapel.base.permissions import Deed
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import SYSTEM, Act, Action, Actor, Target, Who
from lapel.evidence.custody.service import Stamp
from lapel.evidence.items import rules, table
from lapel.evidence.items.model import (
    Counts,
    Edit,
    Eyes,
    Guard,
    Item,
    NewItem,
    Page,
    Place,
    Search,
    Story,
    Unit,
    Whose,
    Words,
)
from lapel.wire.custody import ActorKind, ObjectKind

ABSENT: Final = "there is no such recording, or you may not see it"


@dataclass(frozen=True)
class Opened:
    """A recording with everything its page shows."""

    item: Item
    story: Story
    closing: bytes
    units: tuple[Unit, ...]


def act(who: Who, action: Action, item: Item, texts: dict[int, str]) -> Act:
    """Make an act on a recording: name, role and title stand as they are now."""
    return Act(
        who.actor,
        action,
        Target(ObjectKind.RECORDING, recording_name(item.id)),
        texts={1: who.shown, 2: who.role, **texts},
        client=who.address,
    )


def add(connection: Connection, stamp: Stamp, new: NewItem) -> int:
    """Write a recording in the caller's transaction."""
    values: dict[str, object] = {
        "tenant": stamp.tenant,
        "id": new.id,
        "serial": new.serial,
        "model": new.model,
        "wearer": new.wearer,
        "person": new.person,
        "start_ms": new.start_ms,
        "length_ms": new.length_ms,
        "clock": new.clock,
        "now": stamp.now_ms,
        "size": new.size,
        "sha256": new.sha256,
        "object": new.object,
        "sealed": int(new.sealed),
        "verdict": new.verdict,
        "closing": new.closing,
        "report": msgspec.json.encode(new.story),
        "frames": new.frames,
        "title": "",
        "name": recording_name(new.id),
        "category": "",
    }
    return table.add(connection, values)


def find(connection: Connection, tenant: str, recording: bytes) -> Item | None:
    """Find one recording."""
    row = table.one(connection, tenant, recording)
    return None if row is None else _item(row)


def look(
    connection: Connection, tenant: str, eyes: Eyes, deed: Deed, recording: bytes
) -> Opened:
    """Give a recording to somebody who may do something with it.

    Raises NotFoundError, whether there is none or it is not for them.
    """
    item = find(connection, tenant, recording)
    if item is None or not may(connection, eyes, deed, item):
        raise NotFoundError(ABSENT)
    return open_item(connection, tenant, recording)


def may(connection: Connection, eyes: Eyes, deed: Deed, item: Item) -> bool:
    """Tell whether somebody may do something with a recording."""
    whose = Whose(item.person, item.guard, table.named(connection, item.number))
    return rules.may(eyes, deed, whose)


def is_named(connection: Connection, person: str) -> bool:
    """Tell whether somebody is named on any recording."""
    return table.is_named(connection, person)


def hidden(
    connection: Connection, tenant: str, eyes: Eyes, some: frozenset[bytes]
) -> frozenset[bytes]:
    """Give those of some recordings that are there and that somebody may not find."""
    return frozenset(table.hidden(connection, tenant, eyes, some))


def open_item(connection: Connection, tenant: str, recording: bytes) -> Opened:
    """Give a recording with its story, for the server's own work.

    Raises NotFoundError. For somebody who looks there is `look`.
    """
    item = find(connection, tenant, recording)
    if item is None:
        raise NotFoundError(ABSENT)
    row = table.facts(connection, item.number)
    return Opened(
        item,
        msgspec.json.decode(row["report"], type=Story),
        bytes(row["closing"]),
        tuple(rules.unpack_units(bytes(row["frames"]))),
    )


def search(
    connection: Connection,
    tenant: str,
    eyes: Eyes,
    wanted: Search,
    place: Place | None,
) -> Page:
    """Give one page of what somebody finds, newest first."""
    rows = table.search(connection, tenant, eyes, wanted, place)
    more = len(rows) > rules.PAGE
    found = [_item(row) for row in rows[: rules.PAGE]]
    newer = place is not None and place.newer
    if newer:
        found.reverse()
    if not found:
        return Page((), None, None)
    top, bottom = found[0], found[-1]
    has_newer = more if newer else place is not None
    has_older = True if newer else more
    return Page(
        tuple(found),
        Place(top.start_ms, top.number, newer=True) if has_newer else None,
        Place(bottom.start_ms, bottom.number) if has_older else None,
    )


def every_id(connection: Connection, tenant: str) -> list[bytes]:
    """List all recordings, oldest first."""
    return table.every_id(connection, tenant)


def counts(connection: Connection, tenant: str, eyes: Eyes) -> Counts:
    """Count the queues, as somebody sees them."""
    return Counts(*table.counts(connection, tenant, eyes))


def edit(
    connection: Connection,
    stamp: Stamp,
    who: Who,
    change: tuple[Item, Edit, dict[str, str]],
) -> None:
    """Change title, category and id; raises ConflictError when somebody was faster.

    `change` has the recording, the edit, and the names of the categories by id.
    """
    item, wanted, names = change
    title, ident = rules.clean_title(wanted.title), rules.clean_title(wanted.ident)
    if wanted.category is not None and wanted.category not in names:
        raise NotFoundError("there is no such category")
    before = item.title, item.category, item.ident
    if (title, wanted.category, ident) == before:
        return
    name = names.get(wanted.category or "", "")
    values: dict[str, object] = {
        "number": item.number,
        "title": title,
        "ident": ident,
        "category": wanted.category,
        "category_name": name,
        "needs": int(wanted.category is None),
        "who": who.shown,
        "now": stamp.now_ms,
        "version": wanted.version,
    }
    if not table.change(connection, values):
        raise ConflictError("somebody else changed it first")
    if title != item.title:
        texts = {3: title, 4: item.title}
        custody.append(connection, stamp, act(who, Action.TITLE_SET, item, texts))
    if wanted.category != item.category:
        texts = {3: name, 4: names.get(item.category or "", "")}
        custody.append(connection, stamp, act(who, Action.CATEGORY_SET, item, texts))
    if ident != item.ident:
        texts = {3: ident, 4: item.ident}
        custody.append(connection, stamp, act(who, Action.ID_SET, item, texts))


def say(
    connection: Connection,
    stamp: Stamp,
    item: Item,
    told: tuple[Words, dict[str, str]],
) -> Item:
    """Take over what the wearer said, log it, and give the recording as it is now.

    `told` has the words, and the names of the categories by id.
    """
    words, names = told
    after = rules.said(item, words)
    if after != item:
        values: dict[str, object] = {
            "number": item.number,
            "title": after.title,
            "ident": after.ident,
            "category": after.category,
            "category_name": names.get(after.category or "", ""),
            "needs": int(after.category is None),
            "who": item.changed_by,
            "now": stamp.now_ms,
            "version": item.version,
        }
        if not table.change(connection, values):
            raise ConflictError("somebody else changed it first")
    table.said(connection, item.number, words.seq)
    said = {3: words.title, 4: words.ident, 5: words.category}
    custody.append(
        connection,
        stamp,
        Act(
            Actor(ActorKind.DEVICE, item.serial),
            Action.ANNOTATED,
            Target(ObjectKind.RECORDING, recording_name(item.id)),
            detail={6: words.hash, 7: words.utc_ms},
            texts={key: text for key, text in said.items() if text},
        ),
    )
    again = find(connection, stamp.tenant, item.id)
    return item if again is None else again


def without_thumb(connection: Connection) -> Sequence[Item]:
    """List recordings that wait for their small picture."""
    return [_item(row) for row in table.without_thumb(connection)]


def set_thumb(connection: Connection, item: Item, *, made: bool) -> None:
    """Note whether the small picture was made."""
    table.set_thumb(connection, item.number, 1 if made else 2)


def next_to_check(connection: Connection, after: int) -> Item | None:
    """Find the recording after number `after`, for the slow check of all files."""
    row = table.next_to_check(connection, after)
    return None if row is None else _item(row)


def found_bad(connection: Connection, stamp: Stamp, item: Item, words: str) -> None:
    """Note that the stored file is not what came, and log it once."""
    if table.found_bad(connection, item.number, stamp.now_ms):
        target = Target(ObjectKind.RECORDING, recording_name(item.id))
        custody.append(
            connection,
            stamp,
            Act(
                SYSTEM,
                Action.OBJECT_BAD,
                target,
                texts={3: words},
            ),
        )


def _item(row: RowMapping) -> Item:
    return Item(
        number=int(row["number"]),
        id=bytes(row["id"]),
        serial=str(row["serial"]),
        model=str(row["model"]),
        wearer=str(row["wearer"]),
        person=str(row["person"]),
        start_ms=int(row["start_ms"]),
        length_ms=int(row["length_ms"]),
        clock=int(row["clock"]),
        received_ms=int(row["received_ms"]),
        size=int(row["size"]),
        sha256=bytes(row["sha256"]),
        object=str(row["object"]),
        sealed=bool(row["sealed"]),
        title=str(row["title"]),
        category=row["category"],
        verdict=str(row["verdict"]),
        version=int(row["version"]),
        changed_by=str(row["changed_by"]),
        changed_ms=int(row["changed_ms"]),
        thumb=row["thumb"] == 1,
        found_bad_ms=row["found_bad_ms"],
        ident=str(row["ident"]),
        said_seq=row["said_seq"],
        guard=Guard(row["guard"]),
    )
