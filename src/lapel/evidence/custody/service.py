"""Use cases of the custody log.

`append` runs inside the transaction of the act: what cannot be logged does not happen.
Writers hold the database's write lock, and the number of a leaf is taken by a guarded
update, so two leaves never share one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping

from lapel.base.clock import Entropy
from lapel.base.errors import ConflictError, NotFoundError
from lapel.crypto import merkle
from lapel.evidence.custody import rules, table
from lapel.evidence.custody.model import (
    CLIENT_FIELD,
    Act,
    Actor,
    Logged,
    SignedHead,
    Target,
)
from lapel.evidence.store.database import acted
from lapel.wire.custody import ActorKind, Leaf, ObjectKind

_SALT = 16


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where, when and with what salt an act is logged."""

    tenant: str
    now_ms: int
    entropy: Entropy


def open_log(connection: Connection, tenant: str, origin: str) -> None:
    """Begin the log of a tenant; `origin` is its name on every checkpoint."""
    table.open_log(connection, tenant, origin)


def append(connection: Connection, stamp: Stamp, act: Act) -> int:
    """Log `act` in the caller's transaction and return its number."""
    size, _origin = _log(connection, stamp.tenant)
    texts = dict(act.texts)
    if act.client is not None:
        texts[CLIENT_FIELD] = act.client
    salts = {number: stamp.entropy(_SALT) for number in texts}
    hashed = rules.salted_fields(salts, texts)
    client = hashed.pop(CLIENT_FIELD, None)
    leaf = Leaf(
        time_ms=stamp.now_ms,
        actor=(act.actor.kind, act.actor.name),
        action=str(act.action),
        subject=(act.target.kind, act.target.name),
        detail={**act.detail, **hashed},
        client=client,
    ).encode()
    if not table.grow(connection, stamp.tenant, size):
        raise ConflictError("the custody log moved on; try again")
    table.add_leaf(connection, _leaf_values(stamp, size, act, leaf))
    table.add_texts(
        connection,
        [
            {
                "tenant": stamp.tenant,
                "number": size,
                "field": field,
                "salt": salts[field],
                "text": words,
            }
            for field, words in texts.items()
        ],
    )
    stored = _nodes(connection, stamp.tenant)
    nodes = rules.new_nodes(size, merkle.leaf_hash(leaf), stored)
    table.add_nodes(connection, stamp.tenant, list(nodes))
    acted(connection)
    return size


def _leaf_values(stamp: Stamp, number: int, act: Act, leaf: bytes) -> dict[str, object]:
    return {
        "tenant": stamp.tenant,
        "number": number,
        "time_ms": stamp.now_ms,
        "actor_kind": int(act.actor.kind),
        "actor": act.actor.name,
        "action": str(act.action),
        "object_kind": int(act.target.kind),
        "object": act.target.name,
        "leaf": leaf,
    }


def _nodes(connection: Connection, tenant: str) -> merkle.Subtree:
    def stored(level: int, place: int) -> bytes:
        return table.node(connection, tenant, level, place)

    return stored


def size(connection: Connection, tenant: str) -> int:
    """How many acts the log holds."""
    return _log(connection, tenant)[0]


def origin(connection: Connection, tenant: str) -> str:
    """Give the name of the log."""
    return _log(connection, tenant)[1]


def root(connection: Connection, tenant: str, at: int) -> bytes:
    """Root of the first `at` leaves."""
    return merkle.root(at, _nodes(connection, tenant))


def inclusion(
    connection: Connection, tenant: str, number: int, at: int
) -> tuple[bytes, ...]:
    """Proof that leaf `number` stands in the first `at` leaves."""
    if not 0 <= number < at:
        raise NotFoundError(f"the log of {at} acts has no act {number}")
    return merkle.inclusion_proof(number, at, _nodes(connection, tenant))


def consistency(
    connection: Connection, tenant: str, old: int, at: int
) -> tuple[bytes, ...]:
    """Proof that the first `at` leaves begin with the first `old`."""
    if not 0 <= old <= at:
        raise NotFoundError(f"no tree of {old} leaves within one of {at}")
    return merkle.consistency_proof(old, at, _nodes(connection, tenant))


def head(connection: Connection, tenant: str) -> SignedHead | None:
    """Give the newest checkpoint, if one was signed."""
    row = table.head(connection, tenant)
    if row is None:
        return None
    return SignedHead(int(row["size"]), bytes(row["root"]), str(row["note"]))


def keep_head(
    connection: Connection, tenant: str, head: SignedHead, now_ms: int
) -> None:
    """Keep a checkpoint that the signer made."""
    values: dict[str, object] = {
        "tenant": tenant,
        "size": head.size,
        "root": head.root,
        "note": head.note,
        "made_ms": now_ms,
    }
    table.add_head(connection, values)


def tile(
    connection: Connection, tenant: str, level: int, span: tuple[int, int]
) -> bytes:
    """Hashes of one tile of the tree: `level` counts tiles, not nodes."""
    return table.hashes(connection, tenant, level * rules.TILE_HEIGHT, span)


def acts_on(connection: Connection, tenant: str, target: Target) -> list[Logged]:
    """Every act on one object, oldest first; none is left out."""
    rows = table.of_object(connection, tenant, (int(target.kind), target.name))
    return _logged(connection, tenant, rows)


def acts_by(
    connection: Connection, tenant: str, person: str, most: int
) -> list[Logged]:
    """Give the newest acts of one person, newest first."""
    actor = (int(ActorKind.USER), person)
    return _logged(connection, tenant, table.by_actor(connection, tenant, actor, most))


def count_on(connection: Connection, tenant: str, target: Target) -> int:
    """How many acts on one object there are."""
    return table.count(connection, tenant, (int(target.kind), target.name))


def latest(
    connection: Connection, tenant: str, before: int | None, most: int
) -> list[Logged]:
    """Give the newest acts below number `before`, newest first."""
    end = size(connection, tenant) if before is None else before
    return _logged(connection, tenant, table.latest(connection, tenant, end, most))


def following(
    connection: Connection, tenant: str, after: int, most: int
) -> list[Logged]:
    """Acts above number `after`, oldest first."""
    return _logged(connection, tenant, table.following(connection, tenant, after, most))


def act(connection: Connection, tenant: str, number: int) -> Logged:
    """One act by its number."""
    row = table.one(connection, tenant, number)
    if row is None:
        raise NotFoundError(f"the log has no act {number}")
    return _logged(connection, tenant, [row])[0]


def _logged(
    connection: Connection, tenant: str, rows: Sequence[RowMapping]
) -> list[Logged]:
    numbers = [int(row["number"]) for row in rows]
    texts = table.texts(connection, tenant, numbers) if numbers else {}
    return [
        Logged(
            number=int(row["number"]),
            time_ms=int(row["time_ms"]),
            actor=Actor(ActorKind(row["actor_kind"]), str(row["actor"])),
            action=str(row["action"]),
            target=Target(ObjectKind(row["object_kind"]), str(row["object"])),
            leaf=bytes(row["leaf"]),
            texts={field: kept[1] for field, kept in _of(texts, row).items()},
            salts={field: kept[0] for field, kept in _of(texts, row).items()},
        )
        for row in rows
    ]


def _of(
    texts: Mapping[int, Mapping[int, tuple[bytes, str]]], row: RowMapping
) -> Mapping[int, tuple[bytes, str]]:
    return texts.get(int(row["number"]), {})


def _log(connection: Connection, tenant: str) -> tuple[int, str]:
    found = table.size_and_origin(connection, tenant)
    if found is None:
        raise NotFoundError("this tenant has no custody log")
    return found
