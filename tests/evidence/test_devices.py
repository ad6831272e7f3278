"""Machines and cameras: one-time codes, sign-in, vouchers, who wears what."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lapel.base.errors import LapelError, NotFoundError, RefusedError, SignatureError
from lapel.crypto import cose, tokens
from lapel.crypto.certs import Role, Subject, make_request
from lapel.crypto.keys import PrivateKey
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Actor, Who
from lapel.evidence.devices import rules, table
from lapel.evidence.devices.model import Kind
from lapel.evidence.devices.service import Devices
from lapel.evidence.store.database import Quiet
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from lapel.wire.adoption import Voucher
from lapel.wire.custody import ActorKind

NOW = 1_795_000_000_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def settled(tmp_path: Path, clock: ManualClock) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", clock, system_entropy) as made:
        yield made


@pytest.fixture
def devices(settled: Agency) -> Devices:
    return settled.site.devices


def request(key: PrivateKey) -> bytes:
    return make_request(Subject("asked", "dock"), key)


def test_a_code_adopts_one_machine_of_its_kind(devices: Devices) -> None:
    key, code = PrivateKey.generate(), devices.make_code(Kind.DOCK)
    with pytest.raises(RefusedError):
        devices.adopt_machine(code, Kind.SYNC, request(key))
    with pytest.raises(RefusedError):
        devices.adopt_machine(code, Kind.CAMERA, request(key))
    with pytest.raises(RefusedError):
        devices.make_code(Kind.CAMERA)
    serial, certificate = devices.adopt_machine(code, Kind.DOCK, request(key))
    assert (certificate.serial, certificate.role) == (serial, Role.DOCK)
    assert certificate.public == key.public
    with pytest.raises(RefusedError):
        devices.adopt_machine(code, Kind.DOCK, request(key))


def test_a_code_lasts_a_quarter_of_an_hour(
    devices: Devices, clock: ManualClock
) -> None:
    code = devices.make_code(Kind.DOCK)
    clock.go_on(15 * 60_000)
    with pytest.raises(RefusedError):
        devices.adopt_machine(code, Kind.DOCK, request(PrivateKey.generate()))


def test_a_dock_signs_in_once_by_each_assertion_and_for_ten_minutes(
    devices: Devices, clock: ManualClock
) -> None:
    key = PrivateKey.generate()
    serial, _ = devices.adopt_machine(
        devices.make_code(Kind.DOCK), Kind.DOCK, request(key)
    )
    assertion = tokens.mint(serial, devices.origin, key, "1", clock.utc_ms())
    token = devices.sign_in(assertion)
    found = devices.caller(token)
    assert found is not None
    assert found.serial == serial
    with pytest.raises(SignatureError):
        devices.sign_in(assertion)
    with pytest.raises(SignatureError):
        devices.sign_in(
            tokens.mint(
                serial, devices.origin, PrivateKey.generate(), "2", clock.utc_ms()
            )
        )
    clock.go_on(rules.TOKEN_MS)
    assert devices.caller(token) is None


def test_a_camera_s_own_key_opens_no_door_of_the_server(
    settled: Agency, devices: Devices, clock: ManualClock
) -> None:
    key, site = PrivateKey.generate(), settled.site
    settled.camera("X81004417")
    certificate = site.keys.ca.issue(
        Subject("X81004417", "body2"), key.public, Role.CAMERA_AUTH, rules.validity(NOW)
    )
    with site.database.write(Quiet.SETUP) as connection:
        row = dict.fromkeys(("sign", "id", "link", "open"))
        owned: dict[str, object] = {
            **row,
            "tenant": site.tenant.id,
            "serial": "X81004417",
            "model": "body2",
            "now": NOW,
            "auth": certificate.der,
        }
        table.own(connection, owned)
    with pytest.raises(SignatureError):
        devices.sign_in(
            tokens.mint("X81004417", devices.origin, key, "1", clock.utc_ms())
        )


def test_a_voucher_is_the_maker_s_and_for_this_agency(
    settled: Agency, devices: Devices
) -> None:
    ca = settled.site.keys.ca.certificate.der
    good = Voucher("X81004417", devices.tenant, ca, bytes(16), NOW + 1000)
    with pytest.raises(LapelError):
        devices.add_voucher(cose.sign("voucher", good.encode(), PrivateKey.generate()))
    other = Voucher("X81004417", "another", ca, bytes(16), NOW + 1000)
    with pytest.raises(RefusedError):
        devices.add_voucher(cose.sign("voucher", other.encode(), settled.maker.key))
    signed = cose.sign("voucher", good.encode(), settled.maker.key)
    assert devices.add_voucher(signed) == "X81004417"
    assert devices.voucher("X81004417", bytes(16)) == signed
    with pytest.raises(NotFoundError):
        devices.voucher("X81004417", b"another nonce 16")


def test_who_wears_a_camera_from_now_on_is_logged(
    settled: Agency, devices: Devices
) -> None:
    settled.camera("X81004417")
    settled.machine("DOCK-1")
    who = Who(Actor(ActorKind.USER, "p1"), "Mara Ellison", "clerk", "127.0.0.1")
    devices.set_wearer("X81004417", "A. Lindqvist", who)
    devices.set_wearer("X81004417", "A. Lindqvist", who)
    with devices.database.read() as connection:
        (act,) = [
            one
            for one in custody.latest(connection, devices.tenant, None, 50)
            if one.action == "device.wearer-set"
        ]
    assert act.texts[3] == "A. Lindqvist"
    for serial in ("DOCK-1", "X00000000"):
        with pytest.raises(NotFoundError):
            devices.set_wearer(serial, "Somebody", who)
