"""Adoption and release: repeatable, checked, and half adopted is unowned."""

from dataclasses import replace

import pytest

from lapel.crypto.certs import Certificate, Role, Subject
from lapel.crypto.keys import PublicKey
from lapel.ports.keystore import KeyName
from lapel.proof.journal import beginning, follow, split
from lapel.proof.recording import Keys, judge
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.sim.camera import MODEL, SERIAL
from lapel.sim.live import LiveCamera
from lapel.sim.tenant import Agency
from lapel.wire.adoption import Adopted, Identity
from lapel.wire.cose import parse
from lapel.wire.port import Code, Verb

NOW = 1_790_000_000_000


@pytest.fixture(scope="module")
def agency() -> Agency:
    return Agency.found("north", NOW)


@pytest.fixture(scope="module")
def other() -> Agency:
    return Agency.found("north", NOW)


def half(worn: LiveCamera, agency: Agency) -> Adopted:
    """Take the voucher; gives what the agency answers."""
    host = worn.host()
    nonce = worn.camera.papers.nonce
    reply = host.ask(Verb.ADOPT, {1: worn.voucher(agency)})
    assert reply.code is Code.DONE, reply
    host.close()
    identity = Identity.of(reply.result or {})
    return agency.adopted(identity, SERIAL, MODEL, nonce)


def docked() -> LiveCamera:
    worn = LiveCamera()
    worn.dock()
    return worn


def check_journal(worn: LiveCamera) -> None:
    def change(chain: tuple[Certificate, ...]) -> PublicKey:
        return chain[0].public

    entries = split(worn.files.read("journal"))
    assert list(follow(entries, beginning(SERIAL), None, change))


def test_an_unowned_camera_serves_hello_and_adopt_only() -> None:
    worn = docked()
    host = worn.host()
    hello = host.ask(Verb.HELLO).result or {}
    assert hello[1] == SERIAL
    assert hello[4] is False
    assert hello[5] == worn.camera.papers.nonce
    for verb in set(Verb) - {Verb.HELLO, Verb.ADOPT}:
        assert host.ask(verb).code is Code.NOT_PERMITTED
    worn.leave()


def test_adoption_changes_the_signing_key_at_once(agency: Agency) -> None:
    worn = docked()
    worn.adopt(agency)
    entries = [parse("journal", raw) for raw in split(worn.files.read("journal"))]
    last = [entry for entry in entries if entry.x5chain][-1]
    assert last.kid == worn.camera.board.keys.public(KeyName.SIGN).kid
    assert Certificate.from_der(last.x5chain[0]).issued_by(agency.ca.certificate)
    check_journal(worn)
    hello = worn.host(agency.host()).ask(Verb.HELLO).result or {}
    assert hello[4] is True
    assert hello[6] == "north"
    assert worn.reboot().camera.papers.owner is not None
    worn.leave()


def test_half_adopted_is_unowned_and_each_step_can_be_repeated(agency: Agency) -> None:
    worn = docked()
    first = half(worn, agency)
    again = worn.reboot()
    again.dock()
    assert again.camera.papers.owner is None
    second = half(again, agency)
    assert second.sign_certificate != first.sign_certificate
    keys = [
        Certificate.from_der(adopted.sign_certificate).public
        for adopted in (first, second)
    ]
    assert keys[0].point == keys[1].point
    assert again.host().ask(Verb.ADOPT, first.items()).code is Code.DONE
    worn.leave()
    again.leave()


def test_vouchers_for_others_are_refused(agency: Agency) -> None:
    worn = docked()
    assert worn.factory is not None
    ca, nonce = agency.ca.certificate.der, worn.camera.papers.nonce
    stranger = LiveCamera()
    assert stranger.factory is not None
    for raw in (
        worn.factory.voucher("X7654321", "north", ca, nonce),
        worn.factory.voucher(SERIAL, "north", ca, bytes(16)),
        worn.factory.voucher(SERIAL, "north", b"no certificate", nonce),
        stranger.factory.voucher(SERIAL, "north", ca, nonce),
        b"",
    ):
        host = worn.host()
        assert host.ask(Verb.ADOPT, {1: raw}).code is Code.NOT_PERMITTED
        host.close()
    assert worn.camera.papers.adopting is None
    assert not worn.camera.board.keys.has(KeyName.SIGN)
    worn.leave()


