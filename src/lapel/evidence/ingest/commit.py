"""The end of an upload: from the last byte to the receipt.

Each step is durable before the next begins, and each can be done again: a server that
dies anywhere in between gives the same receipt when the dock asks again.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from lapel.base.clock import ClockQuality
from lapel.base.errors import ConflictError, RefusedError
from lapel.base.faults import point
from lapel.base.ids import recording_name
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Actor, Target
from lapel.evidence.custody.service import Stamp
from lapel.evidence.devices.holding import holder_at
from lapel.evidence.devices.model import Holder
from lapel.evidence.ingest import rules, table
from lapel.evidence.ingest.inspect import Inspector
from lapel.evidence.ingest.ledger import Entry
from lapel.evidence.ingest.model import Cause, Closing, Upload
from lapel.evidence.ingest.rules import Accepted, Refused
from lapel.evidence.ingest.saying import take_over
from lapel.evidence.ingest.service import Ingest
from lapel.evidence.items import rules as item_rules
from lapel.evidence.items import service as items
from lapel.evidence.items.model import Item, NewItem, Story
from lapel.evidence.store.database import Quiet
from lapel.wire.custody import ActorKind, ObjectKind
from lapel.wire.receipt import Received

NOBODY: Final = Holder("", "")


class HeldError(ConflictError):
    """The file is held aside; `code` of the cause says why. No receipt is given."""

    code = "held"

    def __init__(self, cause: str, words: str) -> None:
        """Name the cause."""
        super().__init__(words)
        self.cause = cause


@dataclass(frozen=True)
class Looked:
    """What is known of the bytes."""

    sha256: bytes
    inspector: Inspector


async def commit(ingest: Ingest, upload: Upload, raw_closing: bytes) -> bytes:
    """Take a recording in and give its receipt.

    Raises RefusedError `incomplete` when bytes are missing, HeldError when the file is
    held aside.
    """
    closing = rules.read_closing(raw_closing, upload.recording)
    if ingest.offset(upload) != upload.length:
        raise RefusedError("incomplete", "not all bytes have arrived")
    seen: tuple[bytes | None, Inspector | None] = (None, None)
    arrival = ingest.arrivals.get(upload.id)
    if arrival is not None:
        async with arrival.turn:
            await arrival.settle()
            seen = arrival.seen()
            ingest.close(upload.id)
    return await asyncio.get_running_loop().run_in_executor(
        ingest.threads, finish, ingest, upload, closing, seen
    )


def finish(
    ingest: Ingest,
    upload: Upload,
    closing: Closing,
    seen: tuple[bytes | None, Inspector | None] = (None, None),
) -> bytes:
    """Do the whole commit in this thread; `seen` is what the arrival has learned.

    1. Length and SHA-256 are those of the closing entry. 2. A known recording gives its
    receipt again, other bytes of it are a fork. 3. The content holds (`rules.decide`).
    4. The object is stored and synced. 5. Row and custody leaf in one transaction.
    6. A checkpoint covers the leaf. 7. The receipt is signed and kept.
    """
    digest = seen[0] or _hash(ingest, upload)
    with ingest.database.read() as connection:
        known = items.find(connection, ingest.tenant, upload.recording)
    if known is not None:
        return _again(ingest, upload, closing, (known, digest))
    wrong = rules.same_bytes(closing, upload.length, digest)
    if wrong is not None:
        raise hold(ingest, upload, closing, (digest, wrong))
    looked = Looked(digest, _inspected(ingest, upload, seen[1]))
    now = ingest.clock.utc_ms()
    decision = rules.decide(
        looked.inspector, upload.serial, closing, ingest.trust(), now
    )
    if isinstance(decision, Refused):
        raise hold(ingest, upload, closing, (digest, decision))
    point("ingest.before-store")
    ingest.objects.seal_in(upload.id)
    point("ingest.after-store")
    return take_in(ingest, upload, closing, (looked, decision))


def take_in(
    ingest: Ingest, upload: Upload, closing: Closing, found: tuple[Looked, Accepted]
) -> bytes:
    """Write row and leaf in one transaction, then give the receipt."""
    looked, accepted = found

    def write(connection: Connection) -> int:
        number = _taken_in_meanwhile(connection, ingest, upload, looked.sha256)
        if number is not None:
            return number
        stamp = ingest.stamp()
        received = _received(upload, closing, looked, accepted, stamp.now_ms)
        holder = _holder(connection, upload, accepted)
        new = _new_item(upload, closing, found, holder)
        items.add(connection, stamp, new)
        act = Act(
            Actor(ActorKind.DEVICE, upload.serial),
            Action.RECEIVED,
            Target(ObjectKind.RECORDING, recording_name(upload.recording)),
            detail=received.items(),
        )
        number = custody.append(connection, stamp, act)
        take_over(connection, stamp, upload.serial, (upload.recording,))
        owed: dict[str, object] = {
            "tenant": ingest.tenant,
            "recording": upload.recording,
            "sha256": looked.sha256,
            "leaf_index": number,
        }
        table.add_receipt(connection, owed)
        return number

    return ingest.ledger.submit(Entry(upload.recording, write))


def _taken_in_meanwhile(
    connection: Connection, ingest: Ingest, upload: Upload, digest: bytes
) -> int | None:
    """Give the act of another commit of the same bytes that was faster, if any."""
    known = items.find(connection, ingest.tenant, upload.recording)
    row = table.receipt(connection, ingest.tenant, upload.recording)
    if known is None or row is None:
        return None
    if (known.serial, known.sha256) != (upload.serial, digest):
        raise ConflictError("another file of this recording was taken in meanwhile")
    return int(row["leaf_index"])


def give_receipt(ingest: Ingest, recording: bytes) -> bytes:
    """Give the receipt that is owed for a recording; the first one made stays."""
    with ingest.database.read() as connection:
        row = table.receipt(connection, ingest.tenant, recording)
    if row is None:
        raise RefusedError("no-receipt", "no receipt is owed for this recording")
    if row["document"] is not None:
        return bytes(row["document"])
    number = int(row["leaf_index"])
    return ingest.ledger.submit(Entry(recording, lambda _connection: number))


def sign_receipt(ingest: Ingest, number: int) -> bytes:
    """Make the receipt for one act: leaf, a checkpoint that covers it, proof."""
    head = ingest.checkpoints.cover(number)
    with ingest.database.read() as connection:
        return ingest.ledger.receipt(connection, number, head)


def hold(
    ingest: Ingest, upload: Upload, closing: Closing, found: tuple[bytes, Refused]
) -> HeldError:
    """Put a file aside, log it, and give the error that says so.

    A camera may have so many files aside at a time; one more is not kept, and the
    camera keeps it, because it got no receipt.
    """
    digest, refused = found
    stamp = ingest.stamp()
    error = HeldError(str(refused.cause), refused.words)
    with ingest.database.read() as connection:
        who = (upload.serial, upload.recording)
        same = table.same_held(connection, ingest.tenant, who, digest)
        full = (
            table.count_held(connection, ingest.tenant, upload.serial)
            >= rules.HELD_MOST
        )
    if same is not None or full:
        ingest.drop(upload)
        if same is not None:
            return error
        return HeldError("held-full", "too many files of this camera are held aside")
    ingest.objects.hold(upload.id)
    point("ingest.after-hold")
    with ingest.database.write() as connection:
        _note_held(connection, ingest, upload, closing, (stamp, found))
    return error


def _note_held(
    connection: Connection,
    ingest: Ingest,
    upload: Upload,
    closing: Closing,
    what: tuple[Stamp, tuple[bytes, Refused]],
) -> None:
    stamp, (digest, refused) = what
    values: dict[str, object] = {
        "id": upload.id,
        "tenant": ingest.tenant,
        "serial": upload.serial,
        "recording": upload.recording,
        "sha256": digest,
        "length": upload.length,
        "code": str(refused.cause),
        "words": refused.words,
        "closing": closing.raw,
        "now": stamp.now_ms,
    }
    table.add_held(connection, values)
    table.drop(connection, upload.id)
    act = Act(
        Actor(ActorKind.DEVICE, upload.serial),
        Action.HELD,
        Target(ObjectKind.RECORDING, recording_name(upload.recording)),
        detail={5: digest, 6: closing.hash},
        texts={3: str(refused.cause), 4: refused.words},
    )
    custody.append(connection, stamp, act)


def _again(
    ingest: Ingest, upload: Upload, closing: Closing, what: tuple[Item, bytes]
) -> bytes:
    known, digest = what
    if known.serial == upload.serial and known.sha256 == digest == closing.stop.sha256:
        if known.object != upload.id:
            ingest.drop(upload)
        return give_receipt(ingest, upload.recording)
    fork = Refused(Cause.FORK, "another file of this recording was taken in before")
    if known.object == upload.id:
        # The bytes at hand are the known ones: let the others be sent, to be held.
        with ingest.database.write(Quiet.UPLOAD) as connection:
            table.drop(connection, upload.id)
        raise HeldError(str(fork.cause), fork.words)
    raise hold(ingest, upload, closing, (digest, fork))


def _hash(ingest: Ingest, upload: Upload) -> bytes:
    running = hashlib.sha256()
    for block in ingest.objects.arrived_blocks(upload.id):
        running.update(block)
    return running.digest()


def _inspected(ingest: Ingest, upload: Upload, seen: Inspector | None) -> Inspector:
    if seen is not None and not seen.wants_key:
        seen.finish()
        return seen
    fresh = Inspector(upload.recording, upload.length, ingest.key(upload))
    for block in ingest.objects.arrived_blocks(upload.id):
        fresh.feed(block)
    fresh.finish()
    return fresh


def _received(
    upload: Upload, closing: Closing, looked: Looked, accepted: Accepted, now: int
) -> Received:
    chain = accepted.chain
    return Received(
        tenant=upload.tenant,
        recording=upload.recording,
        serial=upload.serial,
        length=upload.length,
        sha256=looked.sha256,
        closing_hash=closing.hash,
        opened=True,
        genesis=chain.genesis_hash,
        links=chain.count,
        head=chain.head,
        received_ms=now,
    )


def _holder(connection: Connection, upload: Upload, accepted: Accepted) -> Holder:
    """Say who had the camera when it began to record, by the camera's own clock.

    Nobody is named where that clock was not set.
    """
    genesis = accepted.chain.genesis
    if genesis.clock == ClockQuality.UNSET:
        return NOBODY
    found = holder_at(connection, upload.tenant, upload.serial, genesis.start_ms)
    return found or NOBODY


def _new_item(
    upload: Upload, closing: Closing, found: tuple[Looked, Accepted], holder: Holder
) -> NewItem:
    looked, accepted = found
    chain, walked = accepted.chain, looked.inspector.walked
    return NewItem(
        id=upload.recording,
        serial=upload.serial,
        model=chain.genesis.model,
        wearer=holder.name,
        person=holder.person,
        start_ms=chain.genesis.start_ms,
        length_ms=chain.end_ms,
        clock=chain.genesis.clock,
        size=upload.length,
        sha256=looked.sha256,
        object=upload.id,
        sealed=bool(looked.inspector.sealed),
        verdict=accepted.verdict.value,
        closing=closing.raw,
        story=_story(closing, looked, accepted),
        frames=item_rules.pack_units(walked.parts, chain),
    )


def _story(closing: Closing, looked: Looked, accepted: Accepted) -> Story:
    chain = accepted.chain
    runs = item_rules.sounds(chain)
    return Story(
        units=chain.count,
        trigger=int(chain.genesis.trigger.kind),
        trigger_detail=chain.genesis.trigger.detail,
        pre_event_ms=chain.genesis.pre_event_ms,
        firmware=chain.genesis.firmware,
        settings_version=chain.genesis.settings_version,
        reason=int(closing.stop.reason if chain.end is None else chain.end.reason),
        anchor=accepted.anchor,
        signer=chain.certificates[0].fingerprint,
        genesis=chain.genesis_hash,
        head=chain.head,
        closing_hash=closing.hash,
        encoded_here=chain.genesis.encoded_here,
        sounds=runs,
        moments=item_rules.moments(looked.inspector.walked.marks, runs),
    )
