"""What must be there before Evidence can serve: folder, schema, tenant, keys."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import SetupError
from lapel.evidence.custody.service import Stamp
from lapel.evidence.people.model import Role
from lapel.evidence.people.service import People
from lapel.evidence.settings import service as settings
from lapel.evidence.site import Ground, makers
from lapel.evidence.store.database import Database
from lapel.evidence.store.folder import Folder
from lapel.evidence.tenants import keys as tenant_keys
from lapel.evidence.tenants import service as tenants
from lapel.evidence.tenants.model import NewTenant, Tenant
from lapel.ports.private import write_private

ADMINISTRATOR = "admin"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A folder that is ready; `secret` opens it to an administrator without password.

    A first start whose link got lost does not lock anybody out: the next makes another.
    """

    ground: Ground
    tenant: Tenant
    secret: str | None


class Running(msgspec.Struct, frozen=True):
    """Where a running server answers; other commands read it from the folder."""

    url: str
    device_url: str
    process: int


def prepare(root: Path, new: NewTenant, clock: Clock, entropy: Entropy) -> Prepared:
    """Make everything that is missing; on a folder that is whole, change nothing."""
    folder = Folder(root)
    folder.make()
    database = Database(folder.database)
    database.migrate()
    ground = Ground(folder, database, clock, entropy)
    with database.read() as connection:
        tenant = tenants.only(connection)
    if tenant is None:
        tenant = tenants.make(database, new, clock, entropy)
    now = clock.utc_ms()
    tenant_keys.make(folder.keys, tenant, now, entropy)
    ring = tenant_keys.load(folder.keys)
    stamp = Stamp(tenant.id, now, entropy)
    tenants.record_keys(database, stamp, [key.public for key in ring.evidence])
    with database.write() as connection:
        if not settings.categories(connection, tenant.id):
            settings.first_categories(connection, tenant.id, entropy)
    people = People(database, clock, entropy, tenant.id)
    secret = None
    if not people.exists(ADMINISTRATOR):
        secret = people.invite(ADMINISTRATOR, "Administrator", Role.ADMINISTRATOR)
    elif not people.has_password(ADMINISTRATOR):
        secret = people.link_for(ADMINISTRATOR)
    return Prepared(ground, tenant, secret)


def open_ground(root: Path, clock: Clock, entropy: Entropy) -> tuple[Ground, Tenant]:
    """Open a folder that `prepare` has made; raises SetupError otherwise."""
    folder = Folder(root)
    if not folder.database.exists():
        raise SetupError(f"{root} is no Evidence folder; start the server there first")
    database = Database(folder.database)
    with database.read() as connection:
        tenant = tenants.only(connection)
    if tenant is None:
        raise SetupError(f"{root} has no tenant yet; start the server there first")
    return Ground(folder, database, clock, entropy), tenant


def keep_running(folder: Folder, running: Running) -> None:
    """Tell other commands where the server answers."""
    write_private(folder.root / "running.json", msgspec.json.encode(running))


def running(folder: Folder) -> Running:
    """Read where the server answers; raises SetupError when none was started."""
    try:
        kept = (folder.root / "running.json").read_bytes()
    except FileNotFoundError as error:
        raise SetupError("start the server first: lapel evidence serve") from error
    return msgspec.json.decode(kept, type=Running)


def trust_file(ground: Ground, vkey: str) -> bytes:
    """Put together what a verifier needs to know of this agency.

    The CA, the manufacturers known here, the receipt key, and the log's key.
    """
    ring = tenant_keys.load(ground.folder.keys)
    certificates = (ring.ca.certificate, *makers(ground.folder)())
    parts = [certificate.to_pem() for certificate in certificates]
    parts.append(ring.receipt.public.to_pem())
    return b"".join(parts) + vkey.encode() + b"\n"
