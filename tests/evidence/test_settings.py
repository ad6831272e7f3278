"""From a policy to settings: demands of pairings, and what a wearer may change."""

import msgspec
import pytest

from lapel.cli.devices import OPERATOR
from lapel.crypto.note import LogKey
from lapel.evidence.custody import service as custody
from lapel.evidence.journals.rules import recording_of
from lapel.evidence.settings.choices import AGENCY, all_of
from lapel.evidence.settings.layers import Wanted, policy_for
from lapel.evidence.settings.model import Policy
from lapel.evidence.settings.rules import Facts, expand
from lapel.sim.agency import Agency
from lapel.wire.cbor import Value
from lapel.wire.cose import parse
from lapel.wire.journal import Entry, EntryKind
from lapel.wire.settings import Bluetooth, Permitted, Settings

LOG = LogKey.generate("evidence.example/north")
POINT = b"\4" + bytes(64)
FACTS = Facts(
    "north", "UTC", (POINT,), POINT, (POINT,), "origin", LOG.verifier.vkey, ("Stop",)
)


def told(policy: Policy) -> Settings:
    made = expand(policy, FACTS, "X1234567", 1)
    assert Settings.decode(made.encode()) == made
    return made


def test_a_policy_that_demands_nothing_makes_the_bytes_it_always_made() -> None:
    plain = told(Policy(pairing_button=True, permitted=()))
    assert plain.bluetooth == Bluetooth(enabled=True, view_pairing=True, signal=False)
    assert plain.bluetooth.encode() == bytes.fromhex("a301f502f503f4")
    assert plain.permitted == ()


@pytest.mark.parametrize(
    ("policy", "demands"),
    [
        (Policy(pairing_grant=True, pairing_button=True), (True, None, None)),
        (Policy(pairing_compared=True), (None, True, False)),
        (Policy(pairing_button=False), (None, None, False)),
    ],
)
def test_what_a_policy_demands_stands_in_the_settings(
    policy: Policy, demands: tuple[bool | None, ...]
) -> None:
    bluetooth = told(policy).bluetooth
    assert (bluetooth.grant, bluetooth.compared, bluetooth.button) == demands


def test_what_a_wearer_may_change_stands_in_the_settings() -> None:
    permitted = told(Policy(permitted=(0, 3))).permitted
    assert permitted == (Permitted.VOLUME, Permitted.STEALTH)


def test_a_policy_that_was_kept_before_is_still_read() -> None:
    kept = b'{"bluetooth":true,"view_pairing":true,"sealing":false}'
    policy = msgspec.json.decode(kept, type=Policy)
    assert policy == Policy(bluetooth=True, view_pairing=True, sealing=False)


def test_an_annotation_is_kept_as_being_about_its_recording() -> None:
    data: dict[int, Value] = {1: bytes(16), 2: "Stop", 6: {1: 2, 2: 3}}
    entry = Entry(0, 1, 2, 3, 3, EntryKind.ANNOTATION, data, bytes(32))
    assert recording_of(entry) == bytes(16)


def test_a_policy_is_kept_and_its_change_is_in_the_log(agency: Agency) -> None:
    site = agency.site
    wanted = Policy(bluetooth=True, view_pairing=True, permitted=(0,))
    site.layers.save(Wanted(AGENCY, 0, all_of(wanted), "new year"), OPERATOR)
    with site.database.read() as connection:
        assert policy_for(connection, site.tenant.id, None).policy == wanted
        (act,) = [
            one
            for one in custody.latest(connection, site.tenant.id, None, 50)
            if one.action == "settings.policy-set"
        ]
    assert act.texts[3] == "permitted: 0,1,2,3 -> 0"
    assert act.texts[4] == "new year"


def test_a_policy_that_was_set_reaches_the_settings_of_a_camera(agency: Agency) -> None:
    site = agency.site
    agency.camera("X81004417")
    with site.database.write() as connection:
        first = decoded(site.settings_for(connection, "X81004417"))
    site.layers.save(Wanted(AGENCY, 0, {"pairing_compared": True}), OPERATOR)
    with site.database.write() as connection:
        second = decoded(site.settings_for(connection, "X81004417"))
        again = decoded(site.settings_for(connection, "X81004417"))
    assert first.bluetooth.compared is None
    assert second.bluetooth.enabled
    assert second.bluetooth.compared is True
    assert second.version == first.version + 1
    assert again == second


def decoded(document: bytes) -> Settings:
    return Settings.decode(parse("settings", document).payload)
