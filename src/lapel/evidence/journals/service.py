"""Use cases of journals: take entries in, and hold them against what is held.

Nothing that came is thrown away: a gap is noted and the entries behind it are kept; a
fork is kept as evidence of itself and moves nothing.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from lapel.base.errors import ConflictError, MalformedError, SignatureError
from lapel.base.faults import point
from lapel.base.ids import recording_name
from lapel.crypto.certs import Certificate
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Actor, Target
from lapel.evidence.custody.service import Stamp
from lapel.evidence.journals import rules, table
from lapel.evidence.journals.model import Fault, Head, Missing
from lapel.proof.journal import (
    Position,
    Signed,
    beginning,
    follow,
    open_entry,
    split,
)
from lapel.wire.cose import parse
from lapel.wire.custody import ActorKind, ObjectKind
from lapel.wire.journal import Entry, EntryKind, Start
from lapel.wire.receipt import JournalReceived


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of delivered entries, and the act that covers them."""

    leaf_number: int
    head: Head
    erased: tuple[bytes, ...]
    annotated: tuple[bytes, ...]
    """Recordings of which something new was said."""


@dataclass(frozen=True)
class Delivery:
    """Entries of one camera as they came, and who may have signed them."""

    serial: str
    data: bytes
    anchors: tuple[Certificate, ...]
    sign_key: PublicKey | None


def head(connection: Connection, tenant: str, serial: str) -> Head | None:
    """Give the last entry held of a camera."""
    row = table.head(connection, tenant, serial)
    if row is None:
        return None
    return Head(int(row["seq"]), bytes(row["hash"]), bytes(row["signer"]))


def take(connection: Connection, stamp: Stamp, delivery: Delivery) -> Taken:
    """Take entries in and log the act; raises ConflictError on a fork.

    1. Entries that are held already are skipped if they are the same; if not, it is a
    fork. 2. The rest must follow: number, hash of the one before, signature by the key
    in force. 3. A missing stretch is noted as a gap and the walk begins anew behind it.
    """
    held = head(connection, stamp.tenant, delivery.serial)
    raws = _split(delivery.data)
    fresh = _fresh(connection, stamp, delivery, (held, raws))
    signed = _walk(connection, stamp, delivery, (held, fresh))
    table.add(connection, [_row(stamp.tenant, delivery.serial, one) for one in signed])
    point("journals.after-entries")
    if signed:
        held = Head(
            signed[-1].entry.seq, signed[-1].hash, _signer(signed, held, delivery)
        )
        table.set_head(
            connection,
            {
                "tenant": stamp.tenant,
                "serial": delivery.serial,
                "seq": held.seq,
                "hash": held.hash,
                "signer": held.signer,
                "now": stamp.now_ms,
            },
        )
        _note_settings(connection, stamp.tenant, delivery.serial, signed)
    if held is None:
        raise MalformedError("no journal entry came")
    erased = _log_deletions(connection, stamp, delivery.serial, signed)
    received = JournalReceived(
        stamp.tenant, delivery.serial, held.seq, held.hash, stamp.now_ms
    )
    number = custody.append(
        connection,
        stamp,
        Act(
            Actor(ActorKind.DEVICE, delivery.serial),
            Action.JOURNAL_RECEIVED,
            Target(ObjectKind.DEVICE, delivery.serial),
            detail=received.items(),
        ),
    )
    return Taken(number, held, erased, _annotated(signed))


def _note_settings(
    connection: Connection, tenant: str, serial: str, signed: Sequence[Signed]
) -> None:
    """Remember the last settings that a camera wrote down to have taken over."""
    for one in reversed(signed):
        version, hashed = one.entry.data.get(1), one.entry.data.get(2)
        if one.entry.kind is not EntryKind.SETTINGS:
            continue
        if isinstance(version, int) and isinstance(hashed, bytes):
            values: dict[str, object] = {
                "tenant": tenant,
                "serial": serial,
                "version": version,
                "hash": hashed,
                "utc_ms": one.entry.utc_ms,
            }
            table.set_runs(connection, values)
            return


def keep_fork(
    connection: Connection, stamp: Stamp, serial: str, fork: "ForkError"
) -> None:
    """Keep the entry that contradicts what is held, and log that it came."""
    _fault(connection, stamp, serial, (rules.FORK, fork.seq, fork.document))


def _split(data: bytes) -> list[bytes]:
    raws = list(split(data))
    if sum(len(raw) for raw in raws) != len(data):
        raise MalformedError("the journal is not a row of whole entries")
    return raws


class ForkError(ConflictError):
    """Two entries of one number: the camera or its journal was copied."""

    code = "journal-fork"

    def __init__(self, seq: int, document: bytes) -> None:
        """Name the entry, and keep what proves it: the other one, as it was signed."""
        super().__init__(f"entry {seq} is not the one that is held")
        self.seq = seq
        self.document = document


def _fresh(
    connection: Connection,
    stamp: Stamp,
    delivery: Delivery,
    work: tuple[Head | None, list[bytes]],
) -> list[bytes]:
    head, raws = work
    fresh: list[bytes] = []
    for place, raw in enumerate(raws):
        seq = Entry.decode(parse("journal", raw).payload).seq
        held = table.hash_at(connection, stamp.tenant, delivery.serial, seq)
        if held is None:
            fresh.append(raw)
        elif held != sha256(raw):
            _check_signed(delivery, head, raws[: place + 1])
            raise ForkError(seq, raw)
    return fresh


