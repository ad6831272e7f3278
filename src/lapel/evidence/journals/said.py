"""What wearers said of recordings, as their cameras signed it (R12)."""

from dataclasses import dataclass

from sqlalchemy import Connection

from lapel.base.errors import MalformedError
from lapel.crypto.digest import sha256
from lapel.evidence.journals import service
from lapel.wire.cose import parse
from lapel.wire.journal import Entry
from lapel.wire.linked import AnnotationData


@dataclass(frozen=True, slots=True)
class Said:
    """One annotation: its entry's number, time and clock quality, hash, and content."""

    seq: int
    utc_ms: int
    clock: int
    hash: bytes
    data: AnnotationData


def said_of(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> list[Said]:
    """Give what was said of a recording on its own camera, oldest first.

    An annotation of another version is left out: it stays in the journal.
    """
    found: list[Said] = []
    for raw in service.annotations(connection, tenant, serial, recording):
        entry = Entry.decode(parse("journal", raw).payload)
        try:
            data = AnnotationData.of(entry.data)
        except MalformedError:
            continue
        found.append(Said(entry.seq, entry.utc_ms, int(entry.clock), sha256(raw), data))
    return found
