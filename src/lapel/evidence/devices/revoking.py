"""Certificates that the agency stands for no longer, as a list that its CA signs.

A lost camera keeps its certificates: what it recorded before is still on it, and would
be spoilt with them. They end when it is released, after all it held was taken in; what
it was used to sign since it was lost is then not good, whenever it turns up.
"""

from sqlalchemy import Connection

from lapel.crypto.certs import Certificate, Issuer
from lapel.crypto.revocation import Revocation, RevocationList, make_list
from lapel.evidence.devices import table


def revoke(connection: Connection, tenant: str, serial: str, now: int) -> int | None:
    """End the certificates of a device; gives since when they are not good.

    None when it has none.
    """
    row = table.one(connection, tenant, serial)
    if row is None:
        return None
    since = now if row["lost_ms"] is None else int(row["lost_ms"])
    ended = False
    for name in ("sign_certificate", "auth_certificate"):
        if row[name] is not None:
            values: dict[str, object] = {
                "tenant": tenant,
                "number": str(Certificate.from_der(bytes(row[name])).number),
                "serial": serial,
                "now": now,
                "since": since,
            }
            table.revoke(connection, values)
            ended = True
    return since if ended else None


def listed(
    connection: Connection, tenant: str, issuer: Issuer, now: int
) -> RevocationList | None:
    """Sign the list of what was revoked; None when nothing was."""
    rows = table.revoked(connection, tenant)
    if not rows:
        return None
    found = [
        Revocation(int(row["number"]), int(row["revoked_ms"]), int(row["invalid_ms"]))
        for row in rows
    ]
    return make_list(issuer, found, now)
