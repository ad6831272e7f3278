"""Apps: grants by code and by session, what is refused, what is logged, revocation."""

import base64
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from lapel.base.errors import MalformedError, NotFoundError, RefusedError
from lapel.crypto.certs import Subject, make_request
from lapel.crypto.keys import PrivateKey
from lapel.evidence.api import app as device_door
from lapel.evidence.apps import rules
from lapel.evidence.apps.model import Wanted
from lapel.evidence.apps.service import Apps
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Actor, Who
from lapel.evidence.devices.model import Kind, Move
from lapel.evidence.people.model import Author, Invitation, Role
from lapel.evidence.start import Running, keep_running
from lapel.evidence.tenants import door as device_keys
from lapel.evidence.web import app as pages
from lapel.evidence.web.visit import Front
from lapel.ports.system import system_entropy
from lapel.proof import grant as grants
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from lapel.wire.custody import ActorKind
from lapel.wire.grant import GrantRole
from lapel.wire.machine_code import MachineCode
from tests.evidence.world import PASSWORD

NOW = 1_795_000_000_000
PORT = 8600
HERE = f"http://127.0.0.1:{PORT}"
INSTANCE = "6f1c2f0e-7a53-4b4e-9a9e-1f2d3c4b5a69"
KEY = PrivateKey.generate()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def settled(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        yield made


@pytest.fixture
def apps(settled: Agency) -> Apps:
    return settled.site.apps


@pytest.fixture
def who(settled: Agency) -> Who:
    person = settled.site.people.named("admin")
    assert person is not None
    return Who(Actor(ActorKind.USER, person.id), person.shown, "administrator", "::1")


@pytest.fixture
def browser(settled: Agency) -> Iterator[TestClient[Litestar]]:
    built = pages.build(settled.server, Front(PORT, "https://evidence.example.org"))
    with TestClient(built, base_url=HERE) as made:
        keep_running(
            settled.site.ground.folder, Running(HERE, "https://localhost:8643", 1)
        )
        yield made


@pytest.fixture
def machine(settled: Agency) -> Iterator[TestClient[Litestar]]:
    with TestClient(device_door.build(settled.server)) as made:
        yield made


def enter(browser: TestClient[Litestar], agency: Agency) -> str:
    """Sign in as the administrator; gives the session's secret."""
    typed = {"password": PASSWORD, "again": PASSWORD}
    browser.post(f"/enrol/{agency.secret}", data=typed)
    told = browser.get("/api/v1/app/session").json()
    assert told["person"] == "Administrator"
    return str(told["form"])


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def body(key: PrivateKey = KEY, instance: str = INSTANCE) -> dict[str, object]:
    return {"key": b64(key.public.point), "role": 2, "instance": instance}


def asked(key: PrivateKey = KEY, instance: str = INSTANCE) -> Wanted:
    return Wanted(key.public.point, GrantRole.VIEW, instance)


def actions(agency: Agency) -> list[str]:
    with agency.site.database.read() as connection:
        found = custody.latest(connection, agency.site.tenant.id, None, 100)
    return [one.action for one in found]


def test_who_is_signed_in_gets_a_grant_that_counts(
    settled: Agency, browser: TestClient[Litestar]
) -> None:
    site = settled.site
    for serial in ("X81004417", "X81004418", "X81004419", "X81004420"):
        settled.camera(serial)
    settled.machine("DOCK-1")
    admin = site.people.named("admin")
    assert admin is not None
    author = Author(admin, "::1")
    asked_for = Invitation("ana", "Ana", frozenset({Role.OFFICER.id}), frozenset())
    other, _ = site.people.staff.invite(asked_for, author)
    for serial in ("X81004417", "X81004419"):
        site.holding.assign(serial, admin.id, author.who())
    site.holding.assign("X81004418", other.id, author.who())
    site.holding.move("X81004419", Move.LOSE, author.who(), "stolen")
    secret = enter(browser, settled)
    headers = {"Origin": HERE, "X-Lapel-Form": secret}
    answer = browser.post("/api/v1/app/grant", json=body(), headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == {
        "grant", "grant_key", "tenant", "cameras", "zone", "not_after"
    }  # fmt: skip
    assert [one["serial"] for one in told["cameras"]] == ["X81004417"]
    assert told["zone"] == "Europe/London"
    assert told["not_after"] == NOW + 30 * 86_400_000
    assert unb64(told["grant_key"]) == site.keys.grant.public.point
    wanted = grants.Wanted(
        site.keys.grant.public,
        KEY.public.point,
        frozenset({GrantRole.VIEW}),
        told["tenant"],
    )
    counts = grants.check_grant(unb64(told["grant"]), wanted, NOW)
    assert (counts.holder, counts.not_after_ms) == (INSTANCE, told["not_after"])
    assert counts.user is not None
    assert actions(settled)[0] == "app.granted"


@pytest.mark.parametrize(
    ("origin", "secret", "status"),
    [
        (HERE, "", 200),
        ("https://evidence.example.org", "", 200),
        ("https://evil.example.org", "", 403),
        (HERE, "wrong", 403),
        (HERE, "another", 403),
    ],
)
def test_another_site_s_page_gets_no_grant(
    settled: Agency,
    browser: TestClient[Litestar],
    origin: str,
    secret: str,
    status: int,
) -> None:
    known = enter(browser, settled)
    headers = {"Origin": origin, "X-Lapel-Form": secret or known}
    answer = browser.post("/api/v1/app/grant", json=body(), headers=headers)
    assert answer.status_code == status
    assert ("app.granted" in actions(settled)) == (status == 200)


def test_nobody_signed_in_is_told_so_in_json(
    settled: Agency, browser: TestClient[Litestar]
) -> None:
    told = browser.get("/api/v1/app/session").json()
    assert told == {
        "agency": settled.site.tenant.name,
        "person": None,
        "form": None,
        "may_use": False,
    }
    answer = browser.post("/api/v1/app/grant", json=body(), headers={"Origin": HERE})
    assert answer.status_code == 401
    assert answer.json()["code"] == "token"


def test_who_may_not_use_view_sees_no_such_door(
    settled: Agency, browser: TestClient[Litestar]
) -> None:
    people = settled.site.people
    secret = people.invite("clerk", "A. Lindqvist", Role.CLERK)
    browser.post(f"/enrol/{secret}", data={"password": PASSWORD, "again": PASSWORD})
    told = browser.get("/api/v1/app/session").json()
    assert told["may_use"] is False
    headers = {"Origin": HERE, "X-Lapel-Form": told["form"]}
    answer = browser.post("/api/v1/app/grant", json=body(), headers=headers)
    assert answer.status_code == 404


def test_a_code_gives_one_grant_at_either_door(
    settled: Agency,
    apps: Apps,
    who: Who,
    browser: TestClient[Litestar],
    machine: TestClient[Litestar],
) -> None:
    for number, door in enumerate((browser, machine)):
        code = apps.make_code(who, who.actor.name)
        headers = {"Authorization": f"Bearer {code}"}
        ask = body(PrivateKey.generate(), str(UUID(int=number)))
        answer = door.post("/api/v1/app/grant", json=ask, headers=headers)
        assert answer.status_code == 200, answer.text
        again = door.post("/api/v1/app/grant", json=ask, headers=headers)
        assert (again.status_code, again.json()["code"]) == (409, "code")
    assert machine.post("/api/v1/app/grant", json=body()).status_code == 401
    assert actions(settled).count("app.granted") == 2
    assert actions(settled).count("device.code-made") == 2


def test_a_code_lasts_a_quarter_of_an_hour_and_adopts_no_dock(
    settled: Agency, apps: Apps, who: Who, clock: ManualClock
) -> None:
    code = apps.make_code(who, who.actor.name)
    request = make_request(Subject("asked", "dock"), KEY)
    with pytest.raises(RefusedError):
        settled.site.devices.adopt_machine(code, Kind.DOCK, request)
    dock = settled.site.devices.make_code(Kind.DOCK)
    with pytest.raises(RefusedError):
        apps.grant_by_code(asked(), dock, lambda _: who)
    clock.go_on(15 * 60_000)
    with pytest.raises(RefusedError):
        apps.grant_by_code(asked(), code, lambda _: who)


def test_what_is_refused_does_not_use_a_code_up(
    apps: Apps, who: Who, browser: TestClient[Litestar]
) -> None:
    code = apps.make_code(who, who.actor.name)
    headers = {"Authorization": f"Bearer {code}"}
    for wrong in ({"role": 3}, {"role": 1}, {"key": "AAAA"}, {"instance": "x"}):
        answer = browser.post(
            "/api/v1/app/grant", json={**body(), **wrong}, headers=headers
        )
        assert answer.status_code == 400, wrong
    apps.grant(asked(instance=str(UUID(int=9))), who, who.actor.name)
    taken = browser.post("/api/v1/app/grant", json=body(), headers=headers)
    assert taken.json()["code"] == "key"
    free = browser.post(
        "/api/v1/app/grant", json=body(PrivateKey.generate()), headers=headers
    )
    assert free.status_code == 200


def test_a_request_that_is_too_long_or_says_more_is_refused(
    settled: Agency, browser: TestClient[Litestar]
) -> None:
    secret = enter(browser, settled)
    headers = {"Origin": HERE, "X-Lapel-Form": secret}
    long = {**body(), "instance": "x" * 5000}
    answer = browser.post("/api/v1/app/grant", json=long, headers=headers)
    assert answer.status_code == 413
    more = {**body(), "user": "somebody"}
    answer = browser.post("/api/v1/app/grant", json=more, headers=headers)
    assert answer.status_code == 400


def test_a_code_of_a_closed_account_gives_nothing(
    settled: Agency, apps: Apps, machine: TestClient[Litestar]
) -> None:
    people = settled.site.people
    people.invite("second", "Second", Role.ADMINISTRATOR)
    person = people.named("second")
    assert person is not None
    who = Who(Actor(ActorKind.USER, person.id), person.shown, "administrator", "::1")
    code = apps.make_code(who, person.id)
    people.close("second")
    headers = {"Authorization": f"Bearer {code}"}
    answer = machine.post("/api/v1/app/grant", json=body(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "code")


def test_grants_are_renewed_but_not_without_end(
    apps: Apps, who: Who, clock: ManualClock
) -> None:
    first = apps.grant(asked(), who, who.actor.name)
    clock.go_on(1000)
    second = apps.grant(asked(), who, who.actor.name)
    assert second.not_after_ms == first.not_after_ms + 1000
    for _ in range(rules.AN_HOUR_MOST - 2):
        apps.grant(asked(), who, who.actor.name)
    with pytest.raises(RefusedError) as found:
        apps.grant(asked(), who, who.actor.name)
    assert found.value.reason == "rests"
    clock.go_on(rules.HOUR_MS)
    apps.grant(asked(), who, who.actor.name)


def test_one_person_has_sixteen_apps_at_most(
    apps: Apps, who: Who, clock: ManualClock
) -> None:
    def more(number: int) -> None:
        app = asked(PrivateKey.generate(), str(UUID(int=number)))
        apps.grant(app, who, who.actor.name)

    for number in range(rules.APPS_MOST):
        more(number)
    with pytest.raises(RefusedError) as found:
        more(99)
    assert found.value.reason == "apps"
    apps.revoke(str(UUID(int=3)), who)
    more(99)
    clock.go_on(rules.GRANT_MS)
    more(100)


def test_a_revoked_app_gets_no_new_grant_by_whatever_name(
    settled: Agency, apps: Apps, who: Who
) -> None:
    apps.grant(asked(), who, who.actor.name)
    apps.revoke(INSTANCE, who)
    with pytest.raises(RefusedError) as found:
        apps.grant(asked(), who, who.actor.name)
    assert found.value.reason == "revoked"
    with pytest.raises(RefusedError) as found:
        apps.grant(asked(instance=str(UUID(int=1))), who, who.actor.name)
    assert found.value.reason == "key"
    with pytest.raises(NotFoundError):
        apps.revoke(INSTANCE, who)
    assert actions(settled)[0] == "app.revoked"


def test_an_app_stays_with_whom_it_belongs_to(apps: Apps, who: Who) -> None:
    apps.grant(asked(), who, who.actor.name)
    with pytest.raises(RefusedError) as found:
        apps.grant(asked(), who, "somebody else")
    assert found.value.reason == "person"


def test_the_devices_page_shows_apps_makes_codes_and_takes_apps_back(
    settled: Agency, apps: Apps, who: Who, browser: TestClient[Litestar]
) -> None:
    form = enter(browser, settled)
    apps.grant(asked(), who, who.actor.name)
    page = browser.get("/devices").text
    assert "View of Administrator" in page
    assert "counts until it expires" in page
    shown = browser.post("/devices/apps/code", data={"csrf": form}).text
    code = MachineCode.decode(
        "lapel-view:" + shown.split("lapel-view:")[1].split("<")[0], "view"
    )
    ca = device_keys.authority(settled.server.home.door).fingerprint
    assert (code.url, code.authority) == ("https://localhost:8643", ca)
    apps.grant_by_code(
        asked(PrivateKey.generate(), str(UUID(int=5))), code.secret, lambda _: who
    )
    place = f"/devices/apps/{INSTANCE}"
    browser.post(place, data={"csrf": form})
    assert apps.everything()[-1].revoked_ms is None
    assert browser.post(place, data={"sure": "1"}).status_code == 403
    browser.post(place, data={"csrf": form, "sure": "1"})
    assert "Out of use; its grant counts until" in browser.get("/devices").text


@given(st.text(max_size=100), st.integers(-3, 9), st.text(max_size=40))
def test_any_request_is_read_or_refused(key: str, role: int, instance: str) -> None:
    try:
        read = rules.wanted(key, role, instance)
    except MalformedError:
        return
    assert len(read.point) == 65
