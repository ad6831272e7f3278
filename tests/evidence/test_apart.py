"""Agencies on one server are strictly apart: every route, with another's names."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest

from lapel.base.ids import parse_recording_name
from lapel.base.permissions import Permission
from lapel.crypto.keys import PrivateKey
from lapel.evidence.web import app as pages
from lapel.evidence.web.visit import Front, cookie_name
from lapel.sim.agency import Agency
from lapel.sim.forge import Media
from lapel.wire.adoption import Identity
from lapel.wire.sealed import Envelope
from tests.evidence.apart import (
    PORT,
    Call,
    Ids,
    Inside,
    everything,
    furnish,
    inside,
)
from tests.evidence.world import PASSWORD

KEY: Final = base64.urlsafe_b64encode(PrivateKey.generate().public.point)
GRANT: Final[dict[str, object]] = {
    "key": KEY.decode().rstrip("="),
    "role": 2,
    "instance": "6f1c2d3e-0000-4000-8000-00000000000a",
}
TUS: Final = {"Tus-Resumable": "1.0.0"}
BYTES: Final = {
    **TUS,
    "Content-Type": "application/offset+octet-stream",
    "Upload-Offset": "0",
}
POINT: Final = PrivateKey.generate().public.point
IDENTITY: Final = Identity(b"a", b"b", POINT, POINT, b"c", bytes(64)).encode().hex()
CAMERA: Final = "/device/cameras/{serial}"
TAKEN: Final = "/custody/export.KIND?recording={recording}"
FILM: Final = "/recordings/{recording}"

ROUTES: Final[dict[tuple[str, str], Call]] = {
    ("get", "/recordings"): Call("/recordings?camera={serial}&kind={category}", 200),
    ("get", "/recordings/{name}"): Call(FILM, 200),
    ("get", "/recordings/{name}/closing"): Call(FILM + "/closing", 200),
    ("get", "/recordings/{name}/custody"): Call(FILM + "/custody", 200),
    ("get", "/custody/export.csv"): Call(TAKEN.replace("KIND", "csv"), 200),
    ("get", "/custody/export.pdf"): Call(TAKEN.replace("KIND", "pdf"), 200),
    ("get", "/custody/export.json"): Call(TAKEN.replace("KIND", "json"), 200),
    ("get", "/recordings/{name}/index.json"): Call(FILM + "/index.json", 200),
    ("get", "/recordings/{name}/picture"): Call(FILM + "/picture", 404),
    ("get", "/recordings/{name}/receipt"): Call(FILM + "/receipt", 200),
    ("get", "/recordings/{name}/video"): Call(FILM + "/video", 200),
    ("get", "/recordings/{name}/download"): Call(FILM + "/download", 200),
    ("get", "/recordings/{name}/package"): Call(FILM + "/package", 200),
    ("get", "/recordings/{name}/package/sealed"): Call(FILM + "/package/sealed", 200),
    ("post", "/recordings/{name}"): Call(
        FILM, 303, {"title": "taken over", "category": "{category}", "version": "1"}
    ),
    ("post", "/recordings/file"): Call(
        "/recordings/file", 303, {"pick": "{recording}", "category": "{category}"}
    ),
    ("post", "/held/{name}"): Call(
        "/held/{held}", 303, {"decision": "reject", "sure": "1"}
    ),
    ("get", "/people/{person}"): Call("/people/{person}", 200),
    ("post", "/people/{person}"): Call(
        "/people/{person}", 303, {"act": "name", "shown": "taken over"}
    ),
    ("post", "/people/{person}/link"): Call("/people/{person}/link", 200, {"a": "b"}),
    ("post", "/people/invite"): Call(
        "/people/invite",
        200,
        {"name": "new", "shown": "New", "role": "{role}", "group": "{group}"},
    ),
    ("get", "/roles/{role}"): Call("/roles/{role}", 200),
    ("post", "/roles/{role}"): Call(
        "/roles/{role}", 303, {"name": "taken over", "permission": str(Permission.FIND)}
    ),
    ("get", "/groups/{group}"): Call("/groups/{group}", 200),
    ("post", "/groups/{group}"): Call(
        "/groups/{group}", 303, {"name": "taken over", "person": "{person}"}
    ),
    ("get", "/settings/layer"): Call("/settings/layer?scope=group/{group}", 200),
    ("post", "/settings/layer"): Call(
        "/settings/layer",
        303,
        {"scope": "group/{group}", "version": "0", "act": "save", "own.replay": "1"}
        | {"s.replay": "on"},
    ),
    ("get", "/devices/{serial}"): Call("/devices/{serial}", 200),
    ("post", "/devices/{serial}"): Call("/devices/{serial}", 303, {"act": "return"}),
    ("post", "/programs/{client}"): Call("/programs/{client}", 303, {"act": "end"}),
    ("get", "/api/v1/recordings/{name}"): Call("/api/v1/recordings/{recording}", 200),
    ("get", "/api/v1/recordings/{name}/package"): Call(
        "/api/v1/recordings/{recording}/package", 200
    ),
    ("get", "/devices/groups/{group}"): Call("/devices/groups/{team}", 200),
    ("post", "/devices/groups/{group}"): Call(
        "/devices/groups/{team}", 303, {"name": "taken over", "serial": "{serial}"}
    ),
    ("post", "/device/cameras/{serial}/release"): Call(
        CAMERA + "/release", 404, json={"nonce": "00" * 16}
    ),
    ("post", "/devices/apps/{instance}"): Call(
        "/devices/apps/{instance}", 303, {"sure": "1"}
    ),
    ("get", "/enrol/{secret}"): Call("/enrol/{link}", 200),
    ("post", "/enrol/{secret}"): Call(
        "/enrol/{link}", 303, {"password": PASSWORD, "again": PASSWORD}
    ),
    ("get", "/log/{tenant}/checkpoint"): Call("/log/{tenant}/checkpoint", 200),
    ("get", "/log/{tenant}/tile/{level}/{place}"): Call(
        "/log/{tenant}/tile/0/000.p/1", 200
    ),
    ("post", "/api/v1/app/grant"): Call(
        "/api/v1/app/grant",
        200,
        json=GRANT,
        headers={"Authorization": "Bearer {code}"},
    ),
    ("get", "/device/cameras/{serial}"): Call(CAMERA, 200),
    ("get", "/device/cameras/{serial}/settings"): Call(CAMERA + "/settings", 200),
    ("post", "/device/cameras/{serial}/voucher"): Call(
        CAMERA + "/voucher", 404, json={"nonce": "00" * 16}
    ),
    ("post", "/device/cameras/{serial}/identity"): Call(
        CAMERA + "/identity", 404, content=IDENTITY
    ),
    ("post", "/device/cameras/{serial}/time"): Call(
        CAMERA + "/time", 200, content="00" * 16
    ),
    ("post", "/device/cameras/{serial}/journal"): Call(
        CAMERA + "/journal", 409, content=""
    ),
    ("put", "/device/cameras/{serial}/envelopes/{recording}"): Call(
        CAMERA + "/envelopes/{recording}", 204, content="{envelope}"
    ),
    ("head", "/device/uploads/{name}"): Call(
        "/device/uploads/{upload}", 200, headers=TUS
    ),
    ("patch", "/device/uploads/{name}"): Call(
        "/device/uploads/{upload}", 409, content="78", headers=BYTES
    ),
    ("post", "/device/uploads/{name}"): Call(
        "/device/uploads/{upload}",
        409,
        content="78",
        headers={**BYTES, "X-HTTP-Method-Override": "PATCH"},
    ),
    ("post", "/device/uploads/{name}/commit"): Call(
        "/device/uploads/{upload}/commit", 409, content="{closing}"
    ),
    ("delete", "/device/uploads/{name}"): Call(
        "/device/uploads/{begun}", 204, headers=TUS
    ),
}
"""How each route that names something is called, and what its own agency gets."""

NAMELESS: Final = {
    ("get", "/"),
    ("get", "/alive"),
    ("get", "/.well-known/security.txt"),
    ("get", "/openapi.json"),
    ("get", "/sign-in"),
    ("post", "/sign-in"),
    ("post", "/sign-out"),
    ("get", "/account"),
    ("post", "/account/proof"),
    ("post", "/account/sessions"),
    ("post", "/account"),
    ("post", "/account/factor"),
    ("get", "/account/passkeys.json"),
    ("get", "/account/proof.json"),
    ("post", "/account/passkeys"),
    ("get", "/sign-in/passkey.json"),
    ("post", "/sign-in/passkey"),
    ("post", "/sign-in/code"),
    ("get", "/custody"),
    ("get", "/people"),
    ("get", "/people/invite"),
    ("get", "/people/sign-in"),
    ("post", "/people/sign-in"),
    ("get", "/roles"),
    ("get", "/groups"),
    ("get", "/devices"),
    ("get", "/programs"),
    ("get", "/begin"),
    ("get", "/people/provider"),
    ("post", "/people/provider"),
    ("get", "/sign-in/provider"),
    ("get", "/sign-in/provider/done"),
    ("get", "/account/provider"),
    ("post", "/account/provider"),
    ("post", "/programs"),
    ("get", "/api/v1/recordings"),
    ("get", "/api/v1/custody"),
    ("get", "/api/v1/devices"),
    ("get", "/devices/groups"),
    ("get", "/devices/add"),
    ("post", "/devices/add"),
    ("get", "/settings"),
    ("get", "/settings/compliance"),
    ("get", "/settings/compliance.csv"),
    ("get", "/held"),
    ("get", "/state"),
    ("get", "/api/v1/app/session"),
    ("post", "/devices/apps/code"),
    ("get", "/device/ca"),
    ("post", "/device/adopt"),
    ("post", "/device/token"),
    ("post", "/device/uploads"),
    ("post", "/device/checkpoints"),
}
"""Routes that take the name of nothing, or take it as a secret: looked at below."""

ALSO: Final = (
    Call("/groups/new", 303, {"name": "Night", "person": "{person}"}),
    Call("/devices/groups/new", 303, {"name": "Night", "serial": "{serial}"}),
    Call("/devices/{vehicle}", 303, {"act": "network", "ssid": "taken over"}),
    Call("/devices/{vehicle}", 200, {"act": "show"}),
    Call("/devices/{accessory}", 303, {"act": "place", "vehicle": "{vehicle}"}),
    Call("/recordings/file", 303, {"one": "{recording}", "file-{recording}": "x"}),
)
"""Forms that name things of another agency in a place of one's own."""

