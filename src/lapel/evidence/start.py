"""What must be there before Evidence can serve: folders, schema, agencies, keys."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy.exc import DatabaseError

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import (
    MalformedError,
    NotFoundError,
    RefusedError,
    SetupError,
)
from lapel.evidence.custody.service import Stamp
from lapel.evidence.devices import revoking
from lapel.evidence.people.model import Role
from lapel.evidence.people.service import People
from lapel.evidence.settings import service as settings
from lapel.evidence.site import Ground, makers
from lapel.evidence.store.database import Database, Quiet
from lapel.evidence.store.folder import Folder
from lapel.evidence.tenants import door, rules
from lapel.evidence.tenants import keys as tenant_keys
from lapel.evidence.tenants import service as tenants
from lapel.evidence.tenants.model import NewTenant, Tenant
from lapel.ports.private import sync_directory, write_private

ADMINISTRATOR = "admin"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An agency whose store is whole, and a link to its first administrator.

    `secret` opens it to an administrator who has no password yet; None once there is
    one. A first start whose link got lost locks nobody out: the next makes another.
    """

    tenant: Tenant
    secret: str | None


class Running(msgspec.Struct, frozen=True):
    """Where a running server answers; other commands read it from the folder."""

    url: str
    device_url: str
    process: int


def prepare(root: Path, new: NewTenant, clock: Clock, entropy: Entropy) -> Prepared:
    """Make everything that is missing; on a folder that is whole, change nothing.

    `new` is the first agency, where there is none yet. The others are left as they
    are: the server opens each apart, so that one that is broken stops no other.
    """
    home = Folder(root)
    home.make()
    door.make(home.door, clock.utc_ms())
    return _prepared(home, new, clock, entropy)


def found(root: Path, new: NewTenant, clock: Clock, entropy: Entropy) -> Prepared:
    """Found another agency on a server.

    It appears when it is whole; a server that runs finds it within a second. Raises
    RefusedError for a name that is taken or cannot be.
    """
    rules.checked(new)
    home = Folder(root)
    if not home.database.exists():
        raise SetupError(f"{root} is no Evidence folder; start the server there first")
    home.make()
    with home.lock("agencies/lock"):
        if any(rules.same(new.name, tenant.name) for _, tenant in agencies(home)):
            raise RefusedError("name", f"there is an agency {new.name} already")
        for left in home.agencies.glob(".new-*"):
            shutil.rmtree(left)
        place = home.agencies / f".new-{entropy(8).hex()}"
        folder = Folder(place, home.root)
        folder.make()
        made = _prepared(folder, new, clock, entropy)
        place.rename(home.agencies / made.tenant.id)
        sync_directory(home.agencies)
    return made


def agencies(home: Folder) -> list[tuple[Folder, Tenant]]:
    """Every agency of a server whose store can be read, the first first."""
    found = ((folder, _tenant(folder)) for folder in (home, *home.others()))
    return [(folder, tenant) for folder, tenant in found if tenant is not None]


def open_ground(
    root: Path, clock: Clock, entropy: Entropy, agency: str = ""
) -> tuple[Ground, Tenant]:
    """Open the store of an agency, by its name where there are several.

    Raises SetupError where there is none, and NotFoundError.
    """
    home = Folder(root)
    if not home.database.exists():
        raise SetupError(f"{root} is no Evidence folder; start the server there first")
    have = agencies(home)
    if not have:
        raise SetupError(f"{root} has no agency yet; start the server there first")
    fit = [
        (one, tenant)
        for one, tenant in have
        if not agency or rules.same(agency, tenant.name) or agency == tenant.id
    ]
    names = ", ".join(tenant.name for _, tenant in have)
    if not fit:
        raise NotFoundError(f"there is no agency {agency}; there are: {names}")
    if len(fit) > 1:
        raise MalformedError(f"say which agency with --agency: {names}")
    folder, tenant = fit[0]
    return _ground(folder, clock, entropy), tenant


