"""The tree: golden roots and proofs, and every pair of small sizes."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import LapelError, MalformedError, SignatureError
from lapel.crypto import merkle
from lapel.crypto.note import LogKey, LogVerifier
from lapel.wire.custody import Checkpoint, tile_path
from tests.golden import Case, cases, each


def hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(f"leaf {i}".encode()) for i in range(count)]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    left, right = naive_root(leaves[:k]), naive_root(leaves[k:])
    return hashlib.sha256(b"\1" + left + right).digest()


@each("custody", "tree of 0", "tree of 1", "tree of 2", "tree of 9")
def test_golden_trees_have_their_roots_and_notes(case: Case) -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in case.given["leaves"]]
    root = merkle.root(len(leaves), merkle.subtrees_of(leaves))
    assert root == case.expected("root")
    key = LogKey.from_secret(case.given["origin"], case.raw("log_key"))
    assert key.verifier.vkey == case.out["vkey"]
    note = key.sign(Checkpoint(case.given["origin"], len(leaves), root))
    assert note == case.out["checkpoint"]
    opened = LogVerifier.from_vkey(case.out["vkey"]).open(note)
    assert (opened.size, opened.root) == (len(leaves), root)


def test_the_golden_tree_of_300_has_its_proofs() -> None:
    (case,) = [c for c in cases("custody") if c.name == "tree of 300"]
    leaves = hashes(300)
    tree = merkle.subtrees_of(leaves)
    assert merkle.root(300, tree) == case.expected("root")
    for index, proof in case.out["inclusion"].items():
        golden = tuple(bytes.fromhex(h) for h in proof)
        assert merkle.inclusion_proof(int(index), 300, tree) == golden
    for old, proof in case.out["consistency"].items():
        golden = tuple(bytes.fromhex(h) for h in proof)
        assert merkle.consistency_proof(int(old), 300, tree) == golden
    for size, root in case.out["roots"].items():
        assert merkle.root(int(size), tree).hex() == root


@each("custody", "refuse checkpoint")
def test_golden_refusals_of_checkpoints(case: Case) -> None:
    with pytest.raises((MalformedError, SignatureError)):
        LogVerifier.from_vkey(case.given["vkey"]).open(case.given["checkpoint"])


def test_every_leaf_of_every_small_tree_is_proved() -> None:
    leaves = hashes(40)
    for size in range(1, 41):
        tree = merkle.subtrees_of(leaves[:size])
        root = merkle.root(size, tree)
        assert root == naive_root(leaves[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, tree)
            merkle.verify_inclusion(leaves[index], index, size, proof, root)
            other = merkle.leaf_hash(b"another leaf")
            with pytest.raises(SignatureError):
                merkle.verify_inclusion(other, index, size, proof, root)


def test_every_pair_of_small_sizes_is_consistent() -> None:
    leaves = hashes(33)
    for size in range(34):
        tree = merkle.subtrees_of(leaves[:size])
        new = (size, merkle.root(size, tree))
        for old_size in range(size + 1):
            old = (old_size, naive_root(leaves[:old_size]))
            proof = merkle.consistency_proof(old_size, size, tree)
            merkle.verify_consistency(old, new, proof)
            if 0 < old_size < size:
                forked = (old_size, hashlib.sha256(old[1]).digest())
                with pytest.raises(SignatureError):
                    merkle.verify_consistency(forked, new, proof)


@given(
    st.integers(0, 20),
    st.integers(0, 20),
    st.lists(st.binary(min_size=32, max_size=32), max_size=6),
    st.binary(min_size=32, max_size=32),
)
def test_made_up_proofs_are_refused(
    old: int, new: int, proof: list[bytes], root: bytes
) -> None:
    tree = merkle.subtrees_of(hashes(20))
    with pytest.raises(LapelError):
        merkle.verify_inclusion(root, old, new, proof, merkle.root(new, tree))
    if old > 0:
        with pytest.raises(LapelError):
            merkle.verify_consistency((old, root), (new, merkle.root(new, tree)), proof)


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (1, 67, 256, "tile/1/067"),
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        (0, 1, 44, "tile/0/001.p/44"),
    ],
)
def test_tiles_have_the_names_of_the_public_layout(
    level: int, index: int, width: int, path: str
) -> None:
    assert tile_path(level, index, width) == path
