"""One agency on a running server: its services, put together once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from sqlalchemy import Connection

from lapel.base.clock import Clock, Entropy
from lapel.crypto.certs import Certificate
from lapel.crypto.digest import sha256
from lapel.evidence.apps.service import Apps
from lapel.evidence.clients.service import Clients
from lapel.evidence.custody.checkpoints import Checkpoints, SignerClient
from lapel.evidence.custody.service import Stamp
from lapel.evidence.devices import reading
from lapel.evidence.devices.fleet import Fleet
from lapel.evidence.devices.groups import Groups
from lapel.evidence.devices.holding import Holding
from lapel.evidence.devices.service import Devices
from lapel.evidence.ingest.ledger import Ledger
from lapel.evidence.ingest.service import Ingest
from lapel.evidence.people.federation import Federation
from lapel.evidence.people.provider import Asker
from lapel.evidence.people.service import People
from lapel.evidence.settings import service as settings
from lapel.evidence.settings.layers import Layers, policy_for
from lapel.evidence.settings.rules import Facts
from lapel.evidence.store.database import Database
from lapel.evidence.store.folder import Folder
from lapel.evidence.store.objects import Objects
from lapel.evidence.tenants import keys as tenant_keys
from lapel.evidence.tenants import service as tenants
from lapel.evidence.tenants.model import KeyRing, Tenant
from lapel.ports.private import write_private

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ground:
    """What every service stands on."""

    folder: Folder
    database: Database
    clock: Clock
    entropy: Entropy


@dataclass(frozen=True)
class Site:
    """The services of one tenant on one server."""

    ground: Ground
    tenant: Tenant
    keys: KeyRing
    signer: SignerClient
    checkpoints: Checkpoints
    vkey: str
    people: People
    federation: Federation
    devices: Devices
    holding: Holding
    fleet: Fleet
    device_groups: Groups
    layers: Layers
    clients: Clients
    apps: Apps
    ingest: Ingest
    threads: ThreadPoolExecutor

    @property
    def database(self) -> Database:
        """Give the database."""
        return self.ground.database

    def stamp(self) -> Stamp:
        """Say where and when an act is logged."""
        return Stamp(self.tenant.id, self.ground.clock.utc_ms(), self.ground.entropy)

    def facts(self, connection: Connection) -> Facts:
        """Give what every settings document of this tenant says beside the policy."""
        named = settings.categories(connection, self.tenant.id)
        return Facts(
            tenant=self.tenant.id,
            zone=self.tenant.zone,
            receipt_keys=(self.keys.receipt.public.point,),
            grant_key=self.keys.grant.public.point,
            evidence_keys=tenants.evidence_points(connection, self.tenant.id),
            origin=self.tenant.origin,
            vkey=self.vkey,
            categories=tuple(category.name for category in named),
        )

    def settings_for(self, connection: Connection, serial: str) -> bytes:
        """Give the signed settings of one camera, in the caller's transaction."""
        device = reading.find(connection, self.tenant.id, serial)
        policy = policy_for(connection, self.tenant.id, device).policy
        return settings.document_for(
            connection,
            self.stamp(),
            self.facts(connection),
            (serial, policy),
            self.keys.settings,
        )

    async def in_thread(
        self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do blocking work beside the event loop.

        Not in `threads`: those write and hash what arrives, and a row of people who
        type passwords must not hold that up.
        """
        return await asyncio.to_thread(work, *args, **kwargs)

    def close(self) -> None:
        """Let everything go."""
        for name in list(self.ingest.arrivals):
            self.ingest.close(name)
        self.signer.close()
        self.database.close()


def makers(folder: Folder) -> Callable[[], tuple[Certificate, ...]]:
    """Manufacturers whose vouchers were added: certificates in the keys' folder."""
    place = folder.keys / "makers"

    def read() -> tuple[Certificate, ...]:
        return tuple(
            Certificate.from_pem(path.read_bytes())
            for path in sorted(place.glob("*.pem"))
        )

    return read


def add_maker(folder: Folder, certificate: Certificate) -> Path:
    """Trust a manufacturer from now on."""
    place = folder.keys / "makers"
    place.mkdir(mode=0o700, exist_ok=True)
    path = place / f"{sha256(certificate.der).hex()[:16]}.pem"
    write_private(path, certificate.to_pem())
    return path


def build(ground: Ground, tenant: Tenant, threads: ThreadPoolExecutor) -> Site:
    """Put the services together; the signer must be listening."""
    database, clock, entropy = ground.database, ground.clock, ground.entropy
    keys = tenant_keys.load(ground.folder.keys)
    signer = SignerClient(ground.folder.socket)
    checkpoints = Checkpoints(database, signer, clock, tenant.id)
    known_makers = makers(ground.folder)
    ingest = Ingest(
        database=database,
        objects=Objects(ground.folder),
        clock=clock,
        entropy=entropy,
        tenant=tenant.id,
        keys=keys,
        makers=known_makers,
        checkpoints=checkpoints,
        threads=threads,
        ledger=Ledger(database, checkpoints, keys.receipt, tenant.id),
    )
    return Site(
        ground=ground,
        tenant=tenant,
        keys=keys,
        signer=signer,
        checkpoints=checkpoints,
        vkey=checkpoints.vkey(),
        people=People(database, clock, entropy, tenant.id),
        federation=Federation(
            database, clock, entropy, tenant.id, keys.secrets, Asker(clock)
        ),
        devices=Devices(database, clock, entropy, tenant.id, keys, known_makers),
        holding=Holding(database, clock, entropy, tenant.id),
        fleet=Fleet(database, clock, entropy, tenant.id, keys.secrets),
        device_groups=Groups(database, clock, entropy, tenant.id),
        layers=Layers(database, clock, entropy, tenant.id),
        clients=Clients(database, clock, entropy, tenant.id),
        apps=Apps(database, clock, entropy, tenant.id, keys.grant),
        ingest=ingest,
        threads=threads,
    )
