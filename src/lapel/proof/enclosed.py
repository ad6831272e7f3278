"""A proof package as a whole: whether its parts belong together and to the log.

This is apart from the verdict on the recording. A part that was changed, left out or
taken from another package is tampering with the package; the recording may be good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from lapel.base.errors import LapelError, SignatureError
from lapel.crypto import cose
from lapel.crypto.certs import Certificate, check_path
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.crypto.merkle import leaf_hash, verify_inclusion
from lapel.proof import package
from lapel.proof.chain import Chain
from lapel.proof.companions import open_closing
from lapel.proof.custody import Custody, Told, judge_custody, read_note
from lapel.proof.journal import KeyChange, Position, Signed, follow, split
from lapel.proof.trust import Trust
from lapel.wire.cose import parse
from lapel.wire.custody import Checkpoint
from lapel.wire.journal import Entry, EntryKind, Start, Stop
from lapel.wire.receipt import Receipt
from lapel.wire.sealed import Envelope


class Whole(Enum):
    """What can be said of a package; the value is the stable code."""

    WHOLE = "whole"
    """As the log says that it was made, under a log key that is trusted."""
    UNPROVEN = "unproven"
    """It agrees with itself, but no trusted log says so, or it has no custody."""
    TAMPERED = "tampered"
    """A part is not what the log or the recording says."""


@dataclass(slots=True)
class Enclosed:
    """The answer on a package's parts."""

    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    acts: tuple[Told, ...] = ()
    checkpoint: Checkpoint | None = None
    entries: int = 0
    vouched: bool = False

    @property
    def code(self) -> Whole:
        """What can be said."""
        if self.wrong:
            return Whole.TAMPERED
        return Whole.WHOLE if self.vouched else Whole.UNPROVEN


@dataclass(frozen=True)
class Parts:
    """A package's parts: small ones, and hashes of those that are large."""

    small: Mapping[str, bytes]
    sealed: tuple[int, bytes] | None = None
    """Length and SHA-256 of the sealed file, where it is inside."""


def anchors_in(journal: bytes) -> tuple[bytes, ...]:
    """Give the anchors of a journal extract, to be held against the recording."""
    found: list[bytes] = []
    for raw in split(journal):
        try:
            payload = parse("journal", raw).payload
            if _kind_of(payload) is EntryKind.ANCHOR:
                found.append(raw)
        except LapelError:
            continue
    return tuple(found)


def judge_parts(parts: Parts, chain: Chain, trust: Trust) -> Enclosed:
    """Judge a package's parts against the recording, the log and each other.

    1. Custody, as `judge_custody`. 2. The parts are those that its last act names, each
    with its hash. 3. The receipt is for this recording and closing entry, and its act
    is among those of the extract. 4. The journal runs from the start entry that GENESIS
    names, unbroken, and holds the closing entry. 5. The sealed file is what the closing
    entry names. 6. Certificates and revocation lists were signed by who they name.
    """
    found = Enclosed()
    small = parts.small
    custody = _custody(small, chain, trust, found)
    if custody.packaged is not None:
        _named(parts, dict(custody.packaged.parts), found)
    for name, judge in (
        (package.RECEIPT, _receipt),
        (package.JOURNAL, _journal),
        (package.CERTIFICATES, _certificates),
        (package.REVOCATIONS, _revocations),
        (package.ENVELOPE, _envelope),
    ):
        if name not in small:
            continue
        try:
            judge(_Case(small, chain, trust, custody), found)
        except LapelError as error:
            found.wrong.append(f"{name}: {error}")
    _sealed(parts, chain, found)
    return found


@dataclass(frozen=True)
class _Case:
    small: Mapping[str, bytes]
    chain: Chain
    trust: Trust
    custody: Custody


def _custody(
    small: Mapping[str, bytes], chain: Chain, trust: Trust, found: Enclosed
) -> Custody:
    extract, note = small.get(package.CUSTODY), small.get(package.CHECKPOINT)
    if extract is None or note is None:
        if (extract is None) != (note is None):
            found.wrong.append("custody without its checkpoint, or the other way round")
        found.notes.append("no custody is here: nothing says who had the recording")
        return Custody()
    recording = chain.genesis.recording
    custody = judge_custody(extract, note, recording, trust.logs)
    found.wrong += custody.wrong
    found.notes += custody.notes
    found.acts = tuple(custody.acts)
    found.checkpoint = custody.checkpoint
    found.vouched = custody.vouched
    return custody


def _named(parts: Parts, named: dict[str, bytes], found: Enclosed) -> None:
    """Hold the parts against the names and hashes that the log gives."""
    here = {name: sha256(data) for name, data in parts.small.items()}
    if parts.sealed is not None:
        here[package.SEALED] = parts.sealed[1]
    here = {n: h for n, h in here.items() if n not in package.PROVE_THEMSELVES}
    for name in sorted(here.keys() | named.keys()):
        if name not in here:
            found.wrong.append(f"{name} was left out")
        elif name not in named:
            found.wrong.append(f"{name} was put in later")
        elif here[name] != named[name]:
            found.wrong.append(f"{name} is not what was put in")


