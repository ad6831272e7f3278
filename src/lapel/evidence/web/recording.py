"""The page of one recording: player, time line, verdict, custody, details."""

from dataclasses import dataclass
from typing import Any, Final

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from lapel.base.errors import ConflictError, RefusedError
from lapel.base.ids import parse_recording_name, recording_name
from lapel.base.permissions import Deed
from lapel.evidence.api.errors import note
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Action, Target
from lapel.evidence.ingest import service as ingest
from lapel.evidence.items import guarding
from lapel.evidence.items import service as items
from lapel.evidence.items.model import Edit, Run
from lapel.evidence.items.service import Opened
from lapel.evidence.journals.said import said_of
from lapel.evidence.settings import service as settings
from lapel.evidence.web import acts, guards, words
from lapel.evidence.web.clock import Local
from lapel.evidence.web.eyes import eyes_of
from lapel.evidence.web.looking import (
    ReasonNeededError,
    give_reason,
    look,
    looking,
    texts_of,
)
from lapel.evidence.web.recordings import kept_until
from lapel.evidence.web.said import told_of
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    own_form,
    whole_number,
)
from lapel.wire.custody import ObjectKind

SHOWN_ACTS: Final = 12
LOOKS: Final = {Action.VIEWED, Action.CUSTODY_VIEWED}


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch on a lane, in percent of the recording."""

    x: str
    width: str
    start_ms: int
    end_ms: int


class RecordingPage(Controller):
    """Routes of one recording's page."""

    path = "/recordings/{name:str}"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def page(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[str]:
        """Show a recording; that it was opened is logged.

        Of a confidential one it first asks why, and shows nothing of it.
        """
        here = looking(request, desk.site, Deed.WATCH)
        try:
            opened = open_logged(desk, here, name, Action.VIEWED)
        except ReasonNeededError:
            return why_page(desk, here, (name, ""))
        return _page(desk, here, opened, {})

    @post("/", media_type=MediaType.HTML)
    async def edit(
        self, request: AnyRequest, desk: NamedDependency[Desk], name: FromPath[str]
    ) -> Response[Any]:
        """Change title and category, unless somebody else was faster.

        With `act`: say why one looks (`look`), or set who may (`guard`).
        """
        here = looking(request, desk.site, Deed.FIND)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        if fields.get("act") == "look":
            return _why(desk, here, name, fields)
        here = looking(request, desk.site, Deed.WATCH)
        if fields.get("act") == "guard":
            return await guards.keep(request, desk, here, name, pairs)
        here = looking(request, desk.site, Deed.EDIT)
        wanted = Edit(
            fields.get("title", ""),
            fields.get("category", "") or None,
            whole_number(fields.get("version", "")) or 0,
            fields.get("ident", ""),
        )
        try:
            await desk.site.in_thread(_edit, desk, here, name, wanted)
        except ConflictError as error:
            reference = note(error, request.url.path, desk.site.ground.entropy)
            return _conflict(desk, here, name, (wanted, reference))
        return Redirect(f"/recordings/{name}", status_code=303)


def _why(desk: Desk, here: Visit, name: str, fields: dict[str, str]) -> Response[Any]:
    """Keep why somebody looks, and go on to the page; it is logged with each look."""
    part = "/custody" if fields.get("then") == "/custody" else ""
    with desk.site.database.read() as connection:
        eyes, tenant = eyes_of(connection, here), desk.site.tenant.id
        recording = parse_recording_name(name)
        item = items.look(connection, tenant, eyes, Deed.FIND, recording).item
    try:
        give_reason(desk, here, item, guarding.reason(fields.get("why", "")))
    except RefusedError:
        fault = desk.words.gettext("Say why first.")
        return why_page(desk, here, (name, part), fault)
    return Redirect(f"/recordings/{name}{part}", status_code=303)


def why_page(
    desk: Desk, here: Visit, then: tuple[str, str], fault: str = ""
) -> Response[str]:
    """Ask why somebody looks at a recording; `then`: its name and the part of it."""
    values: dict[str, object] = {"here": "recordings", "fault": fault, "reference": ""}
    values |= {"name": then[0], "then": then[1]}
    return desk.page("why.html", here, values, 409 if fault else 200)


def _edit(desk: Desk, here: Visit, name: str, wanted: Edit) -> None:
    tenant = desk.site.tenant.id
    with desk.site.database.write() as connection:
        opened = look(desk, connection, here, Deed.EDIT, name)
        names = {c.id: c.name for c in settings.categories(connection, tenant)}
        change = (opened.item, wanted, names)
        items.edit(connection, desk.site.stamp(), here.who(), change)


def _conflict(
    desk: Desk, here: Visit, name: str, lost: tuple[Edit, str]
) -> Response[str]:
    wanted, reference = lost
    tenant = desk.site.tenant.id
    with desk.site.database.read() as connection:
        opened = look(desk, connection, here, Deed.EDIT, name)
        names = {c.id: c.name for c in settings.categories(connection, tenant)}
    values: dict[str, object] = {
        "here": "recordings",
        "item": opened.item,
        "name": name,
        "wanted": wanted,
        "names": names,
        "reference": reference,
    }
    return desk.page("conflict.html", here, values, 409)


def open_logged(desk: Desk, here: Visit, name: str, action: Action) -> Opened:
    """Open a recording; the act is logged in the same breath or nothing is shown.

    Raises NotFoundError and ReasonNeededError as `look` does.
    """
    deed = Deed.DOWNLOAD if action is Action.DOWNLOADED else Deed.WATCH
    with desk.site.database.write() as connection:
        opened = look(desk, connection, here, deed, name)
        texts = texts_of(desk, here, opened)
        act = items.act(here.who(), action, opened.item, texts)
        custody.append(connection, desk.site.stamp(), act)
    return opened


def _page(
    desk: Desk, here: Visit, opened: Opened, more: dict[str, object]
) -> Response[str]:
    tenant, item = desk.site.tenant.id, opened.item
    target = Target(ObjectKind.RECORDING, recording_name(item.id))
    with desk.site.database.read() as connection:
        categories = settings.categories(connection, tenant)
        logged = custody.acts_on(connection, tenant, target)
        receipt = ingest.receipt(connection, tenant, item.id)
        said = said_of(connection, tenant, item.serial, item.id)
        eyes = eyes_of(connection, here)
        mine = {str(d): items.may(connection, eyes, d, item) for d in Deed}
        named = guarding.named(connection, item)
    by_id = {category.id: category for category in categories}
    told = [acts.tell(one, desk.words) for one in logged]
    category = by_id.get(item.category or "")
    local = desk.local_of(here)
    values: dict[str, object] = {
        "here": "recordings",
        "name": recording_name(item.id),
        "item": item,
        "story": opened.story,
        "clear_size": opened.units[-1].offset + opened.units[-1].size,
        "badge": words.badge(item, desk.words),
        "sentence": words.verdict_sentence(item, local, desk.words),
        "reasons": words.reasons(opened, desk.site.tenant.name, desk.words),
        "silence": words.silence(opened, local, desk.words),
        "trigger": words.trigger(opened.story.trigger, desk.words),
        "moments": words.moments(opened, desk.words),
        "said": [told_of(one, local, desk.words) for one in said],
        "lanes": _lanes(opened),
        "ticks": _ticks(local, opened),
        "categories": categories,
        "category": category,
        "kept": kept_until(desk, item, category),
        "acts": [one for one in told if one.action not in LOOKS][-SHOWN_ACTS:],
        "looks": sum(one.action in LOOKS for one in told),
        "acts_count": len(told),
        "receipt": receipt is not None,
        "mine": mine,
        "guarded": guards.shown(desk, here, item, named),
        "fault": "",
        "reference": "",
        **more,
    }
    return desk.page("recording.html", here, values)


def _percent(ms: int, whole: int) -> str:
    return f"{100 * min(max(ms, 0), whole) / max(1, whole):.3f}%"


def bar(start: int, end: int, whole: int) -> Bar:
    """Place a stretch of media time on a lane."""
    width = 100 * max(0, end - start) / max(1, whole)
    return Bar(_percent(start, whole), f"{width:.3f}%", start, end)


def _lanes(opened: Opened) -> dict[str, object]:
    whole = opened.item.length_ms
    before = min(opened.story.pre_event_ms, whole)
    marks = [m for m in opened.story.moments if m.kind == "marker"]

    def of(sound: int) -> list[Bar]:
        runs: tuple[Run, ...] = opened.story.sounds
        return [bar(r.start_ms, r.end_ms, whole) for r in runs if r.sound == sound]

    return {
        "before": bar(0, before, whole) if before else None,
        "recorded": bar(before, whole, whole),
        "live": of(1),
        "muted": of(2),
        "markers": [(mark, _percent(mark.ms, whole)) for mark in marks],
    }


def _ticks(local: Local, opened: Opened) -> list[tuple[str, str]]:
    item = opened.item
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
    step = next((s for s in steps if item.length_ms / 1000 / s <= 8), 14_400) * 1000
    offset = local.moment(item.start_ms).utcoffset()
    shift = int(offset.total_seconds() * 1000) if offset else 0
    first = -(-(item.start_ms + shift) // step) * step - shift
    text = local.clock
    return [
        (
            _percent(at - item.start_ms, item.length_ms),
            text(at)[: 8 if step < 60_000 else 5],
        )
        for at in range(first, item.end_ms, step)
        if 0.03 < (at - item.start_ms) / max(1, item.length_ms) < 0.97
    ]