PUBLIC: Final = {("get", "/log/{tenant}/checkpoint")} | {
    ("get", "/log/{tenant}/tile/{level}/{place}"),
    ("get", "/enrol/{secret}"),
    ("post", "/enrol/{secret}"),
    ("post", "/api/v1/app/grant"),
}
"""Routes that anybody may take, with a secret or, for hashes of the log, without."""


@pytest.fixture
def both(agency: Agency, film: Media) -> Iterator[tuple[Inside, Inside, Ids, Agency]]:
    theirs = agency.beside("Vale Hill Police")
    furnish(agency, film, "ours")
    ids = furnish(theirs, film, "vale")
    theirs.site.checkpoints.refresh()
    with inside(agency) as us, inside(theirs) as them:
        yield us, them, ids, theirs


def nobody(ids: Ids) -> Ids:
    """Names of the same shape that nothing has."""

    def other(text: str) -> str:
        found = re.sub(r"[0-9]", lambda digit: str(9 - int(digit[0])), text)
        return found if found != text else text[:-1] + "0"

    recording = other(ids.recording)
    real = Envelope.decode(bytes.fromhex(ids.envelope))
    return replace(
        ids,
        recording=recording,
        envelope=replace(real, recording=parse_recording_name(recording))
        .encode()
        .hex(),
        serial=other(ids.serial),
        upload=other(ids.upload),
        begun=other(ids.begun),
        held=other(ids.held),
        instance=other(ids.instance),
        person=other(ids.person),
        role=other(ids.role),
        group=other(ids.group),
        team=other(ids.team),
        vehicle=other(ids.vehicle),
        accessory=other(ids.accessory),
        client=other(ids.client),
        tenant="00" * 8,
        category="c0ffee",
    )


