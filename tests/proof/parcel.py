"""A proof package as Evidence makes it, forged part by part for tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lapel.base.ids import recording_name
from lapel.crypto import cose
from lapel.crypto.certs import Issuer
from lapel.crypto.digest import sha256
from lapel.crypto.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    subtrees_of,
)
from lapel.crypto.revocation import make_list
from lapel.proof import package
from lapel.proof.checkpoints import Consistency
from lapel.proof.extract import CustodyExtract, Extracted, SaltedText
from lapel.sim.forge import NOON_MS, Made, Media, Signer, Story, make
from lapel.wire.cbor import Value
from lapel.wire.custody import ActorKind, Checkpoint, Leaf, ObjectKind
from lapel.wire.document import Document
from lapel.wire.journal import Anchor, Entry, EntryKind, Start
from lapel.wire.packaged import Packaged
from lapel.wire.receipt import Receipt
from lapel.wire.recording import Trigger, TriggerKind
from tests.proof.server import KEY, LOG, told

SALT = bytes(range(16))
WORDS = {1: "A. Okafor", 2: "sergeant", 3: "Theft, Mill Lane", 0: "192.0.2.7"}


@dataclass
class Journal:
    """A camera's journal around one recording."""

    signer: Signer
    entries: list[bytes] = field(default_factory=list)
    prev: bytes = bytes(32)

    def write(self, kind: EntryKind, document: Document) -> bytes:
        seq = 2 + len(self.entries)
        entry = Entry(
            seq, 7, 58_000 + seq, NOON_MS, 3, kind, document.items(), self.prev
        )
        raw = cose.sign("journal", entry.encode(), self.signer.key)
        self.entries.append(raw)
        self.prev = sha256(raw)
        return raw


@dataclass
class Log:
    """A custody log of one agency."""

    leaves: list[bytes] = field(default_factory=list)

    def add(self, action: str, recording: bytes, detail: Mapping[int, Value]) -> int:
        leaf = Leaf(
            NOON_MS + 1000 * len(self.leaves),
            (ActorKind.USER, "okafor"),
            action,
            (ObjectKind.RECORDING, recording_name(recording)),
            detail,
            salted(0) if 1 in detail and isinstance(detail[1], bytes) else None,
        )
        self.leaves.append(leaf.encode())
        return len(self.leaves) - 1

    def note(self, size: int) -> str:
        tree = subtrees_of([leaf_hash(leaf) for leaf in self.leaves])
        return LOG.sign(Checkpoint(LOG.name, size, root(size, tree)))

    def act(self, number: int, size: int, texts: Sequence[int]) -> Extracted:
        tree = subtrees_of([leaf_hash(leaf) for leaf in self.leaves])
        return Extracted(
            number,
            self.leaves[number],
            {one: SaltedText(SALT, WORDS[one]) for one in texts},
            inclusion_proof(number, size, tree),
        )

    def since(self, old: int, size: int) -> Consistency:
        tree = subtrees_of([leaf_hash(leaf) for leaf in self.leaves])
        return Consistency(old, size, consistency_proof(old, size, tree))


def salted(number: int) -> bytes:
    return sha256(SALT + WORDS[number].encode())


def spoken() -> dict[int, Value]:
    return {number: salted(number) for number in (1, 2, 3)}


@dataclass(frozen=True)
class Parcel:
    """A package's parts, and what they were made of."""

    made: Made
    small: dict[str, bytes]
    log: Log
    numbers: tuple[int, ...]

    @property
    def data(self) -> bytes:
        return b"".join(package.build(self.small, iter([self.made.clear])))

    def with_(self, **changes: bytes | None) -> bytes:
        """The package with parts changed or left out; `_` stands for a dot."""
        return self.of({name.replace("_", "."): data for name, data in changes.items()})

    def of(self, changes: Mapping[str, bytes | None]) -> bytes:
        small = {**self.small, **changes}
        kept = {name: data for name, data in small.items() if data is not None}
        return b"".join(package.build(kept, iter([self.made.clear])))

    def extract(self) -> CustodyExtract:
        return CustodyExtract.decode(self.small[package.CUSTODY])


def filmed(media: Media, signer: Signer, number: int = 1) -> tuple[Made, Journal]:
    """A recording whose journal knows of it."""
    recording = bytes((number,)) * 16
    journal = Journal(signer)
    trigger = Trigger(TriggerKind.BUTTON, b"")
    start = journal.write(EntryKind.START, Start(recording, None, trigger))
    changes: dict[str, object] = {"start_hash": sha256(start)}
    made = make(media, signer, Story(recording=recording, changes=changes))
    journal.write(EntryKind.ANCHOR, Anchor(recording, 2, made.heads[1], 2000))
    journal.write(EntryKind.STOP, made.stop(made.clear, sealed=False))
    return made, journal


def parcel(media: Media, signer: Signer, agency: Issuer, number: int = 1) -> Parcel:
    """A whole package, as honest people make it."""
    made, journal = filmed(media, signer, number)
    recording = made.genesis.recording
    log = Log([b"before"])
    closing = journal.entries[-1]
    received = replace(
        told(made, made.clear, NOON_MS + 5), closing_hash=sha256(closing)
    )
    first = log.add("recording.received", recording, received.items())
    log.leaves.append(b"something else")
    receipt = Receipt(
        log.leaves[first], first, log.note(3), log.act(first, 3, ()).proof
    )
    small = {
        package.CLOSING: closing,
        package.RECEIPT: cose.sign("receipt", receipt.encode(), KEY),
        package.JOURNAL: b"".join(journal.entries),
        package.CERTIFICATES: agency.certificate.to_pem(),
        package.REVOCATIONS: make_list(agency, (), NOON_MS).to_pem(),
        package.REPORT: b"words for people",
        package.VERIFIER: b"<!doctype html>",
    }
    second = log.add("recording.watched", recording, spoken())
    named = tuple(sorted((name, sha256(data)) for name, data in small.items()))
    third = log.add(
        "recording.packaged", recording, {**spoken(), **Packaged(2, named).items()}
    )
    log.leaves.append(b"after")
    size = len(log.leaves)
    acts = (
        log.act(first, size, ()),
        log.act(second, size, (0, 1, 2)),
        log.act(third, size, (0, 1, 2, 3)),
    )
    extract = CustodyExtract(acts, (log.since(3, size),))
    small[package.CUSTODY] = extract.encode()
    small[package.CHECKPOINT] = log.note(size).encode()
    return Parcel(made, small, log, (first, second, third))
