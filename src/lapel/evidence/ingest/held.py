"""Files held aside: what a person decides on them."""

from sqlalchemy import Connection, RowMapping

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.base.ids import recording_name
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Target, Who
from lapel.evidence.ingest import rules, table
from lapel.evidence.ingest.commit import Looked, take_in
from lapel.evidence.ingest.inspect import Inspector
from lapel.evidence.ingest.model import Held, Upload
from lapel.evidence.ingest.rules import Accepted
from lapel.evidence.ingest.service import Ingest
from lapel.evidence.items import service as items
from lapel.evidence.store.objects import blocks
from lapel.wire.custody import ObjectKind


def waiting(connection: Connection, tenant: str) -> list[Held]:
    """List what waits for a decision, newest first."""
    return [_held(row) for row in table.open_held(connection, tenant)]


def count(connection: Connection, tenant: str) -> int:
    """Count what waits for a decision."""
    return len(table.open_held(connection, tenant))


def one(connection: Connection, tenant: str, name: str) -> Held:
    """Give one file held aside; raises NotFoundError."""
    row = table.one_held(connection, tenant, name)
    if row is None:
        raise NotFoundError("nothing of that name is held aside")
    return _held(row)


def look_again(
    ingest: Ingest, held: Held
) -> tuple[Inspector, Accepted | rules.Refused]:
    """Judge a file once more: keys or manufacturers may have been added since."""
    key = ingest.recording_key(held.serial, held.recording)
    inspector = Inspector(held.recording, held.length, key)
    for block in blocks(ingest.objects.held_path(held.id)):
        inspector.feed(block)
    inspector.finish()
    closing = rules.read_closing(held.closing, held.recording)
    now = ingest.clock.utc_ms()
    decision = rules.decide(inspector, held.serial, closing, ingest.trust(), now)
    return inspector, decision


def release(ingest: Ingest, name: str, who: Who) -> bytes:
    """Take a file in after all; gives its receipt.

    Only what holds now can be released: the key was brought back, or the manufacturer
    was added. What was changed stays aside; it can be refused, never made good.
    """
    with ingest.database.read() as connection:
        held = one(connection, ingest.tenant, name)
        known = items.find(connection, ingest.tenant, held.recording)
    if held.decision is not None:
        raise ConflictError("somebody decided on this file before")
    if known is not None:
        raise RefusedError("fork", "another file of this recording was taken in before")
    closing = rules.read_closing(held.closing, held.recording)
    wrong = rules.same_bytes(closing, held.length, held.sha256)
    inspector, decision = look_again(ingest, held)
    if wrong is not None or not isinstance(decision, Accepted):
        words = wrong.words if wrong is not None else _why(decision)
        raise RefusedError("still-wrong", f"it still does not hold: {words}")
    ingest.objects.release(held.id)
    upload = Upload(held.id, held.tenant, held.serial, held.recording, held.length, 0)
    _decide(ingest, held, who, Action.RELEASED)
    return take_in(ingest, upload, closing, (Looked(held.sha256, inspector), decision))


def _why(decision: Accepted | rules.Refused) -> str:
    return decision.words if isinstance(decision, rules.Refused) else ""


def reject(ingest: Ingest, name: str, who: Who) -> None:
    """Refuse a file for good; its bytes stay aside as evidence of what came."""
    with ingest.database.read() as connection:
        held = one(connection, ingest.tenant, name)
    _decide(ingest, held, who, Action.REJECTED)


def _decide(ingest: Ingest, held: Held, who: Who, action: Action) -> None:
    stamp = ingest.stamp()
    with ingest.database.write() as connection:
        values: dict[str, object] = {
            "id": held.id,
            "tenant": held.tenant,
            "decision": str(action),
            "now": stamp.now_ms,
        }
        if not table.decide(connection, values):
            raise ConflictError("somebody decided on this file before")
        act = Act(
            who.actor,
            action,
            Target(ObjectKind.RECORDING, recording_name(held.recording)),
            detail={5: held.sha256},
            texts={1: who.shown, 2: who.role, 3: held.code},
            client=who.address,
        )
        custody.append(connection, stamp, act)


def _held(row: RowMapping) -> Held:
    return Held(
        id=str(row["id"]),
        tenant=str(row["tenant"]),
        serial=str(row["serial"]),
        recording=bytes(row["recording"]),
        sha256=bytes(row["sha256"]),
        length=int(row["length"]),
        code=str(row["code"]),
        words=str(row["words"]),
        closing=bytes(row["closing"]),
        held_ms=int(row["held_ms"]),
        decision=row["decision"],
    )
