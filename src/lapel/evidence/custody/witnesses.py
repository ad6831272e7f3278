"""Witnesses: ask them to cosign the newest checkpoint, and keep what they say.

A witness that is away, or refuses, holds nothing up: it is a line on the state page.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from lapel.base.errors import (
    ConflictError,
    LapelError,
    MalformedError,
    NotFoundError,
    RefusedError,
    UnreachableError,
)
from lapel.crypto.cosignature import WitnessVerifier
from lapel.evidence.custody import service, witness_table
from lapel.evidence.custody.model import SYSTEM, Act, Action, SignedHead, Target
from lapel.evidence.custody.service import Stamp
from lapel.evidence.store.database import Database, Quiet
from lapel.ports.exchange import Answered, Line
from lapel.wire.custody import NOTE_MOST, ObjectKind
from lapel.wire.witnessing import Submission

Hand = Callable[[str, bytes], Answered]
"""Hands a submission to the witness at an address."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: where it is, its key, what it cosigned last, and what is wrong.

    `size` acts, cosigned at `time_ms` by signature line `line`; 0 when nothing yet.
    A fault is `grave` when it is more than an absence: a refusal, or a fork.
    """

    name: str
    url: str
    vkey: str
    added_ms: int
    size: int
    line: str
    time_ms: int
    fault: str
    grave: bool

    @property
    def key(self) -> WitnessVerifier:
        """Its public key."""
        return WitnessVerifier.from_vkey(self.vkey)


def hand(url: str, body: bytes) -> Answered:
    """Hand a submission to a witness over HTTP."""
    line = Line(url)
    try:
        return line.ask("POST", "add-checkpoint", NOTE_MOST, body)
    finally:
        line.close()


def everybody(connection: Connection, tenant: str) -> list[Witness]:
    """Every witness of a tenant, by name."""
    return [Witness(**row) for row in witness_table.everybody(connection, tenant)]


def add(connection: Connection, stamp: Stamp, url: str, vkey: str) -> Witness:
    """Ask a witness from now on.

    Raises MalformedError for an address or key that is none, ConflictError for a
    witness that is there.
    """
    key = WitnessVerifier.from_vkey(vkey)
    Line(url)
    values: dict[str, object] = {
        "tenant": stamp.tenant,
        "name": key.name,
        "url": url.rstrip("/"),
        "vkey": key.vkey,
        "added_ms": stamp.now_ms,
    }
    try:
        witness_table.add(connection, values)
    except IntegrityError as error:
        raise ConflictError(f"{key.name} is a witness already") from error
    _log(connection, stamp, Action.WITNESS_ADDED, key.name)
    return _named(connection, stamp.tenant, key.name)


def remove(connection: Connection, stamp: Stamp, name: str) -> None:
    """Ask a witness no more; raises NotFoundError."""
    if not witness_table.remove(connection, stamp.tenant, name):
        raise NotFoundError(f"there is no witness {name}")
    _log(connection, stamp, Action.WITNESS_REMOVED, name)


def cosigned(connection: Connection, tenant: str, head: SignedHead) -> str:
    """Give the note of a checkpoint with the lines of all who cosigned it."""
    lines = [x.line for x in everybody(connection, tenant) if x.size == head.size]
    return head.note + "".join(lines)


def refresh(database: Database, tenant: str, send: Hand = hand) -> None:
    """Have every witness cosign the newest checkpoint that it has not yet."""
    with database.read() as connection:
        head = service.head(connection, tenant)
        waiting = everybody(connection, tenant)
    for witness in waiting:
        if head is None or (witness.size == head.size and not witness.fault):
            continue
        try:
            line, time_s = _cosign(database, tenant, head, witness, send)
        except LapelError as error:
            with database.write(Quiet.PROOF) as connection:
                kept: dict[str, object] = {
                    "tenant": tenant,
                    "name": witness.name,
                    "fault": str(error),
                    "grave": not isinstance(error, UnreachableError),
                }
                witness_table.fault(connection, kept)
            continue
        values: dict[str, object] = {
            "tenant": tenant,
            "name": witness.name,
            "size": head.size,
            "line": line,
            "time_ms": time_s * 1000,
        }
        with database.write(Quiet.PROOF) as connection:
            witness_table.told(connection, values)


def _cosign(
    database: Database, tenant: str, head: SignedHead, witness: Witness, send: Hand
) -> tuple[str, int]:
    """Hand over the checkpoint; once more where the witness has seen another size."""
    answer = send(witness.url, _submission(database, tenant, head, witness.size))
    if answer.status == 409:
        known = _size(answer.body)
        if known > head.size:
            raise RefusedError(
                "witness",
                f"it has seen {known} acts of this log, which has {head.size}",
            )
        if known == head.size:
            raise RefusedError(
                "forked", f"it has seen another log of {known} acts: a fork"
            )
        if known != witness.size:
            body = _submission(database, tenant, head, known)
            answer = send(witness.url, body)
    if answer.status != 200:
        said = answer.body.decode("utf-8", "replace").strip()[:200]
        raise RefusedError("witness", f"it answers {answer.status}: {said}")
    return _line(head.note, answer.body, witness.key)


def _submission(database: Database, tenant: str, head: SignedHead, old: int) -> bytes:
    with database.read() as connection:
        proof = service.consistency(connection, tenant, min(old, head.size), head.size)
    return Submission(old, proof, head.note).encode()


def _line(note: str, body: bytes, key: WitnessVerifier) -> tuple[str, int]:
    """Give the witness's own line of its answer, and when it cosigned."""
    try:
        lines = body.decode().splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise MalformedError("its answer is no cosignature") from error
    for line in lines:
        if line.startswith(f"\u2014 {key.name} "):
            return line, key.time_of(note + line)
    raise MalformedError("its answer holds no cosignature of its own")


def _size(body: bytes) -> int:
    text = body.strip()
    if not text.isdigit() or len(text) > 19:
        raise MalformedError("its answer names no size")
    return int(text)


def _named(connection: Connection, tenant: str, name: str) -> Witness:
    return next(one for one in everybody(connection, tenant) if one.name == name)


def _log(connection: Connection, stamp: Stamp, action: Action, name: str) -> None:
    target = Target(ObjectKind.OTHER, f"witness/{name}")
    service.append(connection, stamp, Act(SYSTEM, action, target))
