"""SQL of the custody log."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, RowMapping, bindparam, text

from lapel.evidence.custody.rules import Node

_SIZE = text("SELECT size, origin FROM logs WHERE tenant = :tenant")
_GROW = text("UPDATE logs SET size = :size WHERE tenant = :tenant AND size = :old")
_OPEN = text("INSERT INTO logs (tenant, origin, size) VALUES (:tenant, :origin, 0)")
_LEAF = text(
    "INSERT INTO leaves (tenant, number, time_ms, actor_kind, actor, action,"
    " object_kind, object, leaf) VALUES (:tenant, :number, :time_ms, :actor_kind,"
    " :actor, :action, :object_kind, :object, :leaf)"
)
_TEXT = text(
    "INSERT INTO leaf_texts (tenant, number, field, salt, text)"
    " VALUES (:tenant, :number, :field, :salt, :text)"
)
_NODE = text(
    "INSERT INTO nodes (tenant, level, place, hash)"
    " VALUES (:tenant, :level, :place, :hash)"
)
_HASH = text(
    "SELECT hash FROM nodes WHERE tenant = :tenant AND level = :level"
    " AND place = :place"
)
_TILE = text(
    "SELECT hash FROM nodes WHERE tenant = :tenant AND level = :level"
    " AND place >= :first AND place < :end ORDER BY place"
)
_COLUMNS = (
    "SELECT number, time_ms, actor_kind, actor, action, object_kind, object, leaf"
    " FROM leaves WHERE tenant = :tenant"
)
_ONE = text(_COLUMNS + " AND number = :number")
_OF = text(_COLUMNS + " AND object_kind = :kind AND object = :name ORDER BY number")
_BY = text(
    _COLUMNS + " AND actor_kind = :kind AND actor = :name"
    " ORDER BY number DESC LIMIT :most"
)
_LATEST = text(_COLUMNS + " AND number < :before ORDER BY number DESC LIMIT :most")
_FOLLOWING = text(_COLUMNS + " AND number > :after ORDER BY number LIMIT :most")
_NODES = text("SELECT level, place, hash FROM nodes WHERE tenant = :tenant")
_HEADS = text("SELECT size, note FROM checkpoints WHERE tenant = :tenant ORDER BY size")
_COUNT = text(
    "SELECT count(*) FROM leaves WHERE tenant = :tenant AND object_kind = :kind"
    " AND object = :name"
)
_TEXTS = text(
    "SELECT number, field, salt, text FROM leaf_texts WHERE tenant = :tenant"
    " AND number IN :numbers"
).bindparams(bindparam("numbers", expanding=True))
_AT_ONCE = 500
_ADD_HEAD = text(
    "INSERT OR IGNORE INTO checkpoints (tenant, size, root, note, made_ms)"
    " VALUES (:tenant, :size, :root, :note, :made_ms)"
)
_HEAD = text(
    "SELECT size, root, note, made_ms FROM checkpoints WHERE tenant = :tenant"
    " ORDER BY size DESC LIMIT 1"
)


def open_log(connection: Connection, tenant: str, origin: str) -> None:
    """Begin an empty log."""
    connection.execute(_OPEN, {"tenant": tenant, "origin": origin})


def size_and_origin(connection: Connection, tenant: str) -> tuple[int, str] | None:
    """How many leaves there are, and the log's name."""
    row = connection.execute(_SIZE, {"tenant": tenant}).one_or_none()
    return None if row is None else (int(row[0]), str(row[1]))


def grow(connection: Connection, tenant: str, old: int) -> bool:
    """Count one leaf more; False when another leaf took the number."""
    values = {"tenant": tenant, "old": old, "size": old + 1}
    return connection.execute(_GROW, values).rowcount == 1


def add_leaf(connection: Connection, values: dict[str, object]) -> None:
    """Write one leaf."""
    connection.execute(_LEAF, values)


def add_texts(connection: Connection, values: Sequence[dict[str, object]]) -> None:
    """Write the texts of a leaf."""
    if values:
        connection.execute(_TEXT, list(values))


