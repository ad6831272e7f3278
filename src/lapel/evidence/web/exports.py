"""The custody log taken out: on paper, as a table, or as JSON with all that proves it.

What is taken out is itself an act of the log, and the first thing that is logged.
"""

import base64
import csv
import io
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.response import Stream
from sqlalchemy import Connection

from lapel.base.errors import MalformedError, NotFoundError
from lapel.base.ids import parse_recording_name
from lapel.base.permissions import Permission
from lapel.crypto.merkle import leaf_hash
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Logged, SignedHead, Target
from lapel.evidence.items import service as items
from lapel.evidence.site import Site
from lapel.evidence.web import acts, printed, proof
from lapel.evidence.web.looking import look_at_acts, texts_of, veiled
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import SIGNED_IN, AnyRequest, Visit, visit
from lapel.evidence.web.words import Catalogue
from lapel.wire.custody import ObjectKind

AT_ONCE: Final = 500
COLUMNS: Final = (
    "number",
    "time (UTC)",
    "act",
    "what was done",
    "actor",
    "actor's name then",
    "actor's roles then",
    "kind of object",
    "object",
    "new text or reason",
    "old text or reason's words",
    "said of",
    "leaf hash",
)
_KINDS: Final[dict[str, ObjectKind]] = {
    "recording": ObjectKind.RECORDING,
    "person": ObjectKind.USER,
    "device": ObjectKind.DEVICE,
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is taken out: the whole log, or what concerns one recording or the like."""

    kind: ObjectKind | None = None
    name: str = ""

    @classmethod
    def asked(cls, request: AnyRequest) -> "Scope":
        """Read it from an address; raises MalformedError for two at once."""
        given = [(kind, request.query_params.get(kind, "")) for kind in _KINDS]
        named = [(kind, str(name)) for kind, name in given if name]
        if len(named) > 1:
            raise MalformedError("one recording, person or device at a time")
        return cls(_KINDS[named[0][0]], named[0][1]) if named else cls()

    @property
    def target(self) -> Target:
        """What the act of taking out is logged on."""
        if self.kind is None:
            return Target(ObjectKind.OTHER, "log")
        return Target(self.kind, self.name)


class Exports(Controller):
    """Routes by which the log is taken out."""

    tags = ("custody log",)
    security = SIGNED_IN

    @get("/custody/export.csv", media_type="text/csv", sync_to_thread=True)
    def table(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
        """Give acts as a table; with `recording`, `person` or `device`: those of it."""
        here = visit(request, desk.site, Permission.CUSTODY)
        asked_first = proof.ask_before(request, desk, here)
        if asked_first is not None:
            return asked_first
        scope, head = _begun(request, desk, here)
        rows = table(_acts(desk.site, here, scope, head.size), desk.words)
        return _sent(rows, scope, "csv")

    @get("/custody/export.json", media_type="application/json", sync_to_thread=True)
    def proven(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
        """Give acts with leaves, texts, salts and proofs, under a signed checkpoint."""
        here = visit(request, desk.site, Permission.CUSTODY)
        asked_first = proof.ask_before(request, desk, here)
        if asked_first is not None:
            return asked_first
        scope, head = _begun(request, desk, here)
        return _sent(_proven(desk.site, here, scope, head), scope, "json")

    @get("/custody/export.pdf", media_type="application/pdf", sync_to_thread=True)
    def paper(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
        """Give acts as a document for paper, 5,000 at most."""
        here = visit(request, desk.site, Permission.CUSTODY)
        asked_first = proof.ask_before(request, desk, here)
        if asked_first is not None:
            return asked_first
        scope, head = _begun(request, desk, here, printed.MOST)
        logged = list(_acts(desk.site, here, scope, head.size))
        cover = printed.Cover(
            agency=desk.site.tenant.name,
            of=printed.subject(scope.target, logged, desk.words),
            by=here.session.person.shown,
            taken_ms=desk.site.ground.clock.utc_ms(),
            key=desk.site.vkey,
            head=head,
        )
        written = printed.document(cover, logged, desk.local, desk.words)
        return _sent(iter([written]), scope, "pdf")


def table(logged: Iterable[Logged], words: Catalogue) -> Generator[str]:
    """Write acts as CSV; nothing in it is a formula to a table program."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(COLUMNS)
    for one in logged:
        write.writerow(_plain(cell) for cell in _row(one, words))
        if out.tell() > 1 << 16:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _row(one: Logged, words: Catalogue) -> tuple[str, ...]:
    when = datetime.fromtimestamp(one.time_ms / 1000, UTC)
    texts = [one.texts.get(field, "") for field in range(1, 6)]
    return (
        str(one.number),
        when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        one.action,
        acts.tell(one, words).title,
        one.actor.name,
        *texts[:2],
        one.target.kind.name.lower(),
        one.target.name,
        *texts[2:],
        leaf_hash(one.leaf).hex(),
    )


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _begun(
    request: AnyRequest, desk: Desk, here: Visit, most: int | None = None
) -> tuple[Scope, SignedHead]:
    """Log who takes out what; give the checkpoint that covers it all.

    Raises NotFoundError when there is nothing, MalformedError for more than `most`.
    """
    scope, tenant = Scope.asked(request), desk.site.tenant.id
    who = here.who()
    act = Act(
        who.actor,
        Action.CUSTODY_EXPORTED,
        scope.target,
        texts={1: who.shown, 2: who.role},
        client=who.address,
    )
    with desk.site.database.write() as connection:
        if scope.kind is ObjectKind.RECORDING:
            said = _said(desk, connection, here, scope.name)
            act = replace(act, texts={**act.texts, **said})
        if scope.kind is None:
            count = custody.size(connection, tenant)
        else:
            count = len(_concerned(connection, tenant, scope))
        if not count:
            raise NotFoundError("nothing is logged of it")
        if most is not None and count >= most:
            raise MalformedError(
                f"this is more than the {most} acts that fit on paper: take it as a "
                "table, or the acts of one recording, person or device"
            )
        number = custody.append(connection, desk.site.stamp(), act)
    return scope, desk.site.checkpoints.cover(number)


def _said(desk: Desk, connection: Connection, here: Visit, name: str) -> dict[int, str]:
    """Give why somebody takes out what was done with a recording, where that is asked.

    Raises NotFoundError for a recording that is none, or that one may not find, and
    ReasonNeededError. Of one that was held aside and never taken in nothing is hidden.
    """
    try:
        recording = parse_recording_name(name)
        if items.find(connection, desk.site.tenant.id, recording) is None:
            return {}
        opened = look_at_acts(desk, connection, here, name)
    except (MalformedError, NotFoundError) as error:
        raise NotFoundError("nothing is logged of it") from error
    why = texts_of(desk, here, opened).get(5)
    return {5: why} if why else {}


def _concerned(connection: Connection, tenant: str, scope: Scope) -> list[Logged]:
    """Acts on one object, and those of a person, oldest first."""
    found = {
        one.number: one for one in custody.acts_on(connection, tenant, scope.target)
    }
    if scope.kind is ObjectKind.USER:
        size = custody.size(connection, tenant)
        by = custody.acts_by(connection, tenant, scope.name, size)
        found |= {one.number: one for one in by}
    return [found[number] for number in sorted(found)]


def _acts(site: Site, here: Visit, scope: Scope, size: int) -> Iterator[Logged]:
    """Acts of a scope among the first `size`, some at a time, as one may read them."""
    tenant = site.tenant.id
    if scope.kind is not None:
        with site.database.read() as connection:
            concerned = _concerned(connection, tenant, scope)
            found = veiled(connection, tenant, here, concerned)
        yield from (one for one in found if one.number < size)
        return
    for first in range(0, size, AT_ONCE):
        with site.database.read() as connection:
            most = min(AT_ONCE, size - first)
            some = custody.following(connection, tenant, first - 1, most)
            read = veiled(connection, tenant, here, some)
        yield from read


def _proven(
    site: Site, here: Visit, scope: Scope, head: SignedHead
) -> Generator[bytes]:
    """Write acts as JSON; one of the whole log needs no proof beside its leaves."""
    begin = {
        "origin": site.tenant.origin,
        "key": site.vkey,
        "checkpoint": head.note,
        "size": head.size,
        "of": {"kind": scope.target.kind.name.lower(), "name": scope.target.name},
    }
    yield msgspec.json.encode(begin)[:-1] + b',"acts":['
    for place, one in enumerate(_acts(site, here, scope, head.size)):
        proof: tuple[bytes, ...] = ()
        if scope.kind is not None:
            with site.database.read() as connection:
                proof = custody.inclusion(
                    connection, site.tenant.id, one.number, head.size
                )
        told = {
            "number": one.number,
            "time_ms": one.time_ms,
            "action": one.action,
            "actor": one.actor.name,
            "object": one.target.name,
            "leaf": _base64(one.leaf),
            "texts": {str(field): words for field, words in one.texts.items()},
            "salts": {str(field): _base64(salt) for field, salt in one.salts.items()},
            "proof": [_base64(part) for part in proof],
        }
        if one.veiled:
            told["veiled"] = True
        yield (b"," if place else b"") + msgspec.json.encode(told)
    yield b"]}\n"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _sent(pieces: Iterator[str] | Iterator[bytes], scope: Scope, kind: str) -> Stream:
    name = "log" if scope.kind is None else scope.kind.name.lower()
    headers = {
        "Content-Disposition": f'attachment; filename="custody-{name}.{kind}"',
        "Cache-Control": "private, no-store",
    }
    types = {
        "csv": "text/csv; charset=utf-8",
        "json": "application/json",
        "pdf": "application/pdf",
    }
    return Stream(pieces, headers=headers, media_type=types[kind])
