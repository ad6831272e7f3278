"""Two agencies on one server, with everything in them that a route can name."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.ids import recording_name
from lapel.base.permissions import Permission
from lapel.crypto.keys import PrivateKey
from lapel.evidence.api import app as device_door
from lapel.evidence.apps.model import Wanted
from lapel.evidence.clients.model import NewClient
from lapel.evidence.clients.rules import GIVABLE
from lapel.evidence.custody.model import Actor, Who
from lapel.evidence.devices.model import Network, Purpose
from lapel.evidence.ingest.commit import HeldError
from lapel.evidence.ingest.held import waiting
from lapel.evidence.people.model import Author, Role
from lapel.evidence.settings import service as settings
from lapel.evidence.web import app as pages
from lapel.evidence.web.visit import Front
from lapel.sim.agency import Agency
from lapel.sim.forge import Media, Story
from lapel.wire.custody import ActorKind
from lapel.wire.grant import GrantRole
from tests.evidence.world import PASSWORD

PORT = 8600
HERE = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True)
class Ids:
    """What an agency calls its things; every value is in the answers of its own."""

    tenant: str
    recording: str
    serial: str
    upload: str
    begun: str
    held: str
    instance: str
    category: str
    link: str
    code: str
    person: str
    role: str
    group: str
    team: str
    vehicle: str
    accessory: str
    client: str
    envelope: str
    closing: str

    def fill(self, text: str) -> str:
        """Put the names into a template."""
        return text.format(**asdict(self))


@dataclass(frozen=True)
class Call:
    """How a route is called: templates of what it is told, and what its owner gets."""

    path: str
    works: int
    form: dict[str, str] = field(default_factory=dict)
    json: dict[str, object] | None = None
    content: str | None = None
    """Bytes in hexadecimal digits, as a template too."""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Inside:
    """Somebody of an agency, at both doors."""

    agency: Agency
    pages: TestClient[Litestar]
    devices: TestClient[Litestar]
    csrf: str
    program: str
    """Secret of a program that may do all that a program can be let do."""

    def bearing(self, path: str) -> dict[str, str]:
        """Give the header that a program shows, for the routes that programs take."""
        programs = path.startswith("/api/v1/") and not path.startswith("/api/v1/app")
        return {"Authorization": f"Bearer {self.program}"} if programs else {}

    def send(self, way: str, call: Call, ids: Ids) -> httpx.Response:
        """Call a route with these names."""
        path = ids.fill(call.path)
        headers = {name: ids.fill(text) for name, text in call.headers.items()}
        headers = self.bearing(path) | headers
        more: dict[str, Any] = {"headers": headers}
        if call.form:
            filled = {name: ids.fill(text) for name, text in call.form.items()}
            more["data"] = {**filled, "csrf": self.csrf}
        if call.json is not None:
            more["json"] = call.json
        if call.content is not None:
            more["content"] = bytes.fromhex(ids.fill(call.content))
        client = self.devices if path.startswith("/device/") else self.pages
        return client.request(way, path, follow_redirects=False, **more)


def _fleet(agency: Agency, mark: str, serial: str, me: Who) -> tuple[str, str, str]:
    """Put a vehicle with an accessory on record, and a group of devices."""
    site = agency.site
    network = Network(f"{mark} network", f"{mark} passphrase")
    vehicle = site.fleet.add_vehicle(f"{mark} car", network, me)
    accessory = f"A9{mark.encode().hex().upper()[:6]}"
    site.fleet.add_accessory(accessory, Purpose.SIDEARM, f"{mark} holster", None, me)
    site.fleet.place(accessory, vehicle, me)
    chosen = frozenset({serial, vehicle})
    team = site.device_groups.keep(None, f"{mark} devices", chosen, me)
    return vehicle, accessory, team


def furnish(agency: Agency, film: Media, mark: str) -> Ids:
    """Fill an agency; `mark` stands in every text that is its own."""
    site, now = agency.site, agency.site.ground.clock.utc_ms()
    serial = f"X8{mark.encode().hex().upper()[:6]}"
    sent = agency.record(film, Story(site.ground.entropy(16), now - 90_000), serial)
    agency.take_in(sent)
    other = agency.record(film, Story(site.ground.entropy(16), now - 50_000), serial)
    upload = agency.send(other, other.stored[:-100])
    third = agency.record(film, Story(site.ground.entropy(16), now - 45_000), serial)
    begun = agency.send(third, third.stored[:100])
    bad = agency.record(film, Story(site.ground.entropy(16), now - 40_000), serial)
    spoilt = bytearray(bad.stored)
    spoilt[len(spoilt) // 2] ^= 1
    with suppress(HeldError):
        agency.take_in(bad, bytes(spoilt))
    with site.database.read() as connection:
        (held,) = waiting(connection, site.tenant.id)
    person = site.people.named("admin")
    assert person is not None
    me = Who(Actor(ActorKind.USER, person.id), mark, "administrator", "::1")
    instance = str(UUID(bytes=site.ground.entropy(16)))
    wanted = Wanted(PrivateKey.generate().public.point, GrantRole.VIEW, instance)
    site.apps.grant(wanted, me, person.id)
    author = Author(person, "::1")
    site.holding.assign(serial, person.id, me, f"{mark} why")
    role = site.people.roles.keep(
        None, f"{mark} role", frozenset({Permission.FIND}), author
    )
    group = site.people.groups.keep(
        None, f"{mark} group", frozenset({person.id}), author
    )
    vehicle, accessory, team = _fleet(agency, mark, serial, me)
    _program(agency, f"{mark} program")
    with site.database.read() as connection:
        category = settings.categories(connection, site.tenant.id)[0].id
    return Ids(
        site.tenant.id,
        recording_name(sent.recording),
        serial,
        upload.id,
        begun.id,
        held.id,
        instance,
        category,
        site.people.invite(f"{mark}-two", f"{mark} two", Role.CLERK),
        site.apps.make_code(me, person.id),
        person.id,
        role,
        group,
        team,
        vehicle,
        accessory,
        site.clients.everything()[0].id,
        sent.envelope.hex(),
        other.closing.hex(),
    )


def _program(agency: Agency, name: str) -> str:
    """Let a program in; gives its secret."""
    person = agency.site.people.named("admin")
    assert person is not None
    new = NewClient(name, frozenset(GIVABLE), "", 90)
    return agency.site.clients.make(new, Author(person, "::1"))[1]


@contextmanager
def inside(agency: Agency) -> Generator[Inside]:
    """Sign in as the administrator, and as a dock."""
    token = {"Authorization": f"Bearer {agency.machine()}"}
    built = pages.build(agency.server, Front(PORT))
    door = device_door.build(agency.server)
    with (
        TestClient(built, base_url=HERE) as browser,
        TestClient(door) as dock,
    ):
        dock.headers.update(token)
        typed = {"password": PASSWORD, "again": PASSWORD}
        browser.post(f"/enrol/{agency.secret}", data=typed)
        csrf = str(browser.get("/api/v1/app/session").json()["form"])
        yield Inside(agency, browser, dock, csrf, _program(agency, "crawler"))


def everything(agency: Agency) -> tuple[str, list[str]]:
    """Give all that an agency's store holds: its rows, and its files by name."""
    site = agency.site
    with closing(sqlite3.connect(site.database.path)) as connection:
        rows = "\n".join(connection.iterdump())
    files = (site.ground.folder.root / name for name in ("objects", "held", "uploads"))
    return rows, sorted(str(path) for folder in files for path in folder.rglob("*"))
