"""From the last byte to the receipt."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from lapel.base.errors import MalformedError, NotFoundError
from lapel.base.ids import recording_name
from lapel.crypto.certs import Role
from lapel.crypto.digest import sha256
from lapel.crypto.note import LogVerifier
from lapel.crypto.seal import wrap
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Target, Who
from lapel.evidence.ingest import commit, rules
from lapel.evidence.ingest import held as held_aside
from lapel.evidence.ingest.commit import HeldError
from lapel.evidence.items import service as items
from lapel.evidence.items.service import Opened
from lapel.evidence.people.service import actor_of
from lapel.evidence.playback import ClearFile
from lapel.proof.receipt import DeletionPolicy, Own, check_deletion
from lapel.proof.recording import judge
from lapel.proof.trust import Trust
from lapel.sim.agency import Agency, Sent
from lapel.sim.forge import Media, Signer, Story, authority, closing
from lapel.wire.custody import ObjectKind


def opened(agency: Agency, sent: Sent) -> Opened:
    with agency.site.database.read() as connection:
        return items.open_item(connection, agency.site.tenant.id, sent.recording)


def own(agency: Agency, sent: Sent) -> Own:
    return Own(
        agency.site.tenant.id,
        sent.recording,
        sent.serial,
        len(sent.stored),
        sha256(sent.stored),
        sha256(sent.closing),
    )


def policy(agency: Agency) -> DeletionPolicy:
    site = agency.site
    return DeletionPolicy(
        (site.keys.receipt.public,), (LogVerifier.from_vkey(site.vkey),)
    )


def waiting(agency: Agency) -> list[str]:
    with agency.site.database.read() as connection:
        found = held_aside.waiting(connection, agency.site.tenant.id)
    return [one.code for one in found]


def test_a_camera_may_delete_on_the_receipt(agency: Agency, film: Media) -> None:
    sent = agency.record(film)
    receipt = agency.take_in(sent)
    check_deletion(own(agency, sent), receipt, policy(agency))


def test_the_same_bytes_again_give_the_same_receipt(
    agency: Agency, film: Media
) -> None:
    sent = agency.record(film)
    assert agency.take_in(sent) == agency.take_in(sent)


def test_what_is_stored_is_what_came(agency: Agency, film: Media) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    path = agency.site.ingest.objects.path(opened(agency, sent).item.object)
    assert path.read_bytes() == sent.stored
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_clear_file_reads_by_any_range(agency: Agency, film: Media) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    clear = sent.made.clear
    with ClearFile.open(agency.site.ingest, opened(agency, sent)) as file:
        assert file.size == len(clear)
        for start, end in (
            (0, len(clear)),
            (0, 1),
            (17, 9001),
            (len(clear) - 3, len(clear)),
        ):
            assert b"".join(file.read(start, end)) == clear[start:end]
    report = judge(
        memoryview(clear),
        Trust(authorities=(agency.site.keys.ca.certificate,)),
        agency.site.ground.clock.utc_ms(),
    )
    assert report.verdict.value == "authentic"


def test_a_power_cut_is_taken_in_as_what_it_is(agency: Agency, film: Media) -> None:
    now = agency.site.ground.clock.utc_ms()
    sent = agency.record(film, Story(bytes(16), now - 60_000, closed=False))
    agency.take_in(sent)
    assert opened(agency, sent).item.verdict == "closed-by-power-loss"


def test_one_flipped_bit_is_held_aside_without_a_receipt(
    agency: Agency, film: Media
) -> None:
    sent = agency.record(film)
    wrong = bytearray(sent.stored)
    wrong[len(wrong) // 2] ^= 1
    with pytest.raises(HeldError) as error:
        agency.take_in(sent, bytes(wrong))
    assert error.value.cause == "bytes-differ"
    assert waiting(agency) == ["bytes-differ"]
    check_deletion(own(agency, sent), agency.take_in(sent), policy(agency))


def test_a_closing_entry_cannot_cover_a_changed_frame(
    agency: Agency, film: Media
) -> None:
    sent = agency.record(film)
    wrong = bytearray(sent.stored)
    wrong[-40] ^= 1
    lying = replace(
        sent,
        closing=closing(
            sent.made, sent.stored, sealed=True, sha256=sha256(bytes(wrong))
        ),
    )
    with pytest.raises(HeldError) as error:
        agency.take_in(lying, bytes(wrong))
    assert error.value.cause == "tampered"


def test_another_file_of_a_known_recording_is_a_fork(
    agency: Agency, film: Media
) -> None:
    now = agency.site.ground.clock.utc_ms()
    story = Story(bytes(range(16)), now - 60_000)
    agency.take_in(agency.record(film, story))
    other = agency.record(film, story)
    for _ in range(2):  # the second time its bytes are sent, and kept aside
        with pytest.raises(HeldError) as error:
            agency.take_in(other)
        assert error.value.cause == "fork"
    assert waiting(agency) == ["fork"]


def test_a_stranger_s_recording_is_held_aside(agency: Agency, film: Media) -> None:
    agency.camera()
    agency.cameras["X81004417"] = Signer.of(authority("Somebody"), "X81004417")
    sent = agency.record(film)
    with pytest.raises(HeldError) as error:
        agency.take_in(sent)
    assert error.value.cause == "unknown-signer"


def test_a_dock_s_certificate_signs_no_recording(agency: Agency, film: Media) -> None:
    agency.camera()
    wrong = Signer.of(agency.site.keys.ca, "X81004417", Role.DOCK)
    agency.cameras["X81004417"] = wrong
    with pytest.raises(HeldError) as error:
        agency.take_in(agency.record(film))
    assert error.value.cause == "unknown-signer"


def test_without_its_key_a_recording_waits_until_the_key_is_back(
    agency: Agency, film: Media
) -> None:
    sent = agency.record(film)
    right = sent.envelope
    other = agency.record(film)
    wrong = replace(sent, envelope=right[:-1] + bytes([right[-1] ^ 1]))
    with pytest.raises(HeldError) as error:
        agency.take_in(wrong)
    assert error.value.cause == "unreadable"
    agency.take_in(other)
    ingest = agency.site.ingest
    ingest.put_envelope(sent.serial, sent.recording, right)
    with agency.site.database.read() as connection:
        (held,) = held_aside.waiting(connection, agency.site.tenant.id)
    person, _ = agency.site.people.peek(agency.secret)
    who = Who(actor_of(person), person.shown, str(person.role), "127.0.0.1")
    receipt = held_aside.release(ingest, held.id, who)
    check_deletion(own(agency, sent), receipt, policy(agency))
    assert waiting(agency) == []


def test_only_so_many_files_of_a_camera_are_held(agency: Agency, film: Media) -> None:
    for number in range(10):
        sent = agency.record(film)
        wrong = bytearray(sent.stored)
        wrong[100 + number] ^= 1
        with pytest.raises(HeldError) as error:
            agency.take_in(sent, bytes(wrong))
        assert error.value.cause == ("bytes-differ" if number < 8 else "held-full")
    assert len(waiting(agency)) == 8


def test_names_of_files_are_the_server_s_own(agency: Agency, film: Media) -> None:
    sent = agency.record(film)
    agency.take_in(sent)
    item = opened(agency, sent).item
    assert recording_name(item.id).replace("-", "") not in str(
        agency.site.ingest.objects.path(item.object)
    )


def test_an_envelope_is_replaced_only_until_the_recording_came_in(
    agency: Agency, film: Media
) -> None:
    sent, other = agency.record(film), agency.record(film)
    ingest = agency.site.ingest
    forged = wrap(bytes(32), sent.recording, [agency.site.keys.evidence[0].public])
    assert ingest.put_envelope(sent.serial, sent.recording, forged.encode())
    assert ingest.put_envelope(sent.serial, sent.recording, sent.envelope)
    agency.take_in(sent)
    assert not ingest.put_envelope(sent.serial, sent.recording, forged.encode())
    with pytest.raises(MalformedError):
        ingest.put_envelope(sent.serial, sent.recording, other.envelope)
    assert ingest.put_envelope(sent.serial, sent.recording, sent.envelope)
    assert ingest.envelope(sent.serial, sent.recording) == sent.envelope


def test_a_recording_of_one_camera_is_not_taken_in_for_another(
    agency: Agency, film: Media
) -> None:
    sent = agency.record(film)
    agency.camera("X81009999")
    ingest = agency.site.ingest
    ingest.put_envelope("X81009999", sent.recording, sent.envelope)
    upload = ingest.create("DOCK-1", "X81009999", sent.recording, len(sent.stored))
    part = ingest.objects.grow(upload.id)
    part.write(sent.stored)
    part.close()
    read = rules.read_closing(sent.closing, sent.recording)
    with pytest.raises(HeldError) as error:
        commit.finish(ingest, upload, read)
    assert error.value.cause == "tampered"
    assert waiting(agency) == ["tampered"]


def test_two_commits_at_once_give_one_row_and_one_receipt(
    agency: Agency, film: Media
) -> None:
    sent = agency.record(film)
    upload = agency.send(sent)
    read = rules.read_closing(sent.closing, sent.recording)
    gate = threading.Barrier(4)

    def bring() -> bytes:
        gate.wait()
        return commit.finish(agency.site.ingest, upload, read)

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(bring) for _ in range(4)]
        assert len({one.result() for one in asked}) == 1
    with agency.site.database.read() as connection:
        target = Target(ObjectKind.RECORDING, recording_name(sent.recording))
        acts = custody.acts_on(connection, agency.site.tenant.id, target)
    assert [act.action for act in acts] == ["recording.received"]


def test_a_part_that_was_closed_is_not_written_to(
    agency: Agency, film: Media, tmp_path: Path
) -> None:
    sent = agency.record(film)
    upload = agency.send(sent, sent.stored[:100])
    part = agency.site.ingest.objects.grow(upload.id)
    part.close()
    with (tmp_path / "another").open("wb") as other:
        with pytest.raises(NotFoundError):
            part.write(b"x")
        with pytest.raises(NotFoundError):
            part.cut(0)
        part.close()
        other.write(b"still open")
    assert (tmp_path / "another").read_bytes() == b"still open"
