"""Use cases of tenants: the first start, and the keys on record."""

from collections.abc import Sequence

from sqlalchemy import Connection

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import NotFoundError
from lapel.crypto.keys import PublicKey
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import SYSTEM, Act, Action, Target
from lapel.evidence.custody.service import Stamp
from lapel.evidence.store.database import Database
from lapel.evidence.tenants import rules, table
from lapel.evidence.tenants.model import NewTenant, Tenant
from lapel.wire.custody import ObjectKind


def only(connection: Connection) -> Tenant | None:
    """Give the tenant of a store; None before its founding is done."""
    row = table.only(connection)
    if row is None:
        return None
    return Tenant(
        str(row["id"]), str(row["name"]), str(row["origin"]), str(row["zone"])
    )


def make(database: Database, new: NewTenant, clock: Clock, entropy: Entropy) -> Tenant:
    """Make the tenant and open its custody log, in one transaction."""
    checked = rules.checked(new)
    name = entropy(8).hex()
    tenant = Tenant(
        name, checked.name.strip(), rules.origin(checked.host, name), checked.zone
    )
    now = clock.utc_ms()
    with database.write() as connection:
        values: dict[str, object] = {
            "id": tenant.id,
            "name": tenant.name,
            "origin": tenant.origin,
            "zone": tenant.zone,
            "now": now,
        }
        table.add(connection, values)
        custody.open_log(connection, tenant.id, tenant.origin)
        act = Act(
            SYSTEM,
            Action.TENANT_MADE,
            Target(ObjectKind.OTHER, "tenant"),
            texts={1: tenant.name},
        )
        custody.append(connection, Stamp(tenant.id, now, entropy), act)
    return tenant


def record_keys(database: Database, stamp: Stamp, keys: Sequence[PublicKey]) -> None:
    """Put evidence keys on record that are not there yet, and log each."""
    with database.write() as connection:
        for key in keys:
            values: dict[str, object] = {
                "tenant": stamp.tenant,
                "kid": key.kid,
                "point": key.point,
                "file": f"evidence-{key.kid.hex()}.key",
                "now": stamp.now_ms,
            }
            if table.add_key(connection, values):
                act = Act(
                    SYSTEM,
                    Action.KEY_MADE,
                    Target(ObjectKind.OTHER, "evidence key"),
                    detail={3: key.kid},
                )
                custody.append(connection, stamp, act)


def evidence_points(connection: Connection, tenant: str) -> tuple[bytes, ...]:
    """Points of the evidence keys that cameras shall wrap to."""
    return tuple(table.keys(connection, tenant))


def retire_key(database: Database, stamp: Stamp, kid: bytes) -> None:
    """Take an evidence key out of use for new recordings; it goes on opening old."""
    with database.write() as connection:
        if not table.retire(connection, stamp.tenant, kid, stamp.now_ms):
            raise NotFoundError(f"no evidence key {kid.hex()} is in use")
        act = Act(
            SYSTEM,
            Action.KEY_RETIRED,
            Target(ObjectKind.OTHER, "evidence key"),
            detail={3: kid},
        )
        custody.append(connection, stamp, act)
