"""The custody log read row by row: whether the database still says what was logged.

Whoever writes to the database can make a whole tree of another history. This finds
what does not fit in itself; `lapel.proof.logs` holds the rest against copies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping

from lapel.base.errors import LapelError
from lapel.crypto.merkle import leaf_hash
from lapel.crypto.note import LogVerifier
from lapel.evidence.custody import rules, table
from lapel.evidence.custody.model import CLIENT_FIELD
from lapel.wire.custody import Checkpoint, Leaf

_AT_ONCE = 1000


@dataclass(slots=True)
class Audit:
    """What the rows hold: leaf hashes, signed checkpoints, and what is wrong.

    `erased` counts texts that stand in a leaf as a hash and are not kept any more.
    """

    hashes: list[bytes] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    erased: int = 0


def audit(connection: Connection, tenant: str, log: LogVerifier) -> Audit:
    """Read the whole log of a tenant."""
    found = Audit()
    for rows in _batches(connection, tenant):
        texts = table.texts(connection, tenant, [int(row["number"]) for row in rows])
        for row in rows:
            _row(found, row, texts.get(int(row["number"]), {}))
    held = table.size_and_origin(connection, tenant)
    size, origin = held or (0, "")
    if size != len(found.hashes):
        found.wrong.append(f"it counts {size} acts and holds {len(found.hashes)}")
    if origin != log.name:
        found.wrong.append(f"it calls itself {origin}, and the trusted log {log.name}")
    _nodes(found, connection, tenant)
    for size, note in table.heads(connection, tenant):
        _head(found, log, size, note)
    return found


def _batches(connection: Connection, tenant: str) -> Iterator[list[RowMapping]]:
    after = -1
    while rows := list(table.following(connection, tenant, after, _AT_ONCE)):
        yield rows
        after = int(rows[-1]["number"])


def _row(found: Audit, row: RowMapping, texts: Mapping[int, tuple[bytes, str]]) -> None:
    number, raw = int(row["number"]), bytes(row["leaf"])
    if number != len(found.hashes):
        found.wrong.append(f"act {number} stands where act {len(found.hashes)} should")
    found.hashes.append(leaf_hash(raw))
    try:
        leaf = Leaf.decode(raw)
    except LapelError as error:
        found.wrong.append(f"act {number} cannot be read: {error}")
        return
    shown = (
        row["time_ms"],
        (row["actor_kind"], row["actor"]),
        row["action"],
        (row["object_kind"], row["object"]),
    )
    if shown != (leaf.time_ms, leaf.actor, leaf.action, leaf.subject):
        found.wrong.append(f"act {number} is shown as something else than was logged")
    hashes = {**leaf.detail, CLIENT_FIELD: leaf.client}
    for name, (salt, words) in texts.items():
        if rules.salted(salt, words) != hashes.get(name):
            found.wrong.append(f"act {number}: a text is not the one that was logged")
    found.erased += leaf.client is not None and CLIENT_FIELD not in texts


def _nodes(found: Audit, connection: Connection, tenant: str) -> None:
    """Hold every stored hash of the tree against the leaves."""
    made: dict[tuple[int, int], bytes] = {}
    for number, leaf in enumerate(found.hashes):
        fresh = rules.new_nodes(number, leaf, lambda level, at: made[level, at])
        for node in fresh:
            made[node.level, node.place] = node.hash
    kept = table.all_nodes(connection, tenant)
    off = [key for key in made.keys() | kept.keys() if made.get(key) != kept.get(key)]
    if off:
        level, place = min(off)
        first = place << level
        found.wrong.append(
            f"{len(off)} hashes of the tree do not fit the acts, from act {first} on"
        )


def _head(found: Audit, log: LogVerifier, size: int, note: str) -> None:
    try:
        checkpoint = log.open(note)
    except LapelError as error:
        found.wrong.append(
            f"a stored checkpoint of {size} acts proves nothing: {error}"
        )
        return
    found.checkpoints.append(checkpoint)
