"""SQL of uploads, envelopes, receipts and files held aside."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

_UPLOAD = "SELECT id, tenant, serial, recording, length, expires_ms FROM uploads"
_BY_ID = text(_UPLOAD + " WHERE id = :id")
_BY_RECORDING = text(
    _UPLOAD + " WHERE tenant = :tenant AND serial = :serial AND recording = :recording"
)
_NOT_TAKEN_IN = (
    " WHERE tenant = :tenant AND NOT EXISTS (SELECT 1 FROM recordings r"
    " WHERE r.tenant = uploads.tenant AND r.id = uploads.recording)"
    " ORDER BY created_ms DESC"
)
_OPEN = text(_UPLOAD + _NOT_TAKEN_IN)
_ADD = text(
    "INSERT INTO uploads (id, tenant, serial, recording, length, dock, created_ms,"
    " expires_ms) VALUES (:id, :tenant, :serial, :recording, :length, :dock, :now,"
    " :expires)"
)
_DROP = text("DELETE FROM uploads WHERE id = :id")
_EXPIRED = text(_UPLOAD + " WHERE expires_ms <= :now")
_ADD_ENVELOPE = text(
    "INSERT INTO envelopes (tenant, serial, recording, document, received_ms)"
    " VALUES (:tenant, :serial, :recording, :document, :now)"
    " ON CONFLICT (tenant, serial, recording) DO UPDATE SET document = :document,"
    " received_ms = :now"
)
_ENVELOPE = text(
    "SELECT document FROM envelopes WHERE tenant = :tenant AND serial = :serial"
    " AND recording = :recording"
)
_RECEIPT = text(
    "SELECT sha256, leaf_index, document FROM receipts WHERE tenant = :tenant"
    " AND recording = :recording"
)
_ADD_RECEIPT = text(
    "INSERT INTO receipts (tenant, recording, sha256, leaf_index)"
    " VALUES (:tenant, :recording, :sha256, :leaf_index)"
)
_FILL_RECEIPT = text(
    "UPDATE receipts SET document = coalesce(document, :document)"
    " WHERE tenant = :tenant AND recording = :recording RETURNING document"
)
_HELD = (
    "SELECT id, tenant, serial, recording, sha256, length, code, words, closing,"
    " held_ms, decision FROM held WHERE tenant = :tenant"
)
_ADD_HELD = text(
    "INSERT INTO held (id, tenant, serial, recording, sha256, length, code, words,"
    " closing, held_ms) VALUES (:id, :tenant, :serial, :recording, :sha256, :length,"
    " :code, :words, :closing, :now)"
)
_SAME_HELD = text(
    _HELD + " AND serial = :serial AND recording = :recording AND sha256 = :sha256"
)
_COUNT_HELD = text(
    "SELECT count(*) FROM held WHERE tenant = :tenant AND serial = :serial"
    " AND decided_ms IS NULL"
)
_OPEN_HELD = text(_HELD + " AND decided_ms IS NULL ORDER BY held_ms DESC LIMIT 200")
_ONE_HELD = text(_HELD + " AND id = :id")
_DECIDE = text(
    "UPDATE held SET decided_ms = :now, decision = :decision WHERE id = :id"
    " AND tenant = :tenant AND decided_ms IS NULL"
)


def by_id(connection: Connection, upload: str) -> RowMapping | None:
    """Find an upload by its id."""
    return connection.execute(_BY_ID, {"id": upload}).mappings().one_or_none()


def by_recording(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> RowMapping | None:
    """Find the upload of a recording."""
    values = {"tenant": tenant, "serial": serial, "recording": recording}
    return connection.execute(_BY_RECORDING, values).mappings().one_or_none()


def still_open(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """List uploads whose recording has not been taken in."""
    return connection.execute(_OPEN, {"tenant": tenant}).mappings().all()


def add(connection: Connection, values: dict[str, object]) -> None:
    """Write an upload."""
    connection.execute(_ADD, values)


def drop(connection: Connection, upload: str) -> None:
    """Forget an upload."""
    connection.execute(_DROP, {"id": upload})


def expired(connection: Connection, now: int) -> Sequence[RowMapping]:
    """List uploads whose time is over."""
    return connection.execute(_EXPIRED, {"now": now}).mappings().all()


def add_envelope(connection: Connection, values: dict[str, object]) -> None:
    """Keep an envelope; a newer one replaces it."""
    connection.execute(_ADD_ENVELOPE, values)


def envelope(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> bytes | None:
    """Find the envelope of a recording."""
    values = {"tenant": tenant, "serial": serial, "recording": recording}
    found: object = connection.execute(_ENVELOPE, values).scalar_one_or_none()
    return found if isinstance(found, bytes) else None


def receipt(connection: Connection, tenant: str, recording: bytes) -> RowMapping | None:
    """Find the receipt of a recording."""
    values = {"tenant": tenant, "recording": recording}
    return connection.execute(_RECEIPT, values).mappings().one_or_none()


def add_receipt(connection: Connection, values: dict[str, object]) -> None:
    """Note that a receipt is owed, and for which act."""
    connection.execute(_ADD_RECEIPT, values)


def fill_receipt(
    connection: Connection, tenant: str, recording: bytes, document: bytes
) -> bytes:
    """Keep a receipt unless there is one; gives the one that is kept."""
    values = {"tenant": tenant, "recording": recording, "document": document}
    kept: object = connection.execute(_FILL_RECEIPT, values).scalar_one()
    return kept if isinstance(kept, bytes) else document


def add_held(connection: Connection, values: dict[str, object]) -> None:
    """Note a file that is held aside."""
    connection.execute(_ADD_HELD, values)


def same_held(
    connection: Connection, tenant: str, recording: tuple[str, bytes], digest: bytes
) -> RowMapping | None:
    """Find a file held aside with these very bytes."""
    values = {
        "tenant": tenant,
        "serial": recording[0],
        "recording": recording[1],
        "sha256": digest,
    }
    return connection.execute(_SAME_HELD, values).mappings().one_or_none()


def count_held(connection: Connection, tenant: str, serial: str) -> int:
    """Count the files of a camera that are held aside."""
    values = {"tenant": tenant, "serial": serial}
    return int(connection.execute(_COUNT_HELD, values).scalar_one())


def open_held(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """List what is held aside, newest first."""
    return connection.execute(_OPEN_HELD, {"tenant": tenant}).mappings().all()


def one_held(connection: Connection, tenant: str, name: str) -> RowMapping | None:
    """Find one file held aside."""
    values = {"tenant": tenant, "id": name}
    return connection.execute(_ONE_HELD, values).mappings().one_or_none()


def decide(connection: Connection, values: dict[str, object]) -> bool:
    """Note a decision; False when one was made before."""
    return connection.execute(_DECIDE, values).rowcount == 1
