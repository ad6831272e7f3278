"""Custody as pages, held-aside files, state of the server."""

from typing import Any, Final

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import Connection

from lapel.base.errors import ConflictError, RefusedError
from lapel.base.ids import recording_name
from lapel.base.permissions import Permission
from lapel.evidence.api.errors import note
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Target
from lapel.evidence.ingest import held
from lapel.evidence.items import service as items
from lapel.evidence.web import acts, health, proof
from lapel.evidence.web.eyes import eyes_of
from lapel.evidence.web.looking import (
    ReasonNeededError,
    look_at_acts,
    texts_of,
    veiled,
)
from lapel.evidence.web.recording import why_page
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    own_form,
    visit,
    whole_number,
)
from lapel.wire.custody import ObjectKind

PAGE: Final = 100


class LogPages(Controller):
    """Routes of the record."""

    tags = ("custody log",)
    security = SIGNED_IN

    @get("/custody", media_type=MediaType.HTML, sync_to_thread=True)
    def whole(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show the log, newest first."""
        here = visit(request, desk.site, Permission.CUSTODY)
        before = whole_number(str(request.query_params.get("before", "")))
        tenant = desk.site.tenant.id
        with desk.site.database.write() as connection:
            logged = veiled(
                connection,
                tenant,
                here,
                custody.latest(connection, tenant, before, PAGE),
            )
            size = custody.size(connection, tenant)
            if before is None:
                _log_look(desk, here, connection, Target(ObjectKind.OTHER, "log"))
        head = desk.site.checkpoints.newest()
        values: dict[str, object] = {
            "here": "custody",
            "acts": [acts.tell(one, desk.words) for one in logged],
            "size": size,
            "head": head,
            "origin": desk.site.tenant.origin,
            "vkey": desk.site.vkey,
            "older": logged[-1].number if logged and logged[-1].number else None,
            "newest": before is None,
        }
        return desk.page("custody-log.html", here, values)

    @get(
        "/recordings/{name:str}/custody", media_type=MediaType.HTML, sync_to_thread=True
    )
    def one(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[str]:
        """Show every act on one recording, oldest first.

        Of a confidential one it first asks why, and shows nothing of it.
        """
        here = visit(request, desk.site, Permission.CUSTODY)
        tenant = desk.site.tenant.id
        target = Target(ObjectKind.RECORDING, name)
        try:
            with desk.site.database.write() as connection:
                opened = look_at_acts(desk, connection, here, name)
                why = texts_of(desk, here, opened).get(5, "")
                _log_look(desk, here, connection, target, why)
                logged = custody.acts_on(connection, tenant, target)
        except ReasonNeededError:
            return why_page(desk, here, (name, "/custody"))
        values: dict[str, object] = {
            "here": "recordings",
            "name": name,
            "item": opened.item,
            "acts": [acts.tell(one, desk.words) for one in logged],
            "head": desk.site.checkpoints.newest(),
        }
        return desk.page("custody.html", here, values)


def _log_look(
    desk: Desk, here: Visit, connection: Connection, target: Target, why: str = ""
) -> None:
    who = here.who()
    act = Act(
        who.actor,
        Action.CUSTODY_VIEWED,
        target,
        texts={1: who.shown, 2: who.role, **({5: why} if why else {})},
        client=who.address,
    )
    custody.append(connection, desk.site.stamp(), act)


class OtherPages(Controller):
    """Held aside, and state of the server."""

    tags = ("pages",)
    security = SIGNED_IN

    @get("/held", media_type=MediaType.HTML, sync_to_thread=True)
    def held(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show what is held aside."""
        here = visit(request, desk.site, Permission.DEVICES)
        return _held_page(desk, here, {})

    @post("/held/{name:str}", media_type=MediaType.HTML)
    async def decide(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[Any]:
        """Release a file that holds by now, or refuse it for good."""
        here = visit(request, desk.site, Permission.DECIDE)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        asked_first = await proof.ask(request, desk, here, pairs)
        if asked_first is not None:
            return asked_first
        site, who = desk.site, here.who()
        try:
            if fields.get("decision") == "release":
                await site.in_thread(held.release, site.ingest, name, who)
            elif fields.get("decision") == "reject":
                if not fields.get("sure"):
                    raise RefusedError(
                        "sure", desk.words.gettext("Tick the box first.")
                    )
                await site.in_thread(held.reject, site.ingest, name, who)
        except (RefusedError, ConflictError) as error:
            reference = note(error, request.url.path, site.ground.entropy)
            shown: dict[str, object] = {"fault": str(error), "reference": reference}
            return _held_page(desk, here, shown, 409)
        return Redirect("/held", status_code=303)

    @get("/state", media_type=MediaType.HTML, sync_to_thread=True)
    def state(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show how the server is."""
        here = visit(request, desk.site, Permission.DEVICES)
        values: dict[str, object] = {
            "here": "state",
            "lines": health.lines(desk.site, desk.words),
        }
        return desk.page("state.html", here, values)


def _held_page(
    desk: Desk, here: Visit, more: dict[str, object], status: int = 200
) -> Response[str]:
    tenant = desk.site.tenant.id
    with desk.site.database.read() as connection:
        waiting = held.waiting(connection, tenant)
        asked, eyes = (
            frozenset(one.recording for one in waiting),
            eyes_of(connection, here),
        )
        gone = items.hidden(connection, tenant, eyes, asked)
    values: dict[str, object] = {
        "here": "held",
        "waiting": [
            (one, "" if one.recording in gone else recording_name(one.recording))
            for one in waiting
        ],
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("held.html", here, values, status)
