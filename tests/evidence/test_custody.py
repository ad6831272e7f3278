"""The custody log: a tree that only grows, and a signer that sees to it."""

from pathlib import Path

import pytest
from sqlalchemy import text

from lapel.base.errors import LapelError, RefusedError
from lapel.crypto import merkle
from lapel.crypto.note import LogVerifier
from lapel.evidence.custody import rules, service
from lapel.evidence.custody.model import Act, Action, Actor, Target
from lapel.evidence.custody.signer import Ask, Drawer, answer
from lapel.evidence.custody.signing import FIRST, Head, extend
from lapel.evidence.store.database import Quiet
from lapel.evidence.web import health, words
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.forge import Media
from lapel.wire.custody import ActorKind, Leaf, ObjectKind


def an_act(number: int) -> Act:
    return Act(
        Actor(ActorKind.USER, "p1"),
        Action.VIEWED,
        Target(ObjectKind.RECORDING, f"r{number % 3}"),
        texts={1: f"name {number}"},
        client="192.0.2.7",
    )


def grow(agency: Agency, count: int) -> None:
    with agency.site.database.write(Quiet.SETUP) as connection:
        for number in range(count):
            service.append(connection, agency.site.stamp(), an_act(number))


def test_roots_and_proofs_are_those_of_rfc_6962(agency: Agency) -> None:
    grow(agency, 70)
    tenant = agency.site.tenant.id
    with agency.site.database.read() as connection:
        size = service.size(connection, tenant)
        leaves = [service.act(connection, tenant, n).leaf for n in range(size)]
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
        root = merkle.root(size, merkle.subtrees_of(hashes))
        assert service.root(connection, tenant, size) == root
        for number in range(size):
            proof = service.inclusion(connection, tenant, number, size)
            merkle.verify_inclusion(hashes[number], number, size, proof, root)
        for old in range(1, size):
            proof = service.consistency(connection, tenant, old, size)
            older = (old, service.root(connection, tenant, old))
            merkle.verify_consistency(older, (size, root), proof)


def test_a_leaf_holds_salted_hashes_and_no_text(agency: Agency) -> None:
    grow(agency, 1)
    tenant = agency.site.tenant.id
    with agency.site.database.read() as connection:
        (logged,) = service.latest(connection, tenant, None, 1)
    assert b"name 0" not in logged.leaf
    assert b"192.0.2.7" not in logged.leaf
    assert logged.texts == {0: "192.0.2.7", 1: "name 0"}
    leaf = Leaf.decode(logged.leaf)
    assert leaf.client is not None


def test_erasing_a_text_leaves_the_tree_whole(agency: Agency) -> None:
    grow(agency, 3)
    with agency.site.database.write(Quiet.SETUP) as connection:
        connection.execute(text("DELETE FROM leaf_texts"))
    agency.site.checkpoints.refresh()
    assert agency.site.checkpoints.newest() is not None


def test_an_act_that_fails_leaves_no_leaf(agency: Agency) -> None:
    tenant = agency.site.tenant.id
    with agency.site.database.read() as connection:
        before = service.size(connection, tenant)

    def fail() -> None:
        with agency.site.database.write(Quiet.SETUP) as connection:
            service.append(connection, agency.site.stamp(), an_act(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with agency.site.database.read() as connection:
        assert service.size(connection, tenant) == before


def test_checkpoints_are_signed_notes_of_the_log(agency: Agency) -> None:
    grow(agency, 5)
    agency.site.checkpoints.refresh()
    head = agency.site.checkpoints.newest()
    assert head is not None
    checkpoint = LogVerifier.from_vkey(agency.site.vkey).open(head.note)
    assert checkpoint.origin == agency.site.tenant.origin
    assert (checkpoint.size, checkpoint.root) == (head.size, head.root)


def test_tiles_hold_the_leaf_hashes(agency: Agency) -> None:
    grow(agency, 300)
    tenant = agency.site.tenant.id
    with agency.site.database.read() as connection:
        size = service.size(connection, tenant)
        tile = service.tile(connection, tenant, 0, (256, size))
        assert len(tile) == 32 * rules.tile_width(0, 1, size)
        above = service.tile(connection, tenant, 1, (0, 1))
        assert above == service.root(connection, tenant, 256)


@pytest.mark.parametrize(
    ("parts", "number"),
    [
        (("067",), 67),
        (("x001", "x234", "067"), 1234067),
        (("67",), None),
        (("x000", "067"), None),
        (("001", "067"), None),
        (("x1a1", "067"), None),
        (("",), None),
    ],
)
def test_tile_names_have_one_spelling(
    parts: tuple[str, ...], number: int | None
) -> None:
    assert rules.parse_tile_place(parts) == number


def test_a_log_that_was_rewritten_is_not_signed_and_alarms(
    tmp_path: Path, film: Media
) -> None:
    alarms: list[str] = []
    root = tmp_path / "evidence"
    with founded(root, SystemClock(), system_entropy, alarms) as agency:
        sent = agency.record(film)
        agency.take_in(sent)
        with agency.site.database.write(Quiet.SETUP) as connection:
            connection.execute(text("UPDATE nodes SET hash = zeroblob(32)"))
        with pytest.raises(LapelError):
            agency.take_in(agency.record(film))
        assert alarms
        told = health.unwell(agency.site, words.catalogue())
        assert any("custody" in line.what for line in told)
        with pytest.raises(LapelError):
            agency.take_in(agency.record(film))


def test_the_signer_signs_what_extends_and_stops_at_the_rest(tmp_path: Path) -> None:
    drawer, alarms = Drawer(tmp_path, "log/1"), list[str]()

    def alarm(_origin: str, words: str, /) -> None:
        alarms.append(words)

    hashes = [merkle.leaf_hash(bytes([n])) for n in range(9)]
    tree = merkle.subtrees_of(hashes)

    def ask(old: int, size: int, root: bytes | None = None) -> str:
        proof = merkle.consistency_proof(old, size, tree) if old <= size else ()
        wanted = merkle.root(size, tree) if root is None else root
        return answer(Ask("sign", "log/1", size, wanted, proof), drawer, alarm).refused

    assert ask(0, 3) == ""
    assert ask(3, 3) == ""
    assert ask(3, 7) == ""
    assert not alarms
    assert ask(7, 9, bytes(32)) == "rewritten"
    assert len(alarms) == 1
    assert ask(7, 9) == "stopped"


def test_a_smaller_log_is_an_old_copy() -> None:
    with pytest.raises(RefusedError) as error:
        extend(Head(4, bytes(32)), Head(3, bytes(32)), ())
    assert error.value.reason == "smaller"
    assert extend(FIRST, Head(2, bytes(32)), ()) == Head(2, bytes(32))