def open_store(folder: Folder, clock: Clock, entropy: Entropy) -> tuple[Ground, Tenant]:
    """Open the store of one agency to serve it, brought to this version.

    Raises SetupError when none was founded there.
    """
    if not folder.database.exists():
        raise _no_agency(folder)
    folder.make()
    ground = _ground(folder, clock, entropy)
    try:
        return ground, _furnish(ground, None)
    except DatabaseError as error:
        ground.database.close()
        raise SetupError(
            f"{folder.database} cannot be read; restore it ({error.orig})"
        ) from error
    except BaseException:
        ground.database.close()
        raise


def _prepared(
    folder: Folder, new: NewTenant, clock: Clock, entropy: Entropy
) -> Prepared:
    ground = _ground(folder, clock, entropy)
    try:
        tenant = _furnish(ground, new)
        people = People(ground.database, clock, entropy, tenant.id)
        secret = None
        if not people.exists(ADMINISTRATOR):
            secret = people.invite(ADMINISTRATOR, "Administrator", Role.ADMINISTRATOR)
        elif not people.has_password(ADMINISTRATOR):
            secret = people.link_for(ADMINISTRATOR)
    finally:
        ground.database.close()
    return Prepared(tenant, secret)


def _furnish(ground: Ground, new: NewTenant | None) -> Tenant:
    """Make schema, agency (of `new`), keys and categories that are missing."""
    database, clock, entropy = ground.database, ground.clock, ground.entropy
    database.migrate()
    with database.read() as connection:
        tenant = tenants.only(connection)
    if tenant is None:
        if new is None:
            raise _no_agency(ground.folder)
        tenant = tenants.make(database, new, clock, entropy)
    now = clock.utc_ms()
    tenant_keys.make(ground.folder.keys, tenant, now, entropy)
    ring = tenant_keys.load(ground.folder.keys)
    stamp = Stamp(tenant.id, now, entropy)
    tenants.record_keys(database, stamp, [key.public for key in ring.evidence])
    with database.write(Quiet.SETUP) as connection:
        if not settings.categories(connection, tenant.id):
            settings.first_categories(connection, tenant.id, entropy)
    return tenant


def _no_agency(folder: Folder) -> SetupError:
    return SetupError(
        f"{folder.root} holds no agency; restore its evidence.db, or move it away"
    )


def _ground(folder: Folder, clock: Clock, entropy: Entropy) -> Ground:
    return Ground(folder, Database(folder.database), clock, entropy)


def _tenant(folder: Folder) -> Tenant | None:
    if not folder.database.exists():
        return None
    database = Database(folder.database)
    try:
        with database.read() as connection:
            return tenants.only(connection)
    except DatabaseError:
        return None  # the server says why when it opens it
    finally:
        database.close()


def keep_running(folder: Folder, running: Running) -> None:
    """Tell other commands where the server answers."""
    write_private(folder.shared / "running.json", msgspec.json.encode(running))


def running(folder: Folder) -> Running:
    """Read where the server answers; raises SetupError when none was started."""
    try:
        kept = (folder.shared / "running.json").read_bytes()
    except FileNotFoundError as error:
        raise SetupError("start the server first: lapel evidence serve") from error
    return msgspec.json.decode(kept, type=Running)


def trust_file(ground: Ground, tenant: Tenant, vkey: str) -> bytes:
    """Put together what a verifier needs to know of this agency.

    The CA, the manufacturers known here, the receipt key, the list of certificates
    that count no longer if there are any, and the log's key.
    """
    ring = tenant_keys.load(ground.folder.keys)
    certificates = (ring.ca.certificate, *makers(ground.folder)())
    parts = [certificate.to_pem() for certificate in certificates]
    parts.append(ring.receipt.public.to_pem())
    now = ground.clock.utc_ms()
    with ground.database.read() as connection:
        ended = revoking.listed(connection, tenant.id, ring.ca, now)
    if ended is not None:
        parts.append(ended.to_pem())
    return b"".join(parts) + vkey.encode() + b"\n"
