"""The list of recordings: queues, search, filing."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy import Connection

from lapel.base.ids import parse_recording_name, recording_name
from lapel.base.permissions import Deed, Scope, reach
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Target
from lapel.evidence.items import rules as item_rules
from lapel.evidence.items import service as items
from lapel.evidence.items.model import Edit, Item, Page, Place, Search
from lapel.evidence.journals import service as journals
from lapel.evidence.people import reading as people
from lapel.evidence.settings import service as settings
from lapel.evidence.settings.model import Category
from lapel.evidence.web import words
from lapel.evidence.web.clock import Local
from lapel.evidence.web.eyes import eyes_of, sees_all
from lapel.evidence.web.looking import looking
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    own_form,
    whole_number,
)
from lapel.wire.custody import ObjectKind

TABS: Final = ("all", "needs", "uncategorised", "arriving")
_FILTERS: Final = (
    "q",
    "by",
    "whose",
    "camera",
    "from",
    "to",
    "category",
    "verdict",
    "tab",
)
DAY_MS: Final = 86_400_000


@dataclass(frozen=True)
class Row:
    """A recording as the list shows it."""

    item: Item
    name: str
    badge: words.Badge
    category: str
    kept: str
    editable: bool


class Recordings(Controller):
    """Routes of the list."""

    path = "/recordings"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def listed(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show what was found."""
        here = looking(request, desk.site, Deed.FIND)
        asked = {name: _one(request, name) for name in _FILTERS}
        if asked["tab"] == "arriving" and sees_all(here):
            return _arriving(desk, here)
        return _listed(desk, here, asked, _place(request))

    @post("/file", media_type=MediaType.HTML)
    async def file(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Set the category of the ticked recordings, or of one row."""
        here = looking(request, desk.site, Deed.EDIT)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        picked = [value for name, value in pairs if name == "pick"]
        category = fields.get("category", "")
        if fields.get("one"):
            picked = [fields["one"]]
            category = fields.get(f"file-{fields['one']}", "")
        if category and picked:
            await desk.site.in_thread(_file, desk, here, picked, category)
        back = fields.get("back", "")
        return Redirect(f"/recordings{'?' + back if back else ''}", status_code=303)


def _file(desk: Desk, here: Visit, picked: list[str], category: str) -> None:
    tenant = desk.site.tenant.id
    for name in picked:
        with desk.site.database.write() as connection:
            item = items.find(connection, tenant, parse_recording_name(name))
            eyes = eyes_of(connection, here)
            if item is None or not items.may(connection, eyes, Deed.EDIT, item):
                continue
            names = {c.id: c.name for c in settings.categories(connection, tenant)}
            wanted = Edit(item.title, category, item.version, item.ident)
            change = (item, wanted, names)
            items.edit(connection, desk.site.stamp(), here.who(), change)


def _one(request: AnyRequest, name: str) -> str:
    return str(request.query_params.get(name, ""))[:200]


def _place(request: AnyRequest) -> Place | None:
    for name, newer in (("before", False), ("after", True)):
        start, _, number = _one(request, name).partition(".")
        at, which = whole_number(start), whole_number(number)
        if at is not None and which is not None:
            return Place(at, which, newer)
    return None


def _search(asked: dict[str, str], local: Local) -> Search:
    return Search(
        words=asked["q"],
        wearer=asked["by"],
        serial=asked["camera"].strip().upper(),
        category=asked["category"],
        verdict=asked["verdict"],
        from_ms=local.day_ms(asked["from"]) if asked["from"] else None,
        to_ms=local.day_ms(asked["to"], after=True) if asked["to"] else None,
        needs=asked["tab"] == "needs",
        no_category=asked["tab"] == "uncategorised",
    )


def _listed(
    desk: Desk, here: Visit, asked: dict[str, str], place: Place | None
) -> Response[str]:
    tenant = desk.site.tenant.id
    wanted = _search(asked, desk.local)
    with desk.site.database.read() as connection:
        categories = settings.categories(connection, tenant)
        eyes = eyes_of(connection, here)
        wanted = replace(wanted, people=_people(connection, here, asked["whose"]))
        counts = items.counts(connection, tenant, eyes)
        page = items.search(connection, tenant, eyes, wanted, place)
        missing = len(journals.missing(connection, tenant))
    arriving = len(desk.site.ingest.open_uploads()) + missing
    filters = {name: value for name, value in asked.items() if value}
    blank = replace(Search(), needs=wanted.needs, no_category=wanted.no_category)
    filtered = wanted != blank
    if filtered and place is None:
        _log_search(desk, here, filters)
    values: dict[str, object] = {
        "here": "recordings",
        "find": asked["q"],
        "asked": asked,
        "filtered": filtered,
        "rows": rows(desk, page.items, categories, item_rules.people(eyes, Deed.EDIT)),
        "scope": reach(eyes.held, Deed.FIND),
        "categories": categories,
        "counts": counts,
        "arriving": arriving if sees_all(here) else None,
        "links": _links(filters, page),
        "query": urlencode(filters),
        "tabs": {tab: _tab(filters, tab) for tab in TABS},
    }
    return desk.page("recordings.html", here, values)


def _log_search(desk: Desk, here: Visit, filters: dict[str, str]) -> None:
    """Log what was looked for; a search that cannot be logged shows nothing."""
    who = here.who()
    said = "; ".join(f"{name}: {value}" for name, value in filters.items())
    act = Act(
        who.actor,
        Action.SEARCHED,
        Target(ObjectKind.OTHER, "recordings"),
        texts={1: who.shown, 2: who.role, 3: said},
        client=who.address,
    )
    with desk.site.database.write() as connection:
        custody.append(connection, desk.site.stamp(), act)


def _tab(filters: dict[str, str], tab: str) -> str:
    kept = {name: value for name, value in filters.items() if name != "tab"}
    return "?" + urlencode({**kept, "tab": tab} if tab != "all" else kept)


def _links(filters: dict[str, str], page: Page) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, place in (("newer", page.newer), ("older", page.older)):
        if place is not None:
            key = "after" if place.newer else "before"
            at = {key: f"{place.start_ms}.{place.number}"}
            found[name] = "?" + urlencode({**filters, **at})
    return found


def _people(connection: Connection, here: Visit, whose: str) -> frozenset[str] | None:
    """Give the accounts that a list is narrowed to; None for no narrowing."""
    me = here.session.person.id
    if whose == Scope.OWN:
        return frozenset({me})
    return people.teammates(connection, me) if whose == Scope.GROUP else None


def rows(
    desk: Desk,
    found: tuple[Item, ...],
    categories: list[Category],
    editing: frozenset[str] | None,
) -> list[Row]:
    """Prepare recordings for the list; `editing`: whose may be edited, None: all."""
    by_id = {category.id: category for category in categories}
    return [
        Row(
            item,
            recording_name(item.id),
            words.badge(item, desk.words),
            by_id[item.category].name if item.category in by_id else "",
            kept_until(desk, item, by_id.get(item.category or "")),
            editing is None or (bool(item.person) and item.person in editing),
        )
        for item in found
    ]


def kept_until(desk: Desk, item: Item, category: Category | None) -> str:
    """Say how long a recording is kept."""
    _ = desk.words.gettext
    if category is None:
        return _("Until filed")
    if category.keep_days is None:
        return _("By hand only")
    return desk.local.date(item.start_ms + category.keep_days * DAY_MS)


def _arriving(desk: Desk, here: Visit) -> Response[str]:
    tenant = desk.site.tenant.id
    with desk.site.database.read() as connection:
        counts = items.counts(connection, tenant, eyes_of(connection, here))
        missing = journals.missing(connection, tenant)
    uploads = desk.site.ingest.open_uploads()
    under_way = {upload.recording for upload, _ in uploads}
    waiting = [found for found in missing if found.recording not in under_way]
    values: dict[str, object] = {
        "here": "recordings",
        "counts": counts,
        "arriving": len(uploads) + len(waiting),
        "uploads": [
            (upload, 100 * size // max(1, upload.length)) for upload, size in uploads
        ],
        "waiting": waiting,
        "tabs": {tab: _tab({}, tab) for tab in TABS},
    }
    return desk.page("arriving.html", here, values)