def test_credentials_of_others_are_refused(agency: Agency, other: Agency) -> None:
    worn = docked()
    right = half(worn, agency)
    key = worn.camera.board.keys.public(KeyName.AUTH)
    subject = Subject("X7654321", MODEL)
    validity = Certificate.from_der(right.auth_certificate).validity
    foreign = agency.ca.issue(subject, key, Role.CAMERA_AUTH, validity).der
    wrong = [
        replace(right, ca=other.ca.certificate.der),
        replace(right, sign_certificate=right.auth_certificate),
        replace(right, auth_certificate=foreign),
        replace(right, settings=other.settings(SERIAL, 1)),
        replace(right, settings=agency.settings("X7654321", 1)),
        replace(right, grant=right.adoption),
        replace(right, adoption=right.grant),
    ]
    for adopted in wrong:
        host = worn.host()
        code = host.ask(Verb.ADOPT, adopted.items()).code
        assert code is Code.NOT_PERMITTED, adopted
        host.close()
    assert worn.camera.papers.owner is None
    assert worn.host().ask(Verb.ADOPT, right.items()).code is Code.DONE
    worn.leave()


def test_without_a_voucher_credentials_are_refused(agency: Agency) -> None:
    worn, donor = docked(), docked()
    adopted = half(donor, agency)
    code = worn.host().ask(Verb.ADOPT, adopted.items()).code
    assert code is Code.WRONG_STATE
    worn.leave()
    donor.leave()


def test_what_was_recorded_before_adoption_is_kept_and_offloaded_after(
    agency: Agency,
) -> None:
    worn = LiveCamera()
    worn.camera.switch(on=True)
    worn.see(5)
    worn.record(2)
    worn.dock()
    worn.adopt(agency)
    host = worn.host(agency.host())
    listed = (host.ask(Verb.CATALOGUE).result or {})[1]
    assert isinstance(listed, tuple)
    assert len(listed) == 1
    (kept,) = worn.camera.store.kept()
    maker = Certificate.from_der(worn.camera.papers.identity.maker)
    data = memoryview(worn.files.read(kept.name))
    report = judge(data, Trust((maker,)), NOW)
    assert report.verdict is Verdict.AUTHENTIC
    worn.leave()


def test_settings_of_an_adoption_that_was_cut_off_are_not_followed(
    agency: Agency,
) -> None:
    worn = docked()
    adopted = half(worn, agency)
    worn.files.replace("settings", adopted.settings)  # the last step before the owner
    again = worn.reboot()
    assert again.camera.papers.owner is None
    assert again.camera.rulebook.version == 0
    assert not again.camera.desk().sealing
    again.dock()
    second = half(again, agency)
    assert again.host().ask(Verb.ADOPT, second.items()).code is Code.DONE
    assert again.camera.rulebook.version == 1
    worn.leave()
    again.leave()


def test_each_tenant_gets_keys_of_its_own(agency: Agency) -> None:
    worn = docked()
    first = half(worn, agency)
    second = half(worn, Agency.found("south", NOW))
    keys = [
        Certificate.from_der(adopted.sign_certificate).public.point
        for adopted in (first, second)
    ]
    assert keys[0] != keys[1]
    assert worn.host().ask(Verb.ADOPT, first.items()).code is Code.NOT_PERMITTED
    worn.leave()


def test_a_release_that_was_cut_off_is_finished_at_the_next_start(
    agency: Agency,
) -> None:
    worn = docked()
    worn.adopt(agency)
    worn.camera.papers.release()  # the first step of a release, then the power goes
    again = worn.reboot()
    assert again.camera.papers.owner is None
    assert again.camera.rulebook.version == 0
    assert not again.camera.board.keys.has(KeyName.SIGN)
    check_journal(again)
    check_journal(again.reboot())
    worn.leave()
    again.leave()


def test_release_keeps_recordings_and_erases_keys(
    agency: Agency, other: Agency
) -> None:
    worn = docked()
    worn.adopt(agency)
    worn.undock()
    worn.camera.switch(on=True)
    worn.see(6)
    worn.record(2)
    worn.dock()
    nonce = worn.camera.papers.nonce
    host = worn.host(agency.host())
    for raw in (
        other.release(SERIAL, nonce),
        agency.release(SERIAL, bytes(16)),
        agency.release("X7654321", nonce),
    ):
        assert host.ask(Verb.RELEASE, {1: raw}).code is Code.NOT_PERMITTED
    assert host.ask(Verb.RELEASE, {1: agency.release(SERIAL, nonce)}).code is Code.DONE
    assert worn.camera.papers.owner is None
    assert not worn.camera.board.keys.has(KeyName.SIGN)
    assert worn.camera.rulebook.version == 0
    (kept,) = worn.camera.store.kept()
    trust, keys = Trust((agency.ca.certificate,)), Keys((agency.evidence_key,))
    envelope = worn.camera.store.companion(kept.recording, ".envelope")
    report = judge(
        memoryview(worn.files.read(kept.name)),
        trust,
        NOW,
        None,
        replace(keys, envelope=envelope),
    )
    assert report.verdict is Verdict.AUTHENTIC
    check_journal(worn)
    again = worn.reboot()
    again.dock()
    assert (again.host().ask(Verb.HELLO).result or {})[4] is False
    again.adopt(agency)
    again.leave()
    worn.leave()
