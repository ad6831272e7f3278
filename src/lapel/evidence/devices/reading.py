"""From rows to devices."""

from sqlalchemy import Connection, RowMapping

from lapel.evidence.devices import table
from lapel.evidence.devices.model import Device, Holder, Kind, State


def find(connection: Connection, tenant: str, serial: str) -> Device | None:
    """Give a device on record."""
    row = table.one(connection, tenant, serial)
    return None if row is None else device(row)


def device(row: RowMapping) -> Device:
    """Give a device with whoever has it."""
    named = row["holder_name"]
    holder = Holder(str(row["holder"]), str(named)) if named is not None else None
    return Device(
        serial=str(row["serial"]),
        kind=Kind(row["kind"]),
        model=str(row["model"]),
        state=State(row["state"]),
        holder=holder,
        seen_ms=row["seen_ms"],
        adopted_ms=row["adopted_ms"],
        released_ms=row["released_ms"],
        label=str(row["label"]),
        version=str(row["version"]),
    )
