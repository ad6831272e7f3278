"""A witness cosigns only what extends what it has seen, whatever it is handed."""

import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lapel.base.errors import MalformedError, SignatureError
from lapel.crypto import merkle
from lapel.crypto.cosignature import WitnessKey, WitnessVerifier
from lapel.crypto.digest import sha256
from lapel.crypto.note import LogKey, LogVerifier
from lapel.proof import witness
from lapel.proof.witness import Ruled, Ruling, Seen
from lapel.wire.custody import Checkpoint
from lapel.wire.witnessing import Submission

LOG = LogKey.from_secret("evidence/00", bytes(range(32)))
OTHER = LogKey.from_secret("evidence/00", bytes(range(1, 33)))
TRUE = [sha256(b"act %d" % number) for number in range(64)]
FORK = [*TRUE[:20], *(sha256(b"fork %d" % number) for number in range(44))]
TREES = {"true": merkle.subtrees_of(TRUE), "fork": merkle.subtrees_of(FORK)}


def checkpoint(size: int, branch: str = "true") -> Checkpoint:
    return Checkpoint(LOG.name, size, merkle.root(size, TREES[branch]))


def submission(
    old: int, size: int, branch: str = "true", key: LogKey = LOG
) -> Submission:
    proof = merkle.consistency_proof(min(old, size), size, TREES[branch])
    return Submission(old, proof, key.sign(checkpoint(size, branch)))


def seen(size: int, branch: str = "true") -> Seen:
    return Seen(size, checkpoint(size, branch).root) if size else Seen()


def ruled(handed: Submission, before: Seen) -> Ruled:
    return witness.rule(handed, LOG.verifier, before)


@given(st.integers(0, 63), st.integers(1, 64))
def test_a_log_that_grows_is_cosigned_and_one_that_shrinks_is_not(
    old: int, size: int
) -> None:
    found = ruled(submission(old, size), seen(old)).ruling
    assert found is (Ruling.COSIGNED if old <= size else Ruling.TOO_SMALL)


@pytest.mark.parametrize(
    ("handed", "before", "ruling"),
    [
        (submission(0, 30), seen(0), Ruling.COSIGNED),
        (submission(30, 30), seen(30), Ruling.COSIGNED),
        (submission(0, 30), seen(20), Ruling.STALE),
        (submission(25, 30), seen(20), Ruling.STALE),
        (submission(30, 40, "fork"), seen(30), Ruling.UNPROVED),
        (submission(30, 30, "fork"), seen(30), Ruling.FORKED),
        (submission(0, 30, "fork"), seen(30), Ruling.FORKED),
        (submission(20, 30, key=OTHER), seen(20), Ruling.UNSIGNED),
        (
            Submission(20, (bytes(32),), submission(20, 30).note),
            seen(20),
            Ruling.UNPROVED,
        ),
        (Submission(0, (bytes(32),), submission(0, 30).note), seen(0), Ruling.UNPROVED),
        (Submission(0, (), "no note"), seen(0), Ruling.UNSIGNED),
    ],
)
def test_each_ruling(handed: Submission, before: Seen, ruling: Ruling) -> None:
    assert ruled(handed, before).ruling is ruling


class Handed(RuleBasedStateMachine):
    """Anybody hands anything that the log ever signed, on either branch."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()
        self.cosigned: list[Checkpoint] = []

    @rule(
        old=st.integers(0, 64),
        size=st.integers(0, 64),
        branch=st.sampled_from(sorted(TREES)),
        exact=st.booleans(),
    )
    def hand(self, old: int, size: int, branch: str, *, exact: bool) -> None:
        found = ruled(
            submission(self.seen.size if exact else old, size, branch), self.seen
        )
        if found.ruling is Ruling.COSIGNED:
            assert found.checkpoint is not None
            self.cosigned.append(found.checkpoint)
            self.seen = Seen(found.checkpoint.size, found.checkpoint.root)

    @invariant()
    def it_cosigned_one_history(self) -> None:
        branches = [
            all(merkle.root(one.size, tree) == one.root for one in self.cosigned)
            for tree in TREES.values()
        ]
        assert any(branches)
        sizes = [one.size for one in self.cosigned]
        assert sizes == sorted(sizes)


TestHanded = Handed.TestCase


def test_a_cosignature_is_that_of_the_published_format() -> None:
    key = WitnessKey.from_secret("court.example", bytes(32))
    body = checkpoint(7).body()
    line = key.cosign(body, 1_790_000_000)
    hashed = sha256(b"court.example\n\x04" + key.verifier.public)
    assert line.key_hash == hashed[:4]
    assert struct.unpack(">Q", line.signature[:8]) == (1_790_000_000,)
    signed = b"cosignature/v1\ntime 1790000000\n" + body
    public = Ed25519PublicKey.from_public_bytes(key.verifier.public)
    public.verify(line.signature[8:], signed)


def test_a_cosigned_note_is_read_by_both_keys_and_says_when() -> None:
    key = WitnessKey.generate("court.example")
    note = LOG.sign(checkpoint(7))
    line = key.cosign(checkpoint(7).body(), 1_790_000_000)
    assert LOG.verifier.open(note + line.line()) == checkpoint(7)
    again = WitnessVerifier.from_vkey(key.verifier.vkey)
    assert again.time_of(note + line.line()) == 1_790_000_000
    for changed in (
        note,
        note + key.cosign(checkpoint(8).body(), 1_790_000_000).line(),
        LOG.sign(checkpoint(8)) + line.line(),
    ):
        with pytest.raises(SignatureError):
            again.time_of(changed)


def test_keys_of_logs_and_witnesses_are_not_taken_for_each_other() -> None:
    key = WitnessKey.generate("court.example")
    with pytest.raises(MalformedError):
        LogVerifier.from_vkey(key.verifier.vkey)
    with pytest.raises(MalformedError):
        WitnessVerifier.from_vkey(LOG.verifier.vkey)
    assert key.secret.hex() not in repr(key)
