"""A server that signs receipts, for tests of what they prove."""

from dataclasses import replace

from lapel.base.ids import recording_name
from lapel.crypto import cose
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PrivateKey
from lapel.crypto.merkle import inclusion_proof, leaf_hash, root, subtrees_of
from lapel.crypto.note import LogKey
from lapel.proof.trust import Trust
from lapel.sim.forge import Made
from lapel.wire.custody import ActorKind, Checkpoint, Leaf, ObjectKind
from lapel.wire.receipt import Receipt, Received

LOG = LogKey.generate("evidence.example/north")
KEY = PrivateKey.generate()


def told(made: Made, stored: bytes, received_ms: int) -> Received:
    """Say what an honest server says of a recording that it opened."""
    return Received(
        tenant="north",
        recording=made.genesis.recording,
        serial=made.genesis.serial,
        length=len(stored),
        sha256=sha256(stored),
        closing_hash=bytes(32),
        opened=True,
        received_ms=received_ms,
        genesis=made.genesis_hash,
        links=len(made.heads),
        head=made.head,
    )


def unopened(received: Received) -> Received:
    """Say the same of a recording that the server could not open."""
    return replace(received, opened=False, genesis=None, links=None, head=None)


def receipt(received: Received, action: str = "recording.received") -> bytes:
    """Log an act, third of four, and sign the receipt for it."""
    leaf = Leaf(
        received.received_ms,
        (ActorKind.DEVICE, received.serial),
        action,
        (ObjectKind.RECORDING, recording_name(received.recording)),
        received.items(),
        None,
    ).encode()
    hashes = [leaf_hash(one) for one in (b"a", b"b", leaf, b"d")]
    tree = subtrees_of(hashes)
    note = LOG.sign(Checkpoint(LOG.name, 4, root(4, tree)))
    document = Receipt(leaf, 2, note, inclusion_proof(2, 4, tree))
    return cose.sign("receipt", document.encode(), KEY)


def believing(trust: Trust) -> Trust:
    """Trust this server too."""
    return trust.and_(Trust(receipt_keys=(KEY.public,), logs=(LOG.verifier,)))
