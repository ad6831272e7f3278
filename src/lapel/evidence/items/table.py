"""SQL of recordings and their search."""

from collections.abc import Iterable, Sequence

from sqlalchemy import (
    BindParameter,
    Connection,
    RowMapping,
    TextClause,
    bindparam,
    text,
)

from lapel.base.permissions import Deed
from lapel.evidence.items import rules
from lapel.evidence.items.model import Eyes, Guard, Place, Search

_COLUMNS = (
    "SELECT r.number, r.id, r.serial, r.model, r.wearer, r.person, r.start_ms,"
    " r.length_ms, r.clock, r.received_ms, r.size, r.sha256, r.object, r.sealed,"
    " r.title, r.category, r.verdict, r.version, r.changed_by, r.changed_ms, r.thumb,"
    " r.found_bad_ms, r.ident, r.said_seq, r.guard FROM recordings r"
)
_ONE = text(_COLUMNS + " WHERE r.tenant = :tenant AND r.id = :id")
_ADD = text(
    "INSERT INTO recordings (tenant, id, serial, model, wearer, person, start_ms,"
    " length_ms, clock, received_ms, size, sha256, object, sealed, title, verdict,"
    " needs, version, changed_by, changed_ms, thumb) VALUES (:tenant, :id, :serial,"
    " :model, :wearer, :person, :start_ms, :length_ms, :clock, :now, :size, :sha256,"
    " :object, :sealed, '', :verdict, 1, 1, '', :now, 0)"
)
_ADD_FACTS = text(
    "INSERT INTO facts (number, closing, report, frames)"
    " VALUES (:number, :closing, :report, :frames)"
)
_FACTS = text("SELECT closing, report, frames FROM facts WHERE number = :number")
_ADD_TEXT = text(
    "INSERT INTO recordings_text (rowid, title, wearer, serial, name, category, ident)"
    " VALUES (:number, :title, :wearer, :serial, :name, :category, '')"
)
_CHANGE_TEXT = text(
    "UPDATE recordings_text SET title = :title, category = :category, ident = :ident"
    " WHERE rowid = :number"
)
_CHANGE = text(
    "UPDATE recordings SET title = :title, category = :category, needs = :needs,"
    " ident = :ident, version = version + 1, changed_by = :who, changed_ms = :now"
    " WHERE number = :number AND version = :version"
)
_SAID = text("UPDATE recordings SET said_seq = :seq WHERE number = :number")
_THUMB = text("UPDATE recordings SET thumb = :state WHERE number = :number")
_WITHOUT_THUMB = text(_COLUMNS + " WHERE r.thumb = 0 ORDER BY r.number DESC LIMIT 20")
_FOUND_BAD = text(
    "UPDATE recordings SET found_bad_ms = :now WHERE number = :number"
    " AND found_bad_ms IS NULL"
)
_SET_GUARD = text("UPDATE recordings SET guard = :guard WHERE number = :number")
_NAMED = text("SELECT person FROM recording_access WHERE number = :number")
_IS_NAMED = text("SELECT 1 FROM recording_access WHERE person = :person LIMIT 1")
_CLEAR_NAMED = text("DELETE FROM recording_access WHERE number = :number")
_NAME = text("INSERT INTO recording_access (number, person) VALUES (:number, :person)")
_EVERY_ID = text(
    "SELECT id FROM recordings WHERE tenant = :tenant ORDER BY start_ms, number"
)
_NEXT_TO_CHECK = text(_COLUMNS + " WHERE r.number > :after ORDER BY r.number LIMIT 1")


def one(connection: Connection, tenant: str, recording: bytes) -> RowMapping | None:
    """Find one recording."""
    values = {"tenant": tenant, "id": recording}
    return connection.execute(_ONE, values).mappings().one_or_none()


def add(connection: Connection, values: dict[str, object]) -> int:
    """Write a recording and give its number."""
    number = connection.execute(_ADD, values).lastrowid
    connection.execute(_ADD_FACTS, {**values, "number": number})
    connection.execute(_ADD_TEXT, {**values, "number": number})
    return int(number)


def facts(connection: Connection, number: int) -> RowMapping:
    """Give closing entry, story and frames."""
    return connection.execute(_FACTS, {"number": number}).mappings().one()


def change(connection: Connection, values: dict[str, object]) -> bool:
    """Change title, category and id; False when somebody else was faster."""
    if connection.execute(_CHANGE, values).rowcount != 1:
        return False
    connection.execute(_CHANGE_TEXT, {**values, "category": values["category_name"]})
    return True


def said(connection: Connection, number: int, seq: int) -> None:
    """Note how far what the wearer said was taken over."""
    connection.execute(_SAID, {"number": number, "seq": seq})


def set_thumb(connection: Connection, number: int, state: int) -> None:
    """Note whether there is a small picture: 1 yes, 2 none can be made."""
    connection.execute(_THUMB, {"number": number, "state": state})


def without_thumb(connection: Connection) -> Sequence[RowMapping]:
    """List recordings that wait for their small picture."""
    return connection.execute(_WITHOUT_THUMB).mappings().all()


def found_bad(connection: Connection, number: int, now: int) -> bool:
    """Note that the stored file changed; False when that was known."""
    values = {"number": number, "now": now}
    return connection.execute(_FOUND_BAD, values).rowcount == 1


def next_to_check(connection: Connection, after: int) -> RowMapping | None:
    """Find the recording after number `after`."""
    return connection.execute(_NEXT_TO_CHECK, {"after": after}).mappings().one_or_none()


def every_id(connection: Connection, tenant: str) -> list[bytes]:
    """List all recordings, oldest first."""
    found = connection.execute(_EVERY_ID, {"tenant": tenant}).scalars()
    return [bytes(one) for one in found]


