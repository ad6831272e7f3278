"""SQL of journals."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, text

_HEAD = text(
    "SELECT seq, hash, signer FROM journal_heads WHERE tenant = :tenant"
    " AND serial = :serial"
)
_SET_RUNS = text(
    "UPDATE journal_heads SET runs_version = :version, runs_hash = :hash,"
    " runs_ms = :utc_ms WHERE tenant = :tenant AND serial = :serial"
)
_RUNS = text(
    "SELECT serial, runs_version, runs_hash, runs_ms, received_ms FROM journal_heads"
    " WHERE tenant = :tenant"
)
_SET_HEAD = text(
    "INSERT INTO journal_heads (tenant, serial, seq, hash, signer, received_ms)"
    " VALUES (:tenant, :serial, :seq, :hash, :signer, :now) ON CONFLICT"
    " (tenant, serial) DO UPDATE SET seq = :seq, hash = :hash, signer = :signer,"
    " received_ms = :now"
)
_HASH = text(
    "SELECT hash FROM journal WHERE tenant = :tenant AND serial = :serial"
    " AND seq = :seq"
)
_ADD = text(
    "INSERT INTO journal (tenant, serial, seq, hash, kind, boot, mono_ms, utc_ms,"
    " clock, recording, document) VALUES (:tenant, :serial, :seq, :hash, :kind, :boot,"
    " :mono_ms, :utc_ms, :clock, :recording, :document)"
)
_ADD_FAULT = text(
    "INSERT OR IGNORE INTO journal_faults (tenant, serial, kind, seq, held_hash,"
    " document, found_ms) VALUES (:tenant, :serial, :kind, :seq, :held, :document,"
    " :now)"
)
_FAULTS = text(
    "SELECT serial, kind, seq, found_ms FROM journal_faults WHERE tenant = :tenant"
    " ORDER BY number DESC LIMIT 50"
)
_SPAN = text(
    "SELECT document FROM journal WHERE tenant = :tenant AND serial = :serial"
    " AND seq >= :first AND seq <= :last ORDER BY seq LIMIT 40000"
)
_SEQS = text(
    "SELECT min(seq), max(seq) FROM journal WHERE recording = :recording"
    " AND tenant = :tenant AND serial = :serial AND kind NOT IN (15, 16)"
)
_CLOSING = text(
    "SELECT document FROM journal WHERE recording = :recording AND tenant = :tenant"
    " AND serial = :serial AND kind = 5 ORDER BY seq LIMIT 1"
)
_START = text(
    "SELECT document FROM journal WHERE recording = :recording AND tenant = :tenant"
    " AND serial = :serial AND kind = 3 ORDER BY seq LIMIT 1"
)
_ANNOTATIONS = text(
    "SELECT document FROM journal WHERE recording = :recording AND tenant = :tenant"
    " AND serial = :serial AND kind = 13 ORDER BY seq LIMIT 1000"
)
_MISSING = text(
    "SELECT j.recording, j.serial, j.utc_ms FROM journal j WHERE j.kind = 3"
    " AND j.tenant = :tenant AND j.recording IS NOT NULL AND NOT EXISTS (SELECT 1"
    " FROM recordings r WHERE r.tenant = j.tenant AND r.id = j.recording)"
    " ORDER BY j.utc_ms DESC LIMIT 200"
)

_LATEST = text(
    "SELECT seq, received_ms FROM journal_heads WHERE tenant = :tenant"
    " AND serial = :serial"
)
_FAULTS_OF = text(
    "SELECT kind, seq FROM journal_faults WHERE tenant = :tenant AND serial = :serial"
    " ORDER BY number LIMIT 200"
)
_GAPS = text(
    "SELECT seq, utc_ms, before, before_ms FROM (SELECT seq, utc_ms,"
    " lag(seq) OVER (ORDER BY seq) AS before,"
    " lag(utc_ms) OVER (ORDER BY seq) AS before_ms FROM journal"
    " WHERE tenant = :tenant AND serial = :serial)"
    " WHERE seq > coalesce(before, -1) + 1 ORDER BY seq LIMIT 20"
)
_LAST_OF = text(
    "SELECT document FROM journal WHERE tenant = :tenant AND serial = :serial"
    " AND kind = :kind ORDER BY seq DESC LIMIT 1"
)
_MISSING_OF = text(
    "SELECT j.recording, j.utc_ms FROM journal j WHERE j.kind = 3"
    " AND j.tenant = :tenant AND j.serial = :serial AND j.recording IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM recordings r WHERE r.tenant = j.tenant"
    " AND r.id = j.recording) ORDER BY j.seq DESC LIMIT 50"
)


def head(connection: Connection, tenant: str, serial: str) -> RowMapping | None:
    """Give the last entry that is held."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_HEAD, values).mappings().one_or_none()