def add_nodes(connection: Connection, tenant: str, nodes: Iterable[Node]) -> None:
    """Write nodes that became whole."""
    connection.execute(
        _NODE,
        [
            {"tenant": tenant, "level": n.level, "place": n.place, "hash": n.hash}
            for n in nodes
        ],
    )


def node(connection: Connection, tenant: str, level: int, place: int) -> bytes:
    """One stored hash; KeyError when it is not whole yet."""
    values = {"tenant": tenant, "level": level, "place": place}
    found: object = connection.execute(_HASH, values).scalar_one_or_none()
    if not isinstance(found, bytes):
        raise KeyError((level, place))
    return found


def hashes(
    connection: Connection, tenant: str, level: int, span: tuple[int, int]
) -> bytes:
    """Give stored hashes of one level, in order, put together."""
    values = {"tenant": tenant, "level": level, "first": span[0], "end": span[1]}
    return b"".join(connection.execute(_TILE, values).scalars())


def one(connection: Connection, tenant: str, number: int) -> RowMapping | None:
    """One leaf with its columns."""
    values = {"tenant": tenant, "number": number}
    return connection.execute(_ONE, values).mappings().one_or_none()


def of_object(
    connection: Connection, tenant: str, target: tuple[int, str]
) -> Sequence[RowMapping]:
    """Acts on one object, oldest first."""
    values = {"tenant": tenant, "kind": target[0], "name": target[1]}
    return connection.execute(_OF, values).mappings().all()


def by_actor(
    connection: Connection, tenant: str, actor: tuple[int, str], most: int
) -> Sequence[RowMapping]:
    """Newest acts of one actor, newest first."""
    values = {"tenant": tenant, "kind": actor[0], "name": actor[1], "most": most}
    return connection.execute(_BY, values).mappings().all()


def count(connection: Connection, tenant: str, target: tuple[int, str]) -> int:
    """How many acts there are on one object."""
    values = {"tenant": tenant, "kind": target[0], "name": target[1]}
    return int(connection.execute(_COUNT, values).scalar_one())


def latest(
    connection: Connection, tenant: str, before: int, most: int
) -> Sequence[RowMapping]:
    """Acts below number `before`, newest first."""
    values = {"tenant": tenant, "before": before, "most": most}
    return connection.execute(_LATEST, values).mappings().all()


def following(
    connection: Connection, tenant: str, after: int, most: int
) -> Sequence[RowMapping]:
    """Acts above number `after`, oldest first."""
    values = {"tenant": tenant, "after": after, "most": most}
    return connection.execute(_FOLLOWING, values).mappings().all()


def all_nodes(connection: Connection, tenant: str) -> dict[tuple[int, int], bytes]:
    """Every stored hash of the tree by level and place."""
    rows = connection.execute(_NODES, {"tenant": tenant})
    return {(int(level), int(place)): bytes(kept) for level, place, kept in rows}


def heads(connection: Connection, tenant: str) -> list[tuple[int, str]]:
    """Every kept checkpoint: size and note, the shortest first."""
    rows = connection.execute(_HEADS, {"tenant": tenant})
    return [(int(size), str(note)) for size, note in rows]


def texts(
    connection: Connection, tenant: str, numbers: Sequence[int]
) -> dict[int, dict[int, tuple[bytes, str]]]:
    """Known texts of some leaves: number, field, salt and text."""
    found: dict[int, dict[int, tuple[bytes, str]]] = {}
    for first in range(0, len(numbers), _AT_ONCE):
        some = list(numbers[first : first + _AT_ONCE])
        values = {"tenant": tenant, "numbers": some}
        for number, field, salt, words in connection.execute(_TEXTS, values):
            kept = bytes(salt), str(words)
            found.setdefault(int(number), {})[int(field)] = kept
    return found


def add_head(connection: Connection, values: dict[str, object]) -> None:
    """Keep a checkpoint."""
    connection.execute(_ADD_HEAD, values)


def head(connection: Connection, tenant: str) -> RowMapping | None:
    """Give the newest checkpoint."""
    return connection.execute(_HEAD, {"tenant": tenant}).mappings().one_or_none()
