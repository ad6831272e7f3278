"""An agency in one process: Evidence with its signer, cameras and their recordings.

For tests and benches. Everything is the real thing but the network.
"""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import NotFoundError
from lapel.crypto.certs import Issuer, Role, Subject
from lapel.crypto.digest import sha256
from lapel.crypto.seal import new_key, wrap
from lapel.evidence import start
from lapel.evidence.custody import signer as custody_signer
from lapel.evidence.devices import table as device_table
from lapel.evidence.devices.rules import validity
from lapel.evidence.ingest import commit, rules
from lapel.evidence.ingest.model import Upload
from lapel.evidence.server import Server
from lapel.evidence.site import Site, add_maker
from lapel.evidence.store.database import Quiet
from lapel.evidence.store.folder import Folder
from lapel.evidence.tenants.model import NewTenant
from lapel.evidence.tenants.rules import secret as secret_of
from lapel.sim.forge import Made, Media, Signer, Story, authority, closing, make
from lapel.wire.recording import Reason

AGENCY = NewTenant("Port Ellery Police", "evidence", "Europe/London")


@dataclass(frozen=True)
class Sent:
    """A recording as a camera stores it, with what stands beside it."""

    made: Made
    stored: bytes
    envelope: bytes
    closing: bytes

    @property
    def recording(self) -> bytes:
        """Its id."""
        return self.made.genesis.recording

    @property
    def serial(self) -> str:
        """Its camera."""
        return self.made.signer.serial


@dataclass
class Agency:
    """One agency of a running server, and a manufacturer of cameras.

    `secret` is the first link of its administrator.
    """

    server: Server
    site: Site
    secret: str
    maker: Issuer
    cameras: dict[str, Signer] = field(default_factory=dict)

    def camera(self, serial: str = "X81004417") -> Signer:
        """Give a camera of the agency; it is put on record the first time."""
        found = self.cameras.get(serial)
        if found is not None:
            return found
        site = self.site
        now = site.ground.clock.utc_ms()
        signer = Signer.of(site.keys.ca, serial)
        with site.database.write(Quiet.SETUP) as connection:
            values: dict[str, object] = {
                "tenant": site.tenant.id,
                "serial": serial,
                "kind": "camera",
                "model": signer.model,
                "now": now,
            }
            device_table.add(connection, values)
            owned = dict.fromkeys(("auth", "id", "link", "open"))
            values |= {**owned, "sign": signer.chain[0]}
            device_table.own(connection, values)
        self.cameras[serial] = signer
        return signer

    def record(
        self, media: Media, story: Story | None = None, serial: str = "X81004417"
    ) -> Sent:
        """Have a camera record; the recording gets a new id unless `story` has one."""
        entropy = self.site.ground.entropy
        told = story or Story(
            recording=entropy(16), start_ms=self.site.ground.clock.utc_ms() - 600_000
        )
        signer = self.camera(serial)
        made = make(media, signer, told)
        key = new_key(entropy)
        stored = made.sealed(key)
        publics = [one.public for one in self.site.keys.evidence]
        envelope = wrap(key, made.genesis.recording, publics).encode()
        changes: dict[str, object] = {}
        if not told.closed:
            changes = {"genesis": None, "links": None, "head": None}
            changes["reason"] = Reason.POWER_LOSS
        return Sent(
            made, stored, envelope, closing(made, stored, sealed=True, **changes)
        )

    def send(self, sent: Sent, stored: bytes | None = None) -> Upload:
        """Bring the bytes and the envelope, without a commit."""
        data = sent.stored if stored is None else stored
        ingest = self.site.ingest
        ingest.put_envelope(sent.serial, sent.recording, sent.envelope)
        upload = ingest.create("DOCK-1", sent.serial, sent.recording, len(data))
        have = ingest.offset(upload)
        if have < len(data):
            part = ingest.objects.grow(upload.id)
            part.write(data[have:])
            part.close()
        return upload

    def take_in(self, sent: Sent, stored: bytes | None = None) -> bytes:
        """Bring a recording and give its receipt."""
        upload = self.send(sent, stored)
        read = rules.read_closing(sent.closing, sent.recording)
        return commit.finish(self.site.ingest, upload, read)

    def beside(self, name: str) -> "Agency":
        """Found another agency on the same server."""
        server = self.server
        new = NewTenant(name, AGENCY.host, AGENCY.zone)
        made = start.found(server.home.root, new, server.clock, server.entropy)
        server.look()
        site = server.site(made.tenant.id)
        if site is None:
            raise NotFoundError(f"{name} was founded and is not open")
        add_maker(site.ground.folder, self.maker.certificate)
        return Agency(server, site, made.secret or "", self.maker)

    def machine(self, serial: str = "DOCK-1") -> str:
        """Put a dock on record and give a token for it."""
        site = self.site
        now = site.ground.clock.utc_ms()
        certificate = site.keys.ca.issue(
            Subject(serial, "dock"), self.maker.key.public, Role.DOCK, validity(now)
        )
        token = secret_of(site.tenant.id, site.ground.entropy(16))
        with site.database.write(Quiet.SETUP) as connection:
            values: dict[str, object] = {
                "tenant": site.tenant.id,
                "serial": serial,
                "kind": "dock",
                "model": "dock",
                "now": now,
                "auth": certificate.der,
                "sign": None,
                "id": None,
                "link": None,
                "open": None,
                "digest": sha256(token.encode()),
                "expires": now + 86_400_000,
            }
            device_table.add(connection, values)
            device_table.own(connection, values)
            device_table.add_token(connection, values)
        return token


@contextmanager
def signing(folder: Folder, alarms: list[str]) -> Generator[None]:
    """Run the signer in a thread."""
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    def alarm(_origin: str, words: str, /) -> None:
        alarms.append(words)

    def run() -> None:
        loop.run_until_complete(
            custody_signer.serve(
                folder.signer, custody_signer.Door(folder.socket), alarm, stopped
            )
        )
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=run, name="signer")
    thread.start()
    try:
        for _ in range(500):
            if folder.socket.exists():
                break
            threading.Event().wait(0.01)
        yield
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()


@contextmanager
def founded(
    root: Path, clock: Clock, entropy: Entropy, alarms: list[str] | None = None
) -> Generator[Agency]:
    """Found an agency in a folder, or open the one that is there."""
    prepared = start.prepare(root, AGENCY, clock, entropy)
    folder = Folder(root)
    with signing(folder, [] if alarms is None else alarms):
        maker = authority("Camera maker")
        add_maker(folder, maker.certificate)
        server = Server(folder, clock, entropy, threads=4)
        try:
            yield Agency(server, server.sites[0], prepared.secret or "", maker)
        finally:
            server.close()
