"""Whatever changes or shows something has its act in the log, or a reason not to."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import text

from lapel.base.errors import UnloggedError
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Action
from lapel.evidence.store.database import Quiet
from lapel.sim.agency import Agency
from lapel.sim.forge import Media
from tests.evidence.apart import Call, furnish, inside
from tests.evidence.test_apart import NAMELESS, ROUTES

PAGE: Final = Path(__file__).parents[2] / "docs/reference/evidence.md"
ADD_TOKEN: Final = text("INSERT INTO assertions VALUES (x'00', 1)")


class Why(StrEnum):
    """Why something is shown without an act."""

    LIST = "a list; opening what it names is logged, and so is narrowing it"
    DESK = "a page or form on which something is administered; changes are logged"
    PROOF = "says nothing of what a recording shows; precedes or proves what is logged"
    OPEN = "public, or before signing in"
    SERVER = "the state of the server and its descriptions"


SHOWN: Final[dict[tuple[str, str], Action | Why]] = {
    ("get", "/recordings"): Action.SEARCHED,
    ("get", "/recordings/{name}"): Action.VIEWED,
    ("get", "/recordings/{name}/closing"): Why.PROOF,
    ("get", "/recordings/{name}/receipt"): Why.PROOF,
    ("get", "/recordings/{name}/index.json"): Why.PROOF,
    ("get", "/recordings/{name}/picture"): Why.LIST,
    ("get", "/recordings/{name}/custody"): Action.CUSTODY_VIEWED,
    ("get", "/recordings/{name}/video"): Action.WATCHED,
    ("get", "/recordings/{name}/download"): Action.DOWNLOADED,
    ("get", "/recordings/{name}/package"): Action.PACKAGED,
    ("get", "/recordings/{name}/package/sealed"): Action.PACKAGED,
    ("get", "/custody"): Action.CUSTODY_VIEWED,
    ("get", "/custody/export.csv"): Action.CUSTODY_EXPORTED,
    ("get", "/custody/export.pdf"): Action.CUSTODY_EXPORTED,
    ("get", "/custody/export.json"): Action.CUSTODY_EXPORTED,
    ("get", "/people"): Why.DESK,
    ("get", "/people/{person}"): Why.DESK,
    ("get", "/people/invite"): Why.DESK,
    ("get", "/people/sign-in"): Why.DESK,
    ("get", "/roles"): Why.DESK,
    ("get", "/roles/{role}"): Why.DESK,
    ("get", "/groups"): Why.DESK,
    ("get", "/groups/{group}"): Why.DESK,
    ("get", "/devices"): Why.DESK,
    ("get", "/devices/{serial}"): Why.DESK,
    ("get", "/devices/add"): Why.DESK,
    ("get", "/programs"): Why.DESK,
    ("get", "/begin"): Why.DESK,
    ("get", "/people/provider"): Why.DESK,
    ("get", "/sign-in/provider"): Why.OPEN,
    ("get", "/sign-in/provider/done"): Why.OPEN,
    ("get", "/account/provider"): Why.DESK,
    ("get", "/api/v1/recordings"): Why.LIST,
    ("get", "/api/v1/recordings/{name}"): Action.VIEWED,
    ("get", "/api/v1/recordings/{name}/package"): Action.PACKAGED,
    ("get", "/api/v1/custody"): Action.CUSTODY_VIEWED,
    ("get", "/api/v1/devices"): Why.DESK,
    ("get", "/devices/groups"): Why.DESK,
    ("get", "/devices/groups/{group}"): Why.DESK,
    ("get", "/settings"): Why.DESK,
    ("get", "/settings/layer"): Why.DESK,
    ("get", "/settings/compliance"): Why.DESK,
    ("get", "/settings/compliance.csv"): Why.DESK,
    ("get", "/held"): Why.LIST,
    ("get", "/state"): Why.SERVER,
    ("get", "/account"): Why.DESK,
    ("get", "/account/passkeys.json"): Why.DESK,
    ("get", "/account/proof.json"): Why.DESK,
    ("get", "/"): Why.OPEN,
    ("get", "/alive"): Why.OPEN,
    ("get", "/.well-known/security.txt"): Why.OPEN,
    ("get", "/openapi.json"): Why.SERVER,
    ("get", "/sign-in"): Why.OPEN,
    ("get", "/sign-in/passkey.json"): Why.OPEN,
    ("get", "/enrol/{secret}"): Why.OPEN,
    ("get", "/api/v1/app/session"): Why.DESK,
    ("get", "/log/{tenant}/checkpoint"): Why.OPEN,
    ("get", "/log/{tenant}/tile/{level}/{place}"): Why.OPEN,
    ("get", "/device/ca"): Why.OPEN,
    ("get", "/device/cameras/{serial}"): Why.SERVER,
    ("get", "/device/cameras/{serial}/settings"): Action.SETTINGS_MADE,
}
"""What is logged when a route shows something; a new route needs a line."""


def _acts(agency: Agency) -> Callable[[], list[str]]:
    """Give a function that names the acts logged since it was called last."""
    site, seen = agency.site, 0

    def news() -> list[str]:
        nonlocal seen
        with site.database.read() as connection:
            size = custody.size(connection, site.tenant.id)
            new = custody.latest(connection, site.tenant.id, None, max(size - seen, 1))
        fresh = [str(one.action) for one in new[: size - seen]]
        seen = size
        return fresh

    news()
    return news


def test_rows_that_no_act_tells_of_are_not_changed(agency: Agency) -> None:
    database = agency.site.database
    with pytest.raises(UnloggedError), database.write() as connection:
        connection.execute(ADD_TOKEN)
    with database.read() as connection:
        assert not connection.execute(text("SELECT * FROM assertions")).all()
    with database.write(Quiet.TOKENS) as connection:
        connection.execute(ADD_TOKEN)
    with database.write() as connection:
        connection.execute(text("UPDATE assertions SET expires_ms = 2 WHERE 0"))


def test_every_route_that_shows_something_has_a_line() -> None:
    assert set(SHOWN) == {one for one in {*ROUTES, *NAMELESS} if one[0] == "get"}


def test_what_is_shown_is_logged_as_the_table_says(agency: Agency, film: Media) -> None:
    ids = furnish(agency, film, "ours")
    agency.site.checkpoints.refresh()
    with inside(agency) as us:
        news = _acts(agency)
        for (way, path), expected in SHOWN.items():
            us.send(way, ROUTES.get((way, path), Call(path, 200)), ids)
            wanted = [str(expected)] if isinstance(expected, Action) else []
            assert news() == wanted, path


def test_what_the_crawler_changes_is_logged_but_for_bytes_on_their_way(
    agency: Agency, film: Media
) -> None:
    ids = furnish(agency, film, "ours")
    unlogged = {"/recordings/file"}  # Sets the category that the route before set.
    with inside(agency) as us:
        news = _acts(agency)
        for (way, path), call in ROUTES.items():
            answer = us.send(way, call, ids)
            changed = way != "get" and answer.is_success | answer.is_redirect
            logged = bool(news())
            if changed and not path.startswith("/device/") and path not in unlogged:
                assert logged, path


def test_the_reference_names_what_is_kept_without_an_act() -> None:
    lines = PAGE.read_text().splitlines()
    for quiet in Quiet:
        assert f"| `{quiet.name.lower()}` | {quiet.value} |" in lines