def named(connection: Connection, number: int) -> frozenset[str]:
    """Give the accounts that are named on a recording."""
    found = connection.execute(_NAMED, {"number": number}).scalars()
    return frozenset(str(one) for one in found)


def is_named(connection: Connection, person: str) -> bool:
    """Tell whether somebody is named on any recording."""
    found = connection.execute(_IS_NAMED, {"person": person}).scalar_one_or_none()
    return found is not None


def set_guard(
    connection: Connection, number: int, guard: int, people: Iterable[str]
) -> None:
    """Write how a recording is guarded, and who is named on it."""
    connection.execute(_SET_GUARD, {"number": number, "guard": guard})
    connection.execute(_CLEAR_NAMED, {"number": number})
    for person in sorted(people):
        connection.execute(_NAME, {"number": number, "person": person})


def seen(eyes: Eyes, deed: Deed) -> tuple[list[str], dict[str, object]]:
    """Write the rule of `rules.may` as clauses on recordings `r`."""
    reached, through = rules.people(eyes, deed), rules.guards(eyes)
    where: list[str] = []
    values: dict[str, object] = {}
    named = "r.number IN (SELECT number FROM recording_access WHERE person = :eyes)"
    if len(through) < len(Guard):
        values |= {"eyes": eyes.person, "guards": sorted(int(one) for one in through)}
        where.append(f"(r.guard IN :guards OR {named})")
    if reached is not None:
        mine = (
            "SELECT number FROM recordings WHERE tenant = :tenant AND person <> ''"
            " AND person IN :reached"
        )
        if deed in {Deed.FIND, Deed.WATCH}:
            mine += " UNION SELECT number FROM recording_access WHERE person = :eyes"
        values |= {"eyes": eyes.person, "reached": sorted(reached)}
        where.append(f"r.number IN ({mine})")
    return where, values


def _statement(sql: str, values: dict[str, object]) -> TextClause:
    statement = text(sql)
    for name, value in values.items():
        if isinstance(value, list):
            several: BindParameter[object] = bindparam(name, expanding=True)
            statement = statement.bindparams(several)
    return statement


def counts(connection: Connection, tenant: str, eyes: Eyes) -> tuple[int, int, int]:
    """Count the queues, as somebody sees them."""
    where, values = seen(eyes, Deed.FIND)
    clauses = " AND ".join(["r.tenant = :tenant", *where])
    count = f"SELECT count(*) FROM recordings r WHERE {clauses}"  # noqa: S608
    sql = (
        f"SELECT ({count}), ({count} AND r.needs = 1), ({count} AND r.category IS NULL)"
    )
    row = connection.execute(_statement(sql, values), {"tenant": tenant, **values})
    first = row.one()
    return int(first[0]), int(first[1]), int(first[2])


_THESE = "SELECT r.id FROM recordings r WHERE r.tenant = :tenant AND r.id IN :some"


def hidden(
    connection: Connection, tenant: str, eyes: Eyes, some: Iterable[bytes]
) -> list[bytes]:
    """Give those of some recordings that somebody may not find."""
    where, values = seen(eyes, Deed.FIND)
    asked = sorted(some)
    if not where or not asked:
        return []
    sql = f"{_THESE} AND NOT ({' AND '.join(where)})"
    bound: dict[str, object] = {"tenant": tenant, "some": asked, **values}
    found = connection.execute(_statement(sql, bound), bound).scalars()
    return [bytes(one) for one in found]


def search(
    connection: Connection,
    tenant: str,
    eyes: Eyes,
    wanted: Search,
    place: Place | None,
) -> Sequence[RowMapping]:
    """Find one recording more than a page, from `place` on, that somebody may find."""
    where, values = _where(tenant, wanted)
    more, bound = seen(eyes, Deed.FIND)
    where, values = where + more, values | bound
    newer = place is not None and place.newer
    if place is not None:
        sign = ">" if newer else "<"
        where.append(f"(r.start_ms, r.number) {sign} (:start_ms, :number)")
        values |= {"start_ms": place.start_ms, "number": place.number}
    order = "ASC" if newer else "DESC"
    statement = (
        f"{_COLUMNS} WHERE {' AND '.join(where)}"
        f" ORDER BY r.start_ms {order}, r.number {order} LIMIT {rules.PAGE + 1}"
    )
    return connection.execute(_statement(statement, values), values).mappings().all()


_EQUAL = {
    "serial": "r.serial = :serial",
    "verdict": "r.verdict = :verdict",
    "category": "r.category = :category",
    "from_ms": "r.start_ms >= :from_ms",
    "to_ms": "r.start_ms < :to_ms",
}
_SET = {"needs": "r.needs = 1", "no_category": "r.category IS NULL"}


def _where(tenant: str, wanted: Search) -> tuple[list[str], dict[str, object]]:
    where = ["r.tenant = :tenant"]
    values: dict[str, object] = {"tenant": tenant}
    for name, clause in _EQUAL.items():
        value = getattr(wanted, name)
        if value not in {None, ""}:
            where.append(clause)
            values[name] = value
    if wanted.people is not None:
        where.append("r.person IN :people")
        values["people"] = sorted(wanted.people)
    where += [clause for name, clause in _SET.items() if getattr(wanted, name)]
    query = _match(wanted)
    if query:
        where.append(
            "r.number IN (SELECT rowid FROM recordings_text"
            " WHERE recordings_text MATCH :match)"
        )
        values["match"] = query
    return where, values


def _match(wanted: Search) -> str:
    parts = [rules.match(wanted.words)]
    wearer = rules.match(wanted.wearer)
    if wearer:
        parts.append(f"wearer : ({wearer})")
    return " AND ".join(part for part in parts if part)
