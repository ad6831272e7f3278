"""Machines and cameras: one-time codes, sign-in, vouchers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lapel.base.errors import LapelError, NotFoundError, RefusedError, SignatureError
from lapel.crypto import cose, tokens
from lapel.crypto.certs import Issuer, Role, Subject, make_request
from lapel.crypto.keys import PrivateKey
from lapel.evidence.custody.model import Actor, Who
from lapel.evidence.devices import rules, table
from lapel.evidence.devices.model import Kind, Move, Standing
from lapel.evidence.devices.service import Devices
from lapel.evidence.store.database import Quiet
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock
from lapel.wire.adoption import Identity, Voucher, proven
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


def identity_of(maker: Issuer, serial: str) -> Callable[[bytes], Identity]:
    """Give a camera that signs one set of keys under any number."""
    own, point = PrivateKey.generate(), PrivateKey.generate().public.point
    subject = Subject(serial, "body2")
    named = maker.issue(subject, own.public, Role.CAMERA_AUTH, rules.validity(NOW))
    asked = make_request(subject, PrivateKey.generate())

    def under(nonce: bytes) -> Identity:
        proof = own.sign(proven(asked, asked, point, point, nonce))
        return Identity(asked, asked, point, point, named.der, proof)

    return under


def test_keys_that_were_signed_for_another_voucher_are_refused(
    settled: Agency, devices: Devices
) -> None:
    site, serial = settled.site, "X81004418"
    identity = identity_of(settled.maker, serial)

    def vouch(nonce: bytes) -> None:
        ca = site.keys.ca.certificate.der
        voucher = Voucher(serial, devices.tenant, ca, nonce, NOW + 1000)
        devices.add_voucher(cose.sign("voucher", voucher.encode(), settled.maker.key))

    def adopt(nonce: bytes) -> Standing:
        devices.adopt_camera(serial, identity(nonce), lambda _connection: b"")
        return standing()

    def standing() -> Standing:
        found = devices.find(serial)
        assert found is not None
        return found.standing

    vouch(b"n" * 16)
    with pytest.raises(RefusedError) as refused:
        adopt(b"o" * 16)
    assert refused.value.reason == "proof"
    assert standing() is Standing.WAITS
    assert [adopt(b"n" * 16), adopt(b"n" * 16)] == [Standing.SPARE, Standing.SPARE]
    clerk = Who(Actor(ActorKind.USER, "p"), "Clerk", "", None)
    site.holding.move(serial, Move.RELEASE, clerk, "sold")
    with pytest.raises(NotFoundError):
        adopt(b"n" * 16)
    vouch(b"m" * 16)
    with pytest.raises(RefusedError):
        adopt(b"n" * 16)
    assert adopt(b"m" * 16) is Standing.SPARE