def test_every_route_has_an_entry_here(agency: Agency) -> None:
    told = pages.described(agency.server, Front(PORT))["paths"]
    there = {(way, path) for path, ways in told.items() for way in ways}
    assert there == set(ROUTES) | NAMELESS
    assert not set(ROUTES) & NAMELESS


def test_another_agency_s_names_find_nothing_and_change_nothing(
    both: tuple[Inside, Inside, Ids, Agency],
) -> None:
    us, _, ids, theirs = both
    before = everything(theirs)
    for (way, path), call in ROUTES.items():
        if (way, path) in PUBLIC:
            continue
        found, absent = us.send(way, call, ids), us.send(way, call, nobody(ids))
        assert found.status_code == absent.status_code, (way, path)
        assert "vale" not in found.text.casefold(), (way, path)
        assert everything(theirs) == before, (way, path)


def test_forms_of_one_s_own_take_nothing_of_another_agency(
    both: tuple[Inside, Inside, Ids, Agency],
) -> None:
    us, _, ids, theirs = both
    before = everything(theirs)
    for call in ALSO:
        answer = us.send("post", call, ids)
        assert answer.status_code == us.send("post", call, nobody(ids)).status_code
        assert "vale" not in answer.text.casefold()
    assert ids.person not in everything(us.agency)[0]
    assert everything(theirs) == before


