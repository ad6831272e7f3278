"""Proof packages that Evidence makes: they hold under the agency's own trust file."""

import io

import pytest

from lapel.base.errors import NotFoundError
from lapel.crypto.digest import sha256
from lapel.crypto.note import LogVerifier
from lapel.evidence import package as packages
from lapel.evidence.custody.model import Actor, Who
from lapel.proof import package
from lapel.proof.checkpoints import compare_files
from lapel.proof.enclosed import Enclosed, Parts, Whole, judge_parts
from lapel.proof.extract import proofs_in
from lapel.proof.package import Package
from lapel.proof.recording import Report, judge
from lapel.proof.trust import Trust
from lapel.sim.agency import Agency, Sent
from lapel.sim.forge import Media
from lapel.wire.custody import ActorKind
from tools import verifier

WHO = Who(Actor(ActorKind.USER, "p-1"), "A. Person", "Sergeant", "192.0.2.7")


def made(agency: Agency, sent: Sent, *, sealed: bool) -> bytes:
    site = agency.site
    order = packages.Ordered(WHO, sent.recording, sealed)
    return b"".join(packages.stream(site, packages.prepare(site, order)))


def trust(agency: Agency) -> Trust:
    site = agency.site
    return Trust(
        (site.keys.ca.certificate,),
        (site.keys.receipt.public,),
        (LogVerifier.from_vkey(site.vkey),),
    )


def judged(agency: Agency, data: bytes) -> tuple[Package, Report, Enclosed]:
    believed, view = trust(agency), memoryview(data)
    opened = package.open_package(io.BytesIO(data))
    now_ms = agency.site.ground.clock.utc_ms()
    report = judge(opened.media(view), believed, now_ms)
    assert report.chain is not None
    sealed = None
    if package.SEALED in opened.names:
        stored = opened.part(view, package.SEALED)
        sealed = len(stored), sha256(bytes(stored))
    parts = Parts(opened.small, sealed)
    return opened, report, judge_parts(parts, report.chain, believed)


@pytest.mark.parametrize("sealed", [False, True])
def test_a_package_is_whole_with_or_without_the_sealed_file(
    agency: Agency, film: Media, *, sealed: bool
) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    data = made(agency, sent, sealed=sealed)
    opened, report, found = judged(agency, data)
    assert report.verdict.value == "authentic"
    assert (found.code, found.wrong) == (Whole.WHOLE, [])
    assert opened.small[package.VERIFIER] == verifier.text().encode()
    names = opened.names & {package.SEALED, package.ENVELOPE}
    assert names == ({package.SEALED, package.ENVELOPE} if sealed else set())
    if sealed:
        assert opened.part(memoryview(data), package.SEALED) == sent.stored


def test_the_last_act_of_a_package_is_its_own_making(
    agency: Agency, film: Media
) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    made(agency, sent, sealed=False)
    _, _, found = judged(agency, made(agency, sent, sealed=False))
    told = [(one.leaf.action, one.texts.get(1)) for one in found.acts]
    assert told == [
        ("recording.received", None),
        ("recording.packaged", "A. Person"),
        ("recording.packaged", "A. Person"),
    ]
    assert found.acts[-1].texts[0] == "192.0.2.7"


def test_the_receipt_s_checkpoint_is_proved_to_lead_to_the_package_s(
    agency: Agency, film: Media
) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    opened, report, _ = judged(agency, made(agency, sent, sealed=False))
    believed = trust(agency)
    note = opened.small[package.CHECKPOINT]
    proofs = proofs_in(opened.small[package.CUSTODY])
    receipts = [one.checkpoint for one in report.receipts]
    assert compare_files([note], believed.logs, receipts, proofs).unproved == ()


def test_the_report_cannot_be_written_by_a_title(agency: Agency, film: Media) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    opened, _, _ = judged(agency, made(agency, sent, sealed=False))
    report = opened.small[package.REPORT].decode()
    assert "Clock: set by the agency's server" in report
    assert "proves nothing by itself" in report


def test_no_sealed_file_is_promised_where_there_is_none(
    agency: Agency, film: Media
) -> None:
    sent = agency.record(film)
    with pytest.raises(NotFoundError):
        made(agency, sent, sealed=True)