def _receipt(case: _Case, found: Enclosed) -> None:
    """Judge the receipt apart from trust: it must fit what stands beside it."""
    document = parse("receipt", case.small[package.RECEIPT])
    read = Receipt.decode(document.payload)
    checkpoint, _ = read_note(read.checkpoint, case.trust.logs)
    verify_inclusion(
        leaf_hash(read.leaf), read.index, checkpoint.size, read.proof, checkpoint.root
    )
    for key in case.trust.receipt_keys:
        if key.kid == document.kid:
            cose.verify("receipt", document, key)
    if case.custody.acts and case.custody.leaves.get(read.index) != read.leaf:
        found.wrong.append("recording.receipt: its act is not among those of custody")


def _journal(case: _Case, found: Enclosed) -> None:
    """Walk the journal extract from the start entry that GENESIS names."""
    data, genesis = case.small[package.JOURNAL], case.chain.genesis
    raws = list(split(data))
    if sum(map(len, raws)) != len(data):
        raise SignatureError("it does not consist of whole entries")
    if not raws:
        found.notes.append("the journal extract is empty")
        return
    first = _entry_position(raws[0])
    if first.seq > genesis.start_seq:
        found.notes.append("the journal extract begins behind the start entry")
    elif sha256(raws[0]) != genesis.start_hash:
        raise SignatureError("it does not begin with the entry that GENESIS names")
    entries = list(follow(iter(raws), first, case.chain.key, _changing(case)))
    found.entries = len(entries)
    stops = [one for one in entries if _speaks(one, EntryKind.STOP, case.chain)]
    for one in entries:
        _check_start(one, case.chain)
    closing = case.small.get(package.CLOSING)
    if closing is not None and [one.raw for one in stops] != [closing]:
        raise SignatureError("it does not hold the closing entry, once")


def _kind_of(payload: bytes) -> EntryKind:
    return Entry.decode(payload).kind


def _entry_position(raw: bytes) -> Position:
    entry = Entry.decode(parse("journal", raw).payload)
    return Position(entry.seq, entry.prev)


def _speaks(signed: Signed, kind: EntryKind, chain: Chain) -> bool:
    if signed.entry.kind is not kind:
        return False
    form = Stop if kind is EntryKind.STOP else Start
    return form.of(signed.entry.data).recording == chain.genesis.recording


def _check_start(signed: Signed, chain: Chain) -> None:
    """Hold a start entry of this recording against GENESIS."""
    if not _speaks(signed, EntryKind.START, chain):
        return
    start, genesis = Start.of(signed.entry.data), chain.genesis
    if (signed.entry.seq, signed.hash) != (genesis.start_seq, genesis.start_hash):
        raise SignatureError("a start entry that GENESIS does not name")
    if start.trigger != genesis.trigger:
        raise SignatureError("the start entry names another trigger than GENESIS")


def _changing(case: _Case) -> KeyChange:
    def change(chain: tuple[Certificate, ...]) -> PublicKey:
        leaf, genesis = chain[0], case.chain.genesis
        if leaf.public.point == case.chain.key.point:
            return leaf.public
        if leaf.serial != genesis.serial:
            raise SignatureError("it goes on with another camera's key")
        if case.trust.authorities:
            check_path(chain, case.trust.authorities)
        return leaf.public

    return change


def _certificates(case: _Case, found: Enclosed) -> None:
    inside = Trust.parse([case.small[package.CERTIFICATES]]).authorities
    for one in inside:
        if not any(one.issued_by(other) for other in inside):
            raise SignatureError("a certificate that none of them signed")
    try:
        check_path(case.chain.certificates, inside)
    except SignatureError:
        found.wrong.append("certificates.pem: none of them stands above the signer")


def _revocations(case: _Case, _found: Enclosed) -> None:
    lists = Trust.parse([case.small[package.REVOCATIONS]]).revocations
    known = Trust.parse([case.small.get(package.CERTIFICATES, b"")]).authorities
    for one in lists:
        if not any(one.issued_by(ca) for ca in (*known, *case.trust.authorities)):
            raise SignatureError("a list that no CA at hand signed")


def _envelope(case: _Case, _found: Enclosed) -> None:
    read = Envelope.decode(case.small[package.ENVELOPE])
    if read.recording != case.chain.genesis.recording:
        raise SignatureError("it is for another recording")


def _sealed(parts: Parts, chain: Chain, found: Enclosed) -> None:
    """Hold the sealed file against the closing entry, which names its bytes."""
    closing = parts.small.get(package.CLOSING)
    if parts.sealed is None or closing is None:
        return
    try:
        stop = open_closing(closing, chain.key)
    except LapelError:
        return
    if not stop.frames or (stop.length, stop.sha256) != parts.sealed:
        found.wrong.append("recording.sealed is not what the closing entry names")
