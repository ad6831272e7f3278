"""Certificates of devices that are the agency's no longer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lapel.crypto.certs import Certificate
from lapel.evidence import start
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Who
from lapel.evidence.devices import revoking
from lapel.evidence.devices.model import Move
from lapel.evidence.people.model import Author
from lapel.evidence.web import health, words
from lapel.ports.system import system_entropy
from lapel.proof.recording import judge
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.sim.agency import Agency, Sent, founded
from lapel.sim.clock import ManualClock
from lapel.sim.forge import Media, Story

NOW = 1_795_000_000_000
HOUR = 3_600_000
CAMERA = "X81004417"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def agency(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        made.camera(CAMERA)
        yield made


def me_of(agency: Agency) -> Who:
    person = agency.site.people.named("admin")
    assert person is not None
    return Author(person, "::1").who()


def trust_of(agency: Agency) -> Trust:
    site = agency.site
    return Trust.parse([start.trust_file(site.ground, site.tenant, site.vkey)])


def recorded(agency: Agency, film: Media, start_ms: int) -> Sent:
    story = Story(agency.site.ground.entropy(16), start_ms)
    return agency.record(film, story, CAMERA)


def verdict(sent: Sent, trust: Trust, proof_ms: int) -> Verdict:
    return judge(memoryview(sent.made.clear), trust, proof_ms).verdict


def acts(agency: Agency, name: str) -> list[str]:
    site = agency.site
    with site.database.read() as connection:
        found = custody.following(connection, site.tenant.id, -1, 500)
    return [one.action for one in found if one.target.name == name]


def test_what_a_lost_camera_signed_is_not_good_once_it_was_released(
    agency: Agency, film: Media, clock: ManualClock
) -> None:
    holding, me = agency.site.holding, me_of(agency)
    before = recorded(agency, film, NOW - HOUR)
    holding.move(CAMERA, Move.LOSE, me, "left in a taxi")
    clock.go_on(HOUR)
    while_lost = recorded(agency, film, NOW + HOUR // 2)
    holding.move(CAMERA, Move.FIND, me, "brought by a driver")
    assert trust_of(agency).revocations == ()
    assert verdict(before, trust_of(agency), NOW + HOUR) is Verdict.AUTHENTIC
    clock.go_on(HOUR)
    holding.move(CAMERA, Move.RELEASE, me, "it was opened")
    assert trust_of(agency).revocations == ()
    agency.site.devices.release(CAMERA, bytes(16))
    trust = trust_of(agency)
    (listed,) = trust.revocations
    assert listed.issued_by(agency.site.keys.ca.certificate)
    received = NOW + HOUR + 1
    assert verdict(before, trust, received) is Verdict.AUTHENTIC
    assert verdict(while_lost, trust, received) is not Verdict.AUTHENTIC
    assert verdict(before, trust, NOW + 3 * HOUR) is not Verdict.AUTHENTIC
    assert acts(agency, CAMERA)[-2:] == [
        "device.release-given",
        "device.certificates-revoked",
    ]
    agency.site.devices.release(CAMERA, bytes(16))
    assert acts(agency, CAMERA).count("device.certificates-revoked") == 1


def test_a_camera_that_was_cleared_is_good_from_beginning_to_end(
    agency: Agency, film: Media, clock: ManualClock
) -> None:
    holding, me = agency.site.holding, me_of(agency)
    for move in (Move.LOSE, Move.FIND, Move.CLEAR):
        holding.move(CAMERA, move, me, "it lay in a locker")
    clock.go_on(HOUR)
    sent = recorded(agency, film, NOW + HOUR // 2)
    holding.move(CAMERA, Move.RELEASE, me, "sold")
    agency.site.devices.release(CAMERA, bytes(16))
    assert verdict(sent, trust_of(agency), NOW + HOUR - 1000) is Verdict.AUTHENTIC


def test_a_dock_s_certificates_end_with_its_release(agency: Agency) -> None:
    site, me = agency.site, me_of(agency)
    agency.machine("DOCK-1")
    site.holding.move("DOCK-1", Move.LOSE, me, "stolen")
    assert trust_of(agency).revocations == ()
    site.holding.move("DOCK-1", Move.FIND, me, "found")
    site.holding.move("DOCK-1", Move.RELEASE, me, "scrapped")
    (listed,) = trust_of(agency).revocations
    with site.database.read() as connection:
        row = connection.exec_driver_sql(
            "SELECT auth_certificate FROM devices WHERE serial = 'DOCK-1'"
        ).scalar_one()
    found = listed.find(Certificate.from_der(bytes(row)))
    assert found is not None
    assert (found.revoked_ms, found.invalid_ms) == (NOW, NOW)


def test_what_has_no_certificate_needs_no_list(agency: Agency) -> None:
    site = agency.site
    with site.database.read() as connection:
        assert revoking.revoke(connection, site.tenant.id, "X00000000", NOW) is None
        assert revoking.listed(connection, site.tenant.id, site.keys.ca, NOW) is None


def test_a_lost_camera_in_a_dock_is_said(agency: Agency, clock: ManualClock) -> None:
    site, me, english = agency.site, me_of(agency), words.catalogue("en")

    def said() -> list[str]:
        return [one.meaning for one in health.unwell(site, english)]

    agency.machine("DOCK-1")
    site.devices.contact(CAMERA, "DOCK-1")
    clock.go_on(HOUR)
    site.holding.move(CAMERA, Move.LOSE, me, "left in a taxi")
    assert not any(CAMERA in one for one in said())
    clock.go_on(HOUR)
    site.devices.contact(CAMERA, "DOCK-1")
    assert f"Camera {CAMERA} was in dock DOCK-1 after it was lost." in said()
    site.holding.move(CAMERA, Move.FIND, me, "the driver brought it")
    assert not any(CAMERA in one for one in said())
