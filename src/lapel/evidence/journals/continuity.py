"""Whether a camera's journal came whole: nothing missing, or exactly what and when."""

from sqlalchemy import Connection

from lapel.evidence.journals import rules, table
from lapel.evidence.journals.model import Continuity, Gap, Missing, Runs
from lapel.wire.cose import parse
from lapel.wire.journal import Entry, EntryKind


def continuity(connection: Connection, tenant: str, serial: str) -> Continuity:
    """Look through all that came of a camera's journal."""
    found = table.faults_of(connection, tenant, serial)
    forks = {int(row["seq"]) for row in found if row["kind"] == rules.FORK}
    row = table.latest(connection, tenant, serial)
    gaps = tuple(
        Gap(
            0 if one["before"] is None else int(one["before"]) + 1,
            int(one["seq"]) - 1,
            one["before_ms"],
            int(one["utc_ms"]),
        )
        for one in table.gaps(connection, tenant, serial)
    )
    boot = _last(connection, tenant, serial, EntryKind.BOOT)
    battery = _last(connection, tenant, serial, EntryKind.BATTERY)
    percent = None if battery is None else battery.data.get(1)
    firmware = None if boot is None else boot.data.get(1)
    waiting = tuple(
        Missing(bytes(one["recording"]), serial, int(one["utc_ms"]))
        for one in table.missing_of(connection, tenant, serial)
    )
    return Continuity(
        last=None if row is None else int(row["seq"]),
        received_ms=0 if row is None else int(row["received_ms"]),
        gaps=gaps,
        forks=tuple(sorted(forks)),
        firmware=firmware if isinstance(firmware, str) else "",
        battery=(percent, battery.utc_ms)
        if battery is not None and isinstance(percent, int)
        else None,
        waiting=waiting,
    )


def running(connection: Connection, tenant: str) -> dict[str, Runs]:
    """Give what each camera said last of the settings that it runs, by serial."""
    return {
        str(row["serial"]): Runs(
            version=row["runs_version"],
            hash=bytes(row["runs_hash"] or b""),
            since_ms=row["runs_ms"],
            received_ms=int(row["received_ms"]),
        )
        for row in table.runs(connection, tenant)
    }


def _last(
    connection: Connection, tenant: str, serial: str, kind: EntryKind
) -> Entry | None:
    document = table.last_of(connection, tenant, serial, int(kind))
    return (
        None if document is None else Entry.decode(parse("journal", document).payload)
    )
