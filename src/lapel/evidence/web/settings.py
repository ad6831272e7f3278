"""Settings of cameras as pages: layers, one layer with its preview, who runs what."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any, Final

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Stream

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.base.permissions import Permission
from lapel.evidence.settings import choices, compliance
from lapel.evidence.settings.choices import (
    AGENCY,
    BY_NAME,
    Choices,
    Difference,
    SomeOf,
    Switch,
    Value,
)
from lapel.evidence.settings.layers import Saved, Wanted
from lapel.evidence.web import proof, settings_words
from lapel.evidence.web.people import fault_of
from lapel.evidence.web.shell import Desk
from lapel.evidence.web.visit import (
    SIGNED_IN,
    AnyRequest,
    Visit,
    own_form,
    visit,
    whole_number,
)

Pairs = list[tuple[str, str]]
SHOWN_EFFECTS: Final = 50
SHOWN_LINES: Final = 200
COLUMNS: Final = (
    "serial",
    "with",
    "answer",
    "version given",
    "version it runs",
    "took it over (UTC ms)",
    "journal came (UTC ms)",
)


class SettingsPages(Controller):
    """Routes of settings."""

    path = "/settings"
    tags = ("pages",)
    security = SIGNED_IN

    @get("/", media_type=MediaType.HTML, sync_to_thread=True)
    def listed(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show every layer, in the order in which they lie."""
        here = visit(request, desk.site, Permission.DEVICES)
        layers, names = desk.site.layers.everything(), _names(desk)
        chosen = {one.layer.scope for one in layers} | {AGENCY}
        values: dict[str, object] = {
            "here": "settings",
            "layers": [one for one in layers if one.layer.scope != AGENCY],
            "agency_layer": next(
                (one for one in layers if one.layer.scope == AGENCY), None
            ),
            "names": names,
            "free": [(scope, names[scope]) for scope in names if scope not in chosen],
            "counts": _counts(_lines(desk)),
            "said": _said(desk),
            "labels": _labels(desk),
        }
        return desk.page("settings.html", here, values)

    @get("/layer", media_type=MediaType.HTML, sync_to_thread=True)
    def layer(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str]:
        """Show the form of one layer, and what was saved for it before."""
        here = visit(request, desk.site, Permission.SETTINGS)
        scope = str(request.query_params.get("scope", AGENCY))
        return _layer_page(desk, here, scope, {})

    @post("/layer", media_type=MediaType.HTML)
    async def change(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[Any]:
        """Show what a change does, or keep it."""
        here = visit(request, desk.site, Permission.SETTINGS)
        pairs = await own_form(request, here)
        fields = dict(pairs)
        act, scope = fields.get("act", ""), fields.get("scope", AGENCY)
        if act in {"save", "remove"}:
            asked_first = await proof.ask(request, desk, here, pairs)
            if asked_first is not None:
                return asked_first
        typed: Choices | None = None
        try:
            typed = None if act == "remove" else _typed(pairs, scope)
            version = whole_number(fields.get("version", "")) or 0
            wanted = Wanted(scope, version, typed, fields.get("why", ""))
            if act not in {"save", "remove"}:
                return _preview_page(desk, here, wanted, pairs)
            await desk.site.in_thread(desk.site.layers.save, wanted, here.who())
        except (RefusedError, ConflictError) as error:
            shown = {**_fault(request, desk, error), "why": fields.get("why", "")}
            return _layer_page(desk, here, scope, shown, typed)
        return Redirect("/settings", status_code=303)

    @get("/compliance", media_type=MediaType.HTML, sync_to_thread=True)
    def answers(
        self, request: AnyRequest, desk: NamedDependency[Desk]
    ) -> Response[str]:
        """Show what each camera says that it runs, held against what counts for it."""
        here = visit(request, desk.site, Permission.DEVICES)
        lines, only = _lines(desk), str(request.query_params.get("answer", ""))
        shown = [one for one in lines if not only or one.answer == only]
        values: dict[str, object] = {
            "here": "settings",
            "lines": shown[:SHOWN_LINES],
            "more": max(0, len(shown) - SHOWN_LINES),
            "counts": _counts(lines),
            "only": only,
        }
        return desk.page("compliance.html", here, values)

    @get("/compliance.csv", media_type="text/csv", sync_to_thread=True)
    def table(self, request: AnyRequest, desk: NamedDependency[Desk]) -> Stream:
        """Give the same as a table, every camera in service."""
        visit(request, desk.site, Permission.DEVICES)
        headers = {"Content-Disposition": 'attachment; filename="compliance.csv"'}
        rows = _rows(_lines(desk))
        return Stream(rows, headers=headers, media_type="text/csv; charset=utf-8")


def _names(desk: Desk) -> dict[str, str]:
    _ = desk.words.gettext
    kinds = {
        "role": _("Role %(name)s"),
        "group": _("Group %(name)s"),
        "devices": _("Devices in %(name)s"),
    }
    return {
        scope: kinds[scope.partition("/")[0]] % {"name": name}
        if scope != AGENCY
        else _("The agency")
        for scope, name in desk.site.layers.scopes().items()
    }


def _said(desk: Desk) -> Callable[[str, Value | None], str]:
    return lambda name, value: settings_words.said(name, value, desk.words)


def _labels(desk: Desk) -> dict[str, str]:
    found = settings_words.sections(desk.words)
    return {one.name: one.label for _, some in found for one in some}


def _typed(pairs: Pairs, scope: str) -> Choices:
    """Read what was chosen: all of it for the agency, else what is ticked as chosen."""
    fields, chosen = dict(pairs), {key for key, _ in pairs if key.startswith("own.")}
    raw: dict[str, object] = {}
    for name, setting in BY_NAME.items():
        if scope != AGENCY and f"own.{name}" not in chosen:
            continue
        if isinstance(setting, SomeOf):
            raw[name] = [whole_number(v) for key, v in pairs if key == f"s.{name}"]
        elif isinstance(setting, Switch):
            raw[name] = {"on": True, "off": False}.get(fields.get(f"s.{name}", ""))
        else:
            raw[name] = whole_number(fields.get(f"s.{name}", ""))
    return choices.read(raw)


def _fault(
    request: AnyRequest, desk: Desk, error: RefusedError | ConflictError
) -> dict[str, object]:
    _ = desk.words.gettext
    known = {
        "setting": _("One of the values cannot be. What you chose is kept below."),
        "why": _("The reason is too long: 500 characters at most."),
        "agency": _("The agency's own settings cannot be removed."),
    }
    told = fault_of(request, desk, error)
    if isinstance(error, ConflictError):
        words = _(
            "Somebody else saved these settings meanwhile. What you chose is kept "
            "below; look at what they saved, and save again if yours shall count."
        )
        return {**told, "fault": words}
    return {**told, "fault": known.get(error.reason, told["fault"])}


def _layer_page(
    desk: Desk,
    here: Visit,
    scope: str,
    more: dict[str, object],
    typed: Choices | None = None,
) -> Response[str]:
    names = _names(desk)
    if scope not in names:
        raise NotFoundError("there is nothing of that name to choose for")
    layers = desk.site.layers
    history, everything = layers.history(scope), layers.everything()
    newest = history[0] if history else None
    own: Choices = newest.layer.choices if newest and not newest.removed else {}
    under = choices.layered(
        [one.layer for one in everything if _lies_under(one, newest, scope)]
    )
    shown = own if typed is None else typed
    values: dict[str, object] = {
        "here": "settings",
        "scope": scope,
        "name": names[scope],
        "is_agency": scope == AGENCY,
        "version": newest.layer.version if newest else 0,
        "exists": newest is not None and not newest.removed,
        "own": shown,
        "values": {**choices.all_of(under.policy), **shown},
        "under": choices.all_of(under.policy),
        "origin": under.origin,
        "names": names,
        "sections": settings_words.sections(desk.words),
        "settings": BY_NAME,
        "kind": {name: type(one).__name__ for name, one in BY_NAME.items()},
        "numbers": {n: settings_words.names_of(n, desk.words) for n in BY_NAME},
        "said": _said(desk),
        "labels": _labels(desk),
        "history": _steps(scope, history),
        "why": "",
        "fault": "",
        "reference": "",
        **more,
    }
    status = 409 if values["fault"] else 200
    return desk.page("settings-layer.html", here, values, status)


def _lies_under(one: Saved, mine: Saved | None, scope: str) -> bool:
    """Tell whether a layer is the agency's, seen from another."""
    return one.layer.scope == AGENCY and scope != AGENCY and one is not mine


def _steps(
    scope: str, history: list[Saved]
) -> list[tuple[Saved, tuple[Difference, ...]]]:
    """Give each saved version with what it changed."""
    begun = choices.beginning(scope)
    nothing: Choices = {}
    older = [one.layer.choices for one in history[1:]]
    before = [*older, nothing][: len(history)]
    return [
        (one, choices.differences({**begun, **was}, {**begun, **one.layer.choices}))
        for one, was in zip(history, before, strict=True)
    ]


def _preview_page(
    desk: Desk, here: Visit, wanted: Wanted, pairs: Pairs
) -> Response[str]:
    effects = desk.site.layers.preview(wanted)
    names = _names(desk)
    history = desk.site.layers.history(wanted.scope)
    newest = history[0] if history and not history[0].removed else None
    was: Choices = newest.layer.choices if newest else {}
    begun = choices.beginning(wanted.scope)
    wording = {
        one.name: one for _, some in settings_words.sections(desk.words) for one in some
    }
    values: dict[str, object] = {
        "here": "settings",
        "scope": wanted.scope,
        "name": names[wanted.scope],
        "differing": choices.differences(
            {**begun, **was}, {**begun, **(wanted.choices or {})}
        ),
        "wording": wording,
        "effects": effects[:SHOWN_EFFECTS],
        "count": len(effects),
        "more": max(0, len(effects) - SHOWN_EFFECTS),
        "kept": [pair for pair in pairs if pair[0] not in {"csrf", "act"}],
        "said": _said(desk),
    }
    return desk.page("settings-preview.html", here, values)


def _lines(desk: Desk) -> list[compliance.Line]:
    site = desk.site
    with site.database.read() as connection:
        return compliance.lines(connection, site.tenant.id, site.facts(connection))


def _counts(lines: list[compliance.Line]) -> dict[str, int]:
    return {
        str(answer): sum(one.answer is answer for one in lines)
        for answer in compliance.Answer
    }


def _rows(lines: list[compliance.Line]) -> Iterator[str]:
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(COLUMNS)
    for one in lines:
        runs = one.runs
        cells = (
            one.device.serial,
            one.device.wearer,
            one.answer,
            one.given,
            runs.version if runs else None,
            runs.since_ms if runs else None,
            runs.received_ms if runs else None,
        )
        write.writerow(_plain("" if cell is None else str(cell)) for cell in cells)
    yield out.getvalue()


def _plain(cell: str) -> str:
    """Write a cell so that no table program takes it for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
