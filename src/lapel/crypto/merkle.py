"""The tree of RFC 6962: roots, inclusion and consistency proofs.

Proofs are made from subtree hashes that a `Subtree` gives, so that a log of any size
answers from its tiles; `leaves_of` makes one from a list of leaf hashes.
"""

from collections.abc import Callable, Sequence

from lapel.base.errors import SignatureError
from lapel.crypto.digest import sha256

Subtree = Callable[[int, int], bytes]
"""`(level, index)`: hash of the full subtree over leaves `index << level` onwards."""

EMPTY = sha256(b"")


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf's bytes."""
    return sha256(b"\x00" + leaf)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right)


def subtrees_of(hashes: Sequence[bytes]) -> Subtree:
    """Subtree hashes over a list of leaf hashes, each put together once."""
    levels = [list(hashes)]
    while len(below := levels[-1]) > 1:
        whole = len(below) // 2
        levels.append(
            [node_hash(below[2 * at], below[2 * at + 1]) for at in range(whole)]
        )
    return lambda level, index: levels[level][index]


def _range_hash(start: int, end: int, subtree: Subtree) -> bytes:
    """Hash over leaves `start:end`, where `start` is aligned to the range's size."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return subtree(level, start >> level)
    split = start + _split(size)
    return node_hash(
        _range_hash(start, split, subtree), _range_hash(split, end, subtree)
    )


def _split(size: int) -> int:
    """Largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def root(size: int, subtree: Subtree) -> bytes:
    """Root of the tree over the first `size` leaves."""
    return _range_hash(0, size, subtree) if size else EMPTY


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Audit path of leaf `index` in the tree of `size` leaves."""
    if not 0 <= index < size:
        raise IndexError(index)
    return _path(index, 0, size, subtree)


def _path(index: int, start: int, end: int, subtree: Subtree) -> tuple[bytes, ...]:
    if end - start == 1:
        return ()
    split = start + _split(end - start)
    if index < split:
        return (
            *_path(index, start, split, subtree),
            _range_hash(split, end, subtree),
        )
    return (*_path(index, split, end, subtree), _range_hash(start, split, subtree))


def consistency_proof(old: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Proof that the tree of `old` leaves is a beginning of that of `size`."""
    if not 0 <= old <= size:
        raise IndexError(old)
    if old in (0, size):
        return ()
    return _subproof(old, (0, size), subtree, whole=True)


def _subproof(
    old: int, span: tuple[int, int], subtree: Subtree, *, whole: bool
) -> tuple[bytes, ...]:
    start, end = span
    if old == end:
        return () if whole else (_range_hash(start, end, subtree),)
    split = start + _split(end - start)
    if old <= split:
        left = _subproof(old, (start, split), subtree, whole=whole)
        return (*left, _range_hash(split, end, subtree))
    right = _subproof(old, (split, end), subtree, whole=False)
    return (*right, _range_hash(start, split, subtree))


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> None:
    """Raise `SignatureError` unless the leaf hash stands at `index`.

    The way of RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise SignatureError("an index outside the tree")
    node, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise SignatureError("an inclusion proof that is too long")
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    if last or current != expected:
        raise SignatureError("an inclusion proof that does not fit")


def verify_consistency(
    old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]
) -> None:
    """Raise `SignatureError` unless tree `new` extends `old`; each is (size, root)."""
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 <= old_size <= new_size:
        raise SignatureError("a tree that became smaller")
    if old_size in (0, new_size):
        expected = EMPTY if old_size == 0 else new_root
        if proof or old_root != expected:
            raise SignatureError("two trees of one size that differ")
        return
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path or _replay(old_size - 1, new_size - 1, path) != (old_root, new_root):
        raise SignatureError("a consistency proof that does not fit")


def _replay(node: int, last: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    """Rebuild both roots as RFC 9162 section 2.1.4.2 does; None where it fails."""
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        node, last = node >> 1, last >> 1
    return None if last else (first, second)
