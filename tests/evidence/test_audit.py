"""A hostile database administrator, who has all but the signer and others' copies."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from lapel.cli import log_copies
from lapel.crypto.merkle import leaf_hash
from lapel.crypto.note import LogVerifier
from lapel.evidence.custody import rules, service
from lapel.evidence.custody.audit import Audit, audit
from lapel.evidence.custody.model import Act, Action, Actor, Target
from lapel.evidence.store.database import Quiet
from lapel.proof.logs import Telling, hold
from lapel.sim.agency import Agency
from lapel.wire.custody import ActorKind, Leaf, ObjectKind

Attack = Callable[[Connection], None]


def grow(agency: Agency, count: int) -> None:
    for number in range(count):
        act = Act(
            Actor(ActorKind.USER, "p1"),
            Action.VIEWED,
            Target(ObjectKind.RECORDING, f"r{number}"),
            texts={1: f"name {number}"},
            client="192.0.2.7",
        )
        with agency.site.database.write(Quiet.SETUP) as connection:
            service.append(connection, agency.site.stamp(), act)
    agency.site.checkpoints.refresh()


def telling(agency: Agency) -> tuple[Telling, Audit]:
    log = LogVerifier.from_vkey(agency.site.vkey)
    with agency.site.database.read() as connection:
        found = audit(connection, agency.site.tenant.id, log)
    told = Telling("now", tuple(found.checkpoints), tuple(found.hashes))
    return told, found


def leaves(connection: Connection) -> list[bytes]:
    return list(
        connection.execute(text("SELECT leaf FROM leaves ORDER BY number")).scalars()
    )


def rebuild(connection: Connection, raw: list[bytes]) -> None:
    """Write another history and make its rows and its whole tree fit."""
    old = connection.execute(text("SELECT tenant FROM logs")).scalar_one()
    connection.execute(text("DELETE FROM leaf_texts"))
    connection.execute(text("DELETE FROM leaves"))
    connection.execute(text("DELETE FROM nodes"))
    connection.execute(text("UPDATE logs SET size = :n"), {"n": len(raw)})
    made: dict[tuple[int, int], bytes] = {}
    for number, one in enumerate(raw):
        leaf = Leaf.decode(one)
        connection.execute(
            text(
                "INSERT INTO leaves VALUES (:t, :n, :ms, :ak, :a, :act, :ok, :o, :leaf)"
            ),
            {
                "t": old,
                "n": number,
                "ms": leaf.time_ms,
                "ak": int(leaf.actor[0]),
                "a": leaf.actor[1],
                "act": leaf.action,
                "ok": int(leaf.subject[0]),
                "o": leaf.subject[1],
                "leaf": one,
            },
        )
        for node in rules.new_nodes(
            number, leaf_hash(one), lambda level, at: made[level, at]
        ):
            made[node.level, node.place] = node.hash
            connection.execute(
                text("INSERT INTO nodes VALUES (:t, :l, :p, :h)"),
                {"t": old, "l": node.level, "p": node.place, "h": node.hash},
            )


def other(raw: bytes) -> bytes:
    leaf = Leaf.decode(raw)
    return Leaf(
        leaf.time_ms,
        leaf.actor,
        leaf.action,
        (leaf.subject[0], "another"),
        leaf.detail,
        leaf.client,
    ).encode()


def history(change: Callable[[list[bytes]], list[bytes]]) -> Attack:
    return lambda connection: rebuild(connection, change(leaves(connection)))


HISTORIES = {
    "edited": (
        history(lambda raw: [*raw[:8], other(raw[8]), *raw[9:]]),
        "act 8 changed",
    ),
    "removed": (history(lambda raw: [*raw[:8], *raw[9:]]), "act 8 was taken out"),
    "reordered": (
        history(lambda raw: [*raw[:8], raw[9], raw[8], *raw[10:]]),
        "acts 8 to 9 stand in another order",
    ),
    "inserted": (
        history(lambda raw: [*raw[:8], other(raw[1]), *raw[8:]]),
        "act 8 was put in",
    ),
    "cut off": (history(lambda raw: raw[:10]), "are gone: cut off"),
    "forked": (
        history(lambda raw: [*raw[:10], *map(other, raw[10:])]),
        "from act 10 on another history",
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_another_history_with_a_whole_tree_is_found_and_named(
    agency: Agency, name: str
) -> None:
    attack, words = HISTORIES[name]
    grow(agency, 12)
    kept, clean = telling(agency)
    kept = replace(kept, name="kept")
    assert not clean.wrong
    assert not hold(kept, [kept]).findings
    with agency.site.database.write(Quiet.SETUP) as connection:
        attack(connection)
        connection.execute(text("DELETE FROM checkpoints"))
    now, _ = telling(agency)
    found = [one.words for one in hold(now, [kept]).findings if one.copy == "now"]
    assert found == ["no checkpoint that the log signed"]
    last = kept.newest
    assert last is not None
    named = [one.words for one in hold(now, [kept]).findings]
    assert any(words in one for one in named), named
    only = Telling("a dock's checkpoint", (last,))
    assert hold(now, [only]).findings[-1].copy == "a dock's checkpoint"


@pytest.mark.parametrize("name", HISTORIES)
def test_the_stored_checkpoint_is_enough_where_it_was_left(
    agency: Agency, name: str
) -> None:
    grow(agency, 12)
    with agency.site.database.write(Quiet.SETUP) as connection:
        HISTORIES[name][0](connection)
    now, found = telling(agency)
    assert not found.wrong
    assert hold(now, []).findings


ROWS = {
    "UPDATE leaves SET actor = 'p2' WHERE number = 8": "act 8 is shown as something",
    "UPDATE leaves SET time_ms = 5 WHERE number = 8": "act 8 is shown as something",
    "UPDATE leaves SET leaf = x'00' WHERE number = 8": "act 8 cannot be read",
    "UPDATE leaf_texts SET text = 'no' WHERE number = 8": "act 8: a text is not",
    "UPDATE leaf_texts SET salt = x'00' WHERE number = 8": "act 8: a text is not",
    "DELETE FROM leaves WHERE number = 8": "act 9 stands where act 8 should",
    "UPDATE nodes SET hash = x'00' WHERE level = 1 AND place = 3": "from act 6 on",
    "DELETE FROM nodes WHERE level = 0 AND place = 8": "from act 8 on",
    "UPDATE logs SET size = size - 1": "it counts",
    "UPDATE logs SET origin = 'evidence/another'": "it calls itself",
    "UPDATE checkpoints SET note = 'x'": "proves nothing",
}


@pytest.mark.parametrize("statement", ROWS)
def test_a_row_that_was_written_to_is_found_and_named(
    agency: Agency, statement: str
) -> None:
    grow(agency, 12)
    with agency.site.database.write(Quiet.SETUP) as connection:
        connection.execute(text(statement))
    _, found = telling(agency)
    assert any(ROWS[statement] in words for words in found.wrong), found.wrong


def test_an_erased_text_is_counted_and_is_no_fault(agency: Agency) -> None:
    grow(agency, 3)
    with agency.site.database.write(Quiet.SETUP) as connection:
        connection.execute(text("DELETE FROM leaf_texts WHERE number = 8"))
        connection.execute(text("DELETE FROM leaf_texts WHERE field = 0"))
    _, found = telling(agency)
    assert not found.wrong
    assert found.erased > 0


def test_a_copy_is_carried_on_and_a_contradiction_is_kept(
    agency: Agency, tmp_path: Path
) -> None:
    log = (LogVerifier.from_vkey(agency.site.vkey),)
    grow(agency, 300)
    first, _ = telling(agency)
    head = agency.site.checkpoints.newest()
    assert head is not None
    copy = log_copies.Copy(
        Telling("first", first.checkpoints[-1:], first.hashes), (head.note,)
    )
    log_copies.write(tmp_path, copy)
    again = log_copies.read(str(tmp_path), log)
    assert again.telling.hashes == first.hashes
    grow(agency, 5)
    now, _ = telling(agency)
    assert not hold(now, [again.telling]).findings
