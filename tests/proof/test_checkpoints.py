"""Checkpoints of one log: consistent, unproved, forked."""

import base64
import json
from itertools import pairwise

import pytest

from lapel.base.errors import MalformedError
from lapel.crypto import merkle
from lapel.crypto.note import LogKey
from lapel.proof.checkpoints import Notes, compare, parse_notes
from lapel.wire.custody import Checkpoint

KEY = LogKey.generate("evidence.example/t")
LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(20)]
TREE = merkle.subtrees_of(LEAVES)


def note(size: int, root: bytes | None = None) -> str:
    root = merkle.root(size, TREE) if root is None else root
    return KEY.sign(Checkpoint(KEY.name, size, root))


def answer(*sizes: int) -> bytes:
    """What the log answers: notes with proofs from each to the last."""
    proofs = [
        {
            "old": old,
            "new": new,
            "proof": [
                base64.b64encode(h).decode()
                for h in merkle.consistency_proof(old, new, TREE)
            ],
        }
        for old, new in pairwise(sizes)
    ]
    notes = [note(size) for size in sizes]
    return json.dumps({"checkpoints": notes, "proofs": proofs}).encode()


def test_checkpoints_with_proofs_are_consistent() -> None:
    found = compare([parse_notes(answer(3, 8, 20))], [KEY.verifier])
    assert (found.proved, found.unproved, found.forks) == (2, (), ())


def test_two_roots_of_one_size_are_a_fork() -> None:
    files = [Notes((note(8), note(8, bytes(32))))]
    assert compare(files, [KEY.verifier]).forks


def test_a_proof_that_does_not_fit_is_a_fork() -> None:
    files = [parse_notes(answer(3, 8)), Notes((note(3),))]
    lied = Notes((note(3, bytes(32)), note(8)), files[0].proofs)
    assert compare([lied], [KEY.verifier]).forks


def test_without_a_proof_nothing_is_claimed() -> None:
    found = compare([Notes((note(3), note(8)))], [KEY.verifier])
    assert (found.proved, len(found.unproved), found.forks) == (0, 1, ())


def test_a_checkpoint_of_a_stranger_proves_nothing() -> None:
    other = LogKey.generate(KEY.name)
    found = compare([Notes((note(3),))], [other.verifier])
    assert found.unproved
    assert not found.forks


@pytest.mark.parametrize("data", [b"{", b"{}", b"\xff", b'{"checkpoints": 3}'])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_notes(data)