def test_pages_that_name_nothing_show_nothing_of_another_agency(
    both: tuple[Inside, Inside, Ids, Agency],
) -> None:
    us, _, ids, theirs = both
    before = everything(theirs)
    for way, path in NAMELESS:
        if way == "get":
            text = us.send(way, Call(path, 200), ids).text
            for one in ("vale", ids.recording, ids.serial, ids.upload, ids.held):
                assert one not in text.casefold(), path
    assert everything(theirs) == before


def test_its_own_agency_gets_what_the_crawler_asked_for(
    both: tuple[Inside, Inside, Ids, Agency],
) -> None:
    _, them, ids, _ = both
    for (way, path), call in ROUTES.items():
        answer = them.send(way, call, ids)
        assert answer.status_code == call.works, (way, path, answer.text)


def test_a_secret_counts_only_in_the_agency_that_made_it(
    both: tuple[Inside, Inside, Ids, Agency], agency: Agency
) -> None:
    us, them, ids, _ = both
    tenants = ids.tenant, agency.site.tenant.id
    name = cookie_name(PORT)
    cookie = them.pages.cookies[name]
    assert cookie.startswith(f"{ids.tenant}.")
    forged = cookie.replace(*tenants)
    us.pages.cookies.clear()
    us.pages.cookies.set(name, forged)
    answer = us.pages.get("/recordings", follow_redirects=False)
    assert answer.headers["location"].startswith("/sign-in")
    token = them.devices.headers["authorization"].replace(*tenants)
    path = f"/device/cameras/{ids.serial}"
    assert us.devices.get(path, headers={"Authorization": token}).status_code == 401
    for secret in (ids.link.replace(*tenants), ids.link.partition(".")[2]):
        assert us.pages.get(f"/enrol/{secret}").status_code == 404
    bearer = {"Authorization": f"Bearer {ids.code.replace(*tenants)}"}
    refused = us.pages.post("/api/v1/app/grant", json=GRANT, headers=bearer)
    assert refused.status_code == 409
