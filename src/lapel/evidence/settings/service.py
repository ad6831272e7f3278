"""Use cases of settings: categories, and a signed document for each camera."""

from sqlalchemy import Connection

from lapel.base.clock import Entropy
from lapel.crypto import cose
from lapel.crypto.keys import PrivateKey
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import SYSTEM, Act, Action, Target
from lapel.evidence.custody.service import Stamp
from lapel.evidence.settings import rules, table
from lapel.evidence.settings.model import FIRST_CATEGORIES, Category, Policy
from lapel.evidence.settings.rules import Facts
from lapel.wire.custody import ObjectKind


def first_categories(connection: Connection, tenant: str, entropy: Entropy) -> None:
    """Write the categories that a new tenant begins with."""
    for place, (name, days) in enumerate(FIRST_CATEGORIES):
        values: dict[str, object] = {
            "id": entropy(6).hex(),
            "tenant": tenant,
            "name": name,
            "keep_days": days,
            "place": place,
        }
        table.add_category(connection, values)


def categories(connection: Connection, tenant: str) -> list[Category]:
    """Categories in their order."""
    return [
        Category(str(row["id"]), str(row["name"]), row["keep_days"])
        for row in table.categories(connection, tenant)
    ]


def document_for(
    connection: Connection,
    stamp: Stamp,
    facts: Facts,
    wanted: tuple[str, Policy],
    key: PrivateKey,
) -> bytes:
    """Give the signed settings of one camera; its version rises with its content.

    `wanted` has the camera's serial, and the policy that counts for it.
    """
    serial, policy = wanted
    row = table.latest(connection, stamp.tenant, serial)
    content = rules.expand(policy, facts, serial, 0).encode()
    if row is not None and bytes(row["content"]) == content:
        return bytes(row["document"])
    version = 1 if row is None else int(row["version"]) + 1
    payload = rules.expand(policy, facts, serial, version).encode()
    document = cose.sign("settings", payload, key)
    values: dict[str, object] = {
        "tenant": stamp.tenant,
        "serial": serial,
        "version": version,
        "content": content,
        "document": document,
        "now": stamp.now_ms,
    }
    table.add(connection, values)
    act = Act(
        SYSTEM,
        Action.SETTINGS_MADE,
        Target(ObjectKind.DEVICE, serial),
        detail={3: version},
    )
    custody.append(connection, stamp, act)
    return document


def latest(
    connection: Connection, tenant: str, serial: str
) -> tuple[int, bytes] | None:
    """Version and signed document that a camera was given last."""
    row = table.latest(connection, tenant, serial)
    return None if row is None else (int(row["version"]), bytes(row["document"]))
