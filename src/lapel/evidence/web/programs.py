"""What programs ask: recordings, packages, custody and devices, as JSON.

A program shows its secret as `Authorization: Bearer`. It may do what it was let do, on
recordings that are not confidential; each act is logged as a person's would be.
"""

import base64
from typing import Any, Final

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from lapel.base.errors import MalformedError, RefusedError
from lapel.base.ids import recording_name
from lapel.base.permissions import Deed, Permission, reach
from lapel.evidence.api.finding import bearer
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Logged, Target
from lapel.evidence.items import service as items
from lapel.evidence.items.model import Item, Place, Search
from lapel.evidence.people.model import Session
from lapel.evidence.web.eyes import eyes_of
from lapel.evidence.web.looking import veiled
from lapel.evidence.web.media import ordered, package_of
from lapel.evidence.web.recording import open_logged
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import AnyRequest, Visit, address_of, whole_number
from lapel.wire.custody import ObjectKind

BY_PROGRAM: Final[list[dict[str, list[str]]]] = [{"program": []}]
ACTS: Final = 500
"""Acts of the log that one answer has at most."""


class Recording(msgspec.Struct, frozen=True):
    """A recording, as a program gets it; times are UTC in ms."""

    id: str
    camera: str
    person: str
    start_ms: int
    length_ms: int
    received_ms: int
    size: int
    sha256: str
    title: str
    ident: str
    category: str | None
    verdict: str
    guard: str


class Found(msgspec.Struct, frozen=True):
    """Recordings, newest first; `before` asks for those that follow."""

    recordings: tuple[Recording, ...]
    before: str | None


class Done(msgspec.Struct, frozen=True):
    """An act of the custody log; texts are left out where `veiled`."""

    number: int
    time_ms: int
    action: str
    actor: str
    object: str
    leaf: str
    texts: dict[str, str]
    veiled: bool


class Acts(msgspec.Struct, frozen=True):
    """Acts in their order, and how many the log has."""

    acts: tuple[Done, ...]
    size: int


class Equipment(msgspec.Struct, frozen=True):
    """A device: what it is, where it stands, who has it."""

    serial: str
    kind: str
    model: str
    label: str
    standing: str
    holder: str
    seen_ms: int | None


class Programs(Controller):
    """Routes that programs take."""

    path = "/api/v1"
    tags = ("programs",)
    security = BY_PROGRAM

    @get("/recordings", sync_to_thread=True)
    def recordings(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Found:
        """List recordings, newest first, 50 at a time; narrowed by `words`, `camera`.

        A narrowed list is logged, as a search of a person is.
        """
        here = _program(request, desk, Deed.FIND)
        asked = {name: _text(request, name) for name in ("words", "camera")}
        wanted = Search(words=asked["words"], serial=asked["camera"].upper())
        place, tenant = _place(_text(request, "before")), desk.site.tenant.id
        with desk.site.database.read() as connection:
            eyes = eyes_of(connection, here)
            page = items.search(connection, tenant, eyes, wanted, place)
        if wanted != Search() and place is None:
            said = "; ".join(f"{name}: {text}" for name, text in asked.items() if text)
            _log(desk, here, Action.SEARCHED, "recordings", said)
        older = page.older
        before = f"{older.start_ms}.{older.number}" if older else None
        return Found(tuple(_recording(one) for one in page.items), before)

    @get("/recordings/{name:str}", sync_to_thread=True)
    def one(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Recording:
        """Give one recording; that it was looked at is logged."""
        here = _program(request, desk, Deed.WATCH)
        return _recording(open_logged(desk, here, name, Action.VIEWED).item)

    @get(
        "/recordings/{name:str}/package",
        media_type="application/zip",
        sync_to_thread=True,
    )
    def package(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[Any]:
        """Give the proof package: the recording with all that proves it."""
        here = _program(request, desk, Deed.DOWNLOAD)
        return package_of(desk.site, ordered(desk, here, name))

    @get("/custody", sync_to_thread=True)
    def custody(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Acts:
        """Give the acts after number `after`, 500 at most; that is logged.

        Where nothing is new, nothing is logged.
        """
        here = _program(request, desk, Permission.CUSTODY)
        after = whole_number(_text(request, "after"))
        tenant = desk.site.tenant.id
        with desk.site.database.read() as connection:
            size = custody.size(connection, tenant)
            first = -1 if after is None else after
            some = custody.following(connection, tenant, first, ACTS)
            told = veiled(connection, tenant, here, some)
        if told:
            _log(desk, here, Action.CUSTODY_VIEWED, "log", "")
        return Acts(tuple(_done(one) for one in told), size)

    @get("/devices", sync_to_thread=True)
    def devices(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> list[Equipment]:
        """List every device: what it is, where it stands, who has it."""
        _program(request, desk, Permission.DEVICES)
        return [
            Equipment(
                one.serial,
                str(one.kind),
                one.model,
                one.label,
                str(one.standing),
                one.wearer,
                one.seen_ms,
            )
            for one in desk.site.devices.everything()
        ]


def _program(request: AnyRequest, desk: Desk, needed: Permission | Deed) -> Visit:
    """Give the visit of a program that may do something.

    Raises RefusedError `token` without a secret that counts, `permission` for more
    than it was let do.
    """
    secret, address = bearer(request), address_of(request)
    if secret is None:
        raise RefusedError("token", "show a program's secret as a bearer token")
    person = desk.site.clients.enter(secret, address)
    may = (
        person.may(needed)
        if isinstance(needed, Permission)
        else reach(person.permissions, needed) is not None
    )
    if not may:
        raise RefusedError("permission", f"this program was not let {needed}")
    return Visit(Session(person, "", b"", 0), address)


def _log(desk: Desk, here: Visit, action: Action, on: str, said: str) -> None:
    who = here.who()
    texts = {1: who.shown, 2: who.role, **({3: said} if said else {})}
    target = Target(ObjectKind.OTHER, on)
    act = Act(who.actor, action, target, texts=texts, client=who.address)
    with desk.site.database.write() as connection:
        custody.append(connection, desk.site.stamp(), act)


def _text(request: AnyRequest, name: str) -> str:
    return str(request.query_params.get(name, ""))[:200]


def _place(text: str) -> Place | None:
    if not text:
        return None
    start, _, number = text.partition(".")
    at, which = whole_number(start), whole_number(number)
    if at is None or which is None:
        raise MalformedError("`before` is what an earlier answer gave")
    return Place(at, which)


def _recording(item: Item) -> Recording:
    return Recording(
        id=recording_name(item.id),
        camera=item.serial,
        person=item.wearer,
        start_ms=item.start_ms,
        length_ms=item.length_ms,
        received_ms=item.received_ms,
        size=item.size,
        sha256=item.sha256.hex(),
        title=item.title,
        ident=item.ident,
        category=item.category,
        verdict=item.verdict,
        guard=item.guard.name.lower(),
    )


def _done(one: Logged) -> Done:
    return Done(
        number=one.number,
        time_ms=one.time_ms,
        action=one.action,
        actor=one.actor.name,
        object=one.target.name,
        leaf=base64.b64encode(one.leaf).decode(),
        texts={str(field): words for field, words in one.texts.items()},
        veiled=one.veiled,
    )