def _check_signed(delivery: Delivery, head: Head | None, raws: list[bytes]) -> None:
    """Raise SignatureError unless the last of `raws` bears this camera's signature.

    What anybody could have written accuses no camera.
    """
    keys = [] if head is None else [PublicKey.from_point(head.signer)]
    if delivery.sign_key is not None:
        keys.append(delivery.sign_key)
    for raw in raws:
        document = parse("journal", raw)
        if document.x5chain:
            chain = tuple(Certificate.from_der(der) for der in document.x5chain)
            keys.append(rules.allow_key(chain, delivery.serial, delivery.anchors))
    for key in keys:
        with suppress(SignatureError):
            open_entry(raws[-1], key)
            return
    raise SignatureError("a journal entry that this camera did not sign")


def _walk(
    connection: Connection,
    stamp: Stamp,
    delivery: Delivery,
    work: tuple[Head | None, list[bytes]],
) -> list[Signed]:
    held, fresh = work
    if not fresh:
        return []

    def allow(chain: tuple[Certificate, ...]) -> PublicKey:
        return rules.allow_key(chain, delivery.serial, delivery.anchors)

    at = beginning(delivery.serial)
    key = None
    if held is not None:
        at = Position(held.seq + 1, held.hash)
        key = PublicKey.from_point(held.signer)
    first = Entry.decode(parse("journal", fresh[0]).payload)
    if first.seq < at.seq or (first.seq == at.seq and first.prev != at.prev):
        _check_signed(delivery, held, fresh[:1])
        raise ForkError(first.seq, fresh[0])
    if first.seq > at.seq:
        gap = (rules.GAP, at.seq, fresh[0])
        _fault(connection, stamp, delivery.serial, gap)
        at, key = Position(first.seq, first.prev), key or delivery.sign_key
    return list(follow(iter(fresh), at, key, allow))


def _signer(signed: Sequence[Signed], held: Head | None, delivery: Delivery) -> bytes:
    for one in reversed(signed):
        if one.x5chain:
            return Certificate.from_der(one.x5chain[0]).public.point
    if held is not None:
        return held.signer
    if delivery.sign_key is None:
        raise MalformedError("a journal that does not begin with its key")
    return delivery.sign_key.point


def _row(tenant: str, serial: str, one: Signed) -> dict[str, object]:
    return {
        "tenant": tenant,
        "serial": serial,
        "seq": one.entry.seq,
        "hash": one.hash,
        "kind": int(one.entry.kind),
        "boot": one.entry.boot,
        "mono_ms": one.entry.mono_ms,
        "utc_ms": one.entry.utc_ms,
        "clock": one.entry.clock,
        "recording": rules.recording_of(one.entry),
        "document": one.raw,
    }


def _fault(
    connection: Connection, stamp: Stamp, serial: str, what: tuple[str, int, bytes]
) -> None:
    kind, seq, document = what
    held = table.hash_at(connection, stamp.tenant, serial, seq)
    values: dict[str, object] = {
        "tenant": stamp.tenant,
        "serial": serial,
        "kind": kind,
        "seq": seq,
        "held": held,
        "document": document,
        "now": stamp.now_ms,
    }
    if not table.add_fault(connection, values):
        return
    action = Action.JOURNAL_FORK if kind == rules.FORK else Action.JOURNAL_GAP
    act = Act(
        Actor(ActorKind.DEVICE, serial),
        action,
        Target(ObjectKind.DEVICE, serial),
        detail={3: seq},
    )
    custody.append(connection, stamp, act)


def _log_deletions(
    connection: Connection, stamp: Stamp, serial: str, signed: Sequence[Signed]
) -> tuple[bytes, ...]:
    erased: list[bytes] = []
    for one in signed:
        recording = rules.recording_of(one.entry)
        if one.entry.kind is not EntryKind.DELETION or recording is None:
            continue
        erased.append(recording)
        act = Act(
            Actor(ActorKind.DEVICE, serial),
            Action.ERASED_ON_CAMERA,
            Target(ObjectKind.RECORDING, recording_name(recording)),
            detail={3: one.entry.utc_ms, 4: one.hash},
        )
        custody.append(connection, stamp, act)
    return tuple(erased)


def _annotated(signed: Sequence[Signed]) -> tuple[bytes, ...]:
    found = [
        rules.recording_of(one.entry)
        for one in signed
        if one.entry.kind is EntryKind.ANNOTATION
    ]
    return tuple(dict.fromkeys(one for one in found if one is not None))


def closing_entry(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> bytes | None:
    """Give the closing entry of a recording, if the journal that came holds it."""
    return table.closing(connection, tenant, serial, recording)


def envelope_hash(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> bytes | None:
    """Give the hash of a recording's envelope as its start entry names it."""
    raw = table.start(connection, tenant, serial, recording)
    if raw is None:
        return None
    return Start.of(Entry.decode(parse("journal", raw).payload).data).envelope_hash


def annotations(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> list[bytes]:
    """Entries in which something is said of a recording, oldest first."""
    return table.annotations(connection, tenant, serial, recording)


def extract(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> list[bytes]:
    """Journal entries from the first to the last about a recording."""
    return table.extract(connection, tenant, serial, recording)


def faults(connection: Connection, tenant: str) -> list[Fault]:
    """Gaps and forks, newest first."""
    return [
        Fault(
            str(row["serial"]), str(row["kind"]), int(row["seq"]), int(row["found_ms"])
        )
        for row in table.faults(connection, tenant)
    ]


def missing(connection: Connection, tenant: str) -> list[Missing]:
    """Give recordings that a journal names and that have not arrived."""
    return [
        Missing(bytes(row["recording"]), str(row["serial"]), int(row["utc_ms"]))
        for row in table.missing(connection, tenant)
    ]
