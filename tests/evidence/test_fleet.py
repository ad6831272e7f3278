"""Vehicles and accessories: what is secret of them, where they stand, groups."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.base.errors import ConflictError, NotFoundError, RefusedError
from lapel.crypto.seal import NoKeyError
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Who
from lapel.evidence.devices import rules
from lapel.evidence.devices.fleet import LABEL_MOST, Fleet
from lapel.evidence.devices.groups import TOLD_MOST
from lapel.evidence.devices.model import Move, Network, Purpose, Standing
from lapel.evidence.people.model import Author
from lapel.evidence.settings.layers import Wanted, policy_for
from lapel.evidence.store.database import Quiet
from lapel.ports.system import system_entropy
from lapel.sim.agency import Agency, founded
from lapel.sim.clock import ManualClock

NOW = 1_795_000_000_000
CAMERA = "X81004417"
NETWORK = Network("Car 12", "correct horse battery")


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Agency]:
    with founded(tmp_path / "evidence", ManualClock(NOW), system_entropy) as made:
        made.camera(CAMERA)
        yield made


def me_of(agency: Agency) -> Who:
    person = agency.site.people.named("admin")
    assert person is not None
    return Author(person, "::1").who()


def acts(agency: Agency) -> list[tuple[str, str, dict[int, str]]]:
    site = agency.site
    with site.database.read() as connection:
        found = custody.following(connection, site.tenant.id, -1, 500)
    return [(str(one.action), one.target.name, dict(one.texts)) for one in found]


def test_a_passphrase_is_shown_to_those_who_ask_and_lies_nowhere_in_the_clear(
    agency: Agency,
) -> None:
    fleet, me = agency.site.fleet, me_of(agency)
    serial = fleet.add_vehicle("  Car   12 ", NETWORK, me)
    assert fleet.network(serial, me) == NETWORK
    assert NETWORK.passphrase not in repr(NETWORK)
    assert fleet.ssid(serial) == "Car 12"
    told = [
        (action, texts) for action, target, texts in acts(agency) if target == serial
    ]
    assert [action for action, _ in told] == [
        "device.registered",
        "vehicle.network-shown",
    ]
    assert not any(NETWORK.passphrase in str(texts) for _, texts in told)
    root = agency.site.ground.folder.root
    for path in root.rglob("*"):
        if path.is_file():
            assert NETWORK.passphrase.encode() not in path.read_bytes(), path


def test_a_copy_of_the_database_alone_opens_nothing(agency: Agency) -> None:
    site, me = agency.site, me_of(agency)
    serial = site.fleet.add_vehicle("Car 12", NETWORK, me)
    base = (site.database, site.ground.clock, site.ground.entropy, site.tenant.id)
    stranger = Fleet(*base, bytes(32))
    with pytest.raises(NoKeyError):
        stranger.network(serial, me)


def test_one_vehicle_s_passphrase_does_not_open_as_another_s(agency: Agency) -> None:
    site, me = agency.site, me_of(agency)
    one = site.fleet.add_vehicle("Car 12", NETWORK, me)
    two = site.fleet.add_vehicle("Car 13", Network("Car 13", "x" * 8), me)
    with site.database.write(Quiet.SETUP) as connection:
        connection.exec_driver_sql(
            "UPDATE vehicles SET sealed ="
            " (SELECT sealed FROM vehicles WHERE serial = ?) WHERE serial = ?",
            (one, two),
        )
    with pytest.raises(NoKeyError):
        site.fleet.network(two, me)


def test_a_network_changes_and_the_log_says_from_what(agency: Agency) -> None:
    fleet, me = agency.site.fleet, me_of(agency)
    serial = fleet.add_vehicle("Car 12", NETWORK, me)
    new = Network("Car 12 b", "another passphrase")
    fleet.set_network(serial, new, me)
    assert fleet.network(serial, me) == new
    texts = next(texts for action, _, texts in acts(agency) if "network-set" in action)
    assert (texts[3], texts[4]) == ("Car 12 b", "Car 12")


def test_released_is_at_once_and_erases_what_was_secret(agency: Agency) -> None:
    site, me = agency.site, me_of(agency)
    car = site.fleet.add_vehicle("Car 12", NETWORK, me)
    site.fleet.add_accessory("A1234567", Purpose.SIDEARM, "", None, me)
    site.fleet.place("A1234567", car, me)
    assert site.fleet.aboard(car) == ["A1234567"]
    site.holding.move(car, Move.RELEASE, me, "sold")
    with pytest.raises(NotFoundError):
        site.fleet.network(car, me)
    kept = site.fleet.accessory("A1234567")
    assert kept is not None
    assert kept.vehicle == ""
    with pytest.raises(RefusedError):
        site.fleet.place("A1234567", car, me)
    site.holding.move("A1234567", Move.RELEASE, me, "broken")
    assert site.fleet.accessory("A1234567") is None
    again = site.fleet.add_accessory("A1234567", Purpose.CEW, "", bytes(32), me)
    assert again == bytes(32)
    device = site.devices.find("A1234567")
    assert device is not None
    assert (device.standing, device.model) == (Standing.SPARE, "cew")


def test_a_dock_that_is_released_signs_in_no_longer(agency: Agency) -> None:
    site, me, token = agency.site, me_of(agency), agency.machine("DOCK-1")
    assert site.devices.caller(token) is not None
    site.holding.move("DOCK-1", Move.RELEASE, me, "the station closed")
    assert site.devices.caller(token) is None


def test_what_is_refused_changes_nothing(agency: Agency) -> None:
    site, me = agency.site, me_of(agency)
    fleet = site.fleet
    serial = fleet.add_vehicle("Car 12", NETWORK, me)
    fleet.add_accessory("A1234567", Purpose.MAGAZINE, "", None, me)
    before = acts(agency)
    for label in ("", " ", "x" * (LABEL_MOST + 1), "a\0b"):
        with pytest.raises(RefusedError, match="a name is needed"):
            fleet.add_vehicle(label, NETWORK, me)
    for wrong in ("a", "a" * 17, "lower case", "A\n123"):
        with pytest.raises(RefusedError) as refused:
            fleet.add_accessory(wrong, Purpose.CEW, "", None, me)
        assert refused.value.reason == "serial"
    with pytest.raises(RefusedError, match="32 bytes"):
        fleet.add_accessory("A7654321", Purpose.CEW, "", bytes(31), me)
    for taken in (CAMERA, "A1234567", serial):
        with pytest.raises(ConflictError):
            fleet.add_accessory(taken, Purpose.CEW, "", None, me)
    for vehicle in (CAMERA, "A1234567", "CAR-NOTHING"):
        with pytest.raises(NotFoundError):
            fleet.place("A1234567", vehicle, me)
    for other in (CAMERA, "A1234567", "CAR-NOTHING"):
        with pytest.raises(NotFoundError):
            fleet.network(other, me)
        with pytest.raises(NotFoundError):
            fleet.set_network(other, NETWORK, me)
    with pytest.raises(NotFoundError):
        fleet.name("CAR-NOTHING", "x", me)
    fleet.name(serial, "Car 12", me)
    fleet.place("A1234567", "", me)
    assert acts(agency) == before


@given(st.text(max_size=70), st.text(max_size=70))
def test_what_a_network_can_be(ssid: str, passphrase: str) -> None:
    fits = (
        1 <= len(ssid.encode(errors="replace")) <= 32
        and ssid.isprintable()
        and not ssid[:1].isspace()
        and not ssid[-1:].isspace()
    )
    opens = (
        8 <= len(passphrase) <= 63
        and all(" " <= one <= "~" for one in passphrase)
        and " " not in {passphrase[0], passphrase[-1]}
    )
    if fits and opens:
        rules.check_network(Network(ssid, passphrase))
        return
    with pytest.raises(RefusedError) as refused:
        rules.check_network(Network(ssid, passphrase))
    assert refused.value.reason == ("passphrase" if fits else "ssid")


@given(st.integers(0, 2**32))
def test_a_passphrase_that_is_made_fits_whatever_is_drawn(seed: int) -> None:
    made = rules.new_passphrase(random.Random(seed).randbytes)  # noqa: S311
    rules.check_network(Network("x", made))
    assert not set(made) & set("il1o0")


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("lapel-dock/0.1.0", "0.1.0"),
        ("lapel-sync/1.2+dirty", "1.2+dirty"),
        ("python-httpx/0.28", ""),
        ("lapel-dock/" + "1" * 33, ""),
        ("lapel-dock/<b>", ""),
        ("", ""),
    ],
)
def test_what_a_machine_calls_itself(said: str, version: str) -> None:
    assert rules.software(said) == version


def test_groups_are_kept_and_told(agency: Agency) -> None:
    site, me = agency.site, me_of(agency)
    groups = site.device_groups
    agency.machine("DOCK-1")
    made = groups.keep(None, " North  ", frozenset({CAMERA}), me)
    assert groups.keep(made, "North", frozenset({CAMERA}), me) == made
    groups.keep(made, "North station", frozenset({CAMERA, "DOCK-1"}), me)
    assert groups.one(made).serials == {CAMERA, "DOCK-1"}
    with pytest.raises(ConflictError):
        groups.keep(None, "north STATION", frozenset(), me)
    with pytest.raises(RefusedError):
        groups.keep(None, "", frozenset(), me)
    for strangers in ({"X00000000"}, {CAMERA, "X00000000"}):
        with pytest.raises(NotFoundError):
            groups.keep(made, "North station", frozenset(strangers), me)
    with pytest.raises(NotFoundError):
        groups.remove("nothing", me)
    groups.remove(made, me)
    assert groups.everything() == ()
    told = [
        (action, texts.get(3), texts.get(4), texts[5])
        for action, target, texts in acts(agency)
        if target == f"devices/{made}"
    ]
    assert told == [
        ("device-group.made", CAMERA, None, "North"),
        ("device-group.changed", f"DOCK-1, {CAMERA}", CAMERA, "North station"),
        ("device-group.removed", None, f"DOCK-1, {CAMERA}", "North station"),
    ]


def test_of_many_devices_an_act_names_some_and_counts_the_rest(agency: Agency) -> None:
    serials = {f"X8{number:07d}" for number in range(TOLD_MOST + 2)}
    for serial in serials:
        agency.camera(serial)
    agency.site.device_groups.keep(None, "All", frozenset(serials), me_of(agency))
    assert acts(agency)[-1][2][3].endswith(" and 2 more")


def test_settings_count_for_a_group_of_devices_whoever_has_them(agency: Agency) -> None:
    site, me = agency.site, me_of(agency)
    agency.camera("X81004418")
    group = site.device_groups.keep(None, "Motorcycles", frozenset({CAMERA}), me)
    scope = f"devices/{group}"
    wanted = Wanted(scope, 0, {"pre_event_s": 90})
    (effect,) = site.layers.preview(wanted)
    assert effect.device.serial == CAMERA
    site.layers.save(wanted, me)

    def seconds(serial: str) -> int:
        with site.database.read() as connection:
            device = site.devices.find(serial)
            return policy_for(connection, site.tenant.id, device).policy.pre_event_s

    assert (seconds(CAMERA), seconds("X81004418")) == (90, 30)
    site.holding.assign(CAMERA, me.actor.name, me)
    assert seconds(CAMERA) == 90
    site.device_groups.remove(group, me)
    assert seconds(CAMERA) == 30