def set_head(connection: Connection, values: dict[str, object]) -> None:
    """Move the last entry on."""
    connection.execute(_SET_HEAD, values)


def set_runs(connection: Connection, values: dict[str, object]) -> None:
    """Note which settings a camera says that it runs."""
    connection.execute(_SET_RUNS, values)


def runs(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """List which settings each camera said last that it runs."""
    return connection.execute(_RUNS, {"tenant": tenant}).mappings().all()


def hash_at(connection: Connection, tenant: str, serial: str, seq: int) -> bytes | None:
    """Hash of a held entry."""
    values = {"tenant": tenant, "serial": serial, "seq": seq}
    found: object = connection.execute(_HASH, values).scalar_one_or_none()
    return found if isinstance(found, bytes) else None


def add(connection: Connection, values: Sequence[dict[str, object]]) -> None:
    """Keep entries."""
    if values:
        connection.execute(_ADD, list(values))


def add_fault(connection: Connection, values: dict[str, object]) -> bool:
    """Keep a fault; False when it was known."""
    return connection.execute(_ADD_FAULT, values).rowcount == 1


def faults(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """Faults, newest first."""
    return connection.execute(_FAULTS, {"tenant": tenant}).mappings().all()


def closing(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> bytes | None:
    """Give the closing entry of a recording."""
    values = {"tenant": tenant, "serial": serial, "recording": recording}
    found: object = connection.execute(_CLOSING, values).scalar_one_or_none()
    return found if isinstance(found, bytes) else None


def start(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> bytes | None:
    """Give the start entry of a recording."""
    values = {"tenant": tenant, "serial": serial, "recording": recording}
    found: object = connection.execute(_START, values).scalar_one_or_none()
    return found if isinstance(found, bytes) else None


def annotations(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> list[bytes]:
    """Give the entries in which something is said of a recording, oldest first."""
    values = {"tenant": tenant, "serial": serial, "recording": recording}
    return [bytes(one) for one in connection.execute(_ANNOTATIONS, values).scalars()]


def extract(
    connection: Connection, tenant: str, serial: str, recording: bytes
) -> list[bytes]:
    """All entries from the first to the last about a recording.

    Its receipt and deletion are left out: much about other recordings may stand before
    them.
    """
    values: dict[str, object] = {
        "tenant": tenant,
        "serial": serial,
        "recording": recording,
    }
    first, last = connection.execute(_SEQS, values).one()
    if first is None:
        return []
    span = {"tenant": tenant, "serial": serial, "first": first, "last": last}
    return [bytes(document) for document in connection.execute(_SPAN, span).scalars()]


def latest(connection: Connection, tenant: str, serial: str) -> RowMapping | None:
    """Give the last entry's number, and when it came."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_LATEST, values).mappings().one_or_none()


def faults_of(connection: Connection, tenant: str, serial: str) -> Sequence[RowMapping]:
    """Faults of one camera's journal, in the order in which they were found."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_FAULTS_OF, values).mappings().all()


def gaps(connection: Connection, tenant: str, serial: str) -> Sequence[RowMapping]:
    """Entries before which others are missing, with the last one before those."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_GAPS, values).mappings().all()


def last_of(
    connection: Connection, tenant: str, serial: str, kind: int
) -> bytes | None:
    """Give the last entry of a kind."""
    values: dict[str, object] = {"tenant": tenant, "serial": serial, "kind": kind}
    found: object = connection.execute(_LAST_OF, values).scalar_one_or_none()
    return found if isinstance(found, bytes) else None


def missing_of(
    connection: Connection, tenant: str, serial: str
) -> Sequence[RowMapping]:
    """Give recordings that one camera's journal names and that have not arrived."""
    values = {"tenant": tenant, "serial": serial}
    return connection.execute(_MISSING_OF, values).mappings().all()


def missing(connection: Connection, tenant: str) -> Sequence[RowMapping]:
    """Give recordings that are named and have not arrived."""
    return connection.execute(_MISSING, {"tenant": tenant}).mappings().all()
