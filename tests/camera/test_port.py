"""The port: who may ask what, and that anything else changes nothing."""

import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lapel.base.clock import ClockQuality
from lapel.camera.port import MOST_CONNECTIONS
from lapel.crypto.certs import DAY_MS, Role, Validity
from lapel.crypto.digest import sha256
from lapel.proof.recording import Keys, judge
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.protocol.modes import Happening
from lapel.sim.camera import SERIAL
from lapel.sim.live import LiveCamera, client
from lapel.sim.tenant import Agency, Host
from lapel.wire import cbor
from lapel.wire.cbor import Value
from lapel.wire.journal import EntryKind
from lapel.wire.port import MESSAGE_MOST, READ_MOST, Code, Verb, frame
from lapel.wire.receipt import JournalReceived, Received
from lapel.wire.settings import Log

HUNG_UP = (OSError, ssl.SSLError)


@pytest.fixture(scope="module")
def agency() -> Agency:
    return Agency.found("north", 1_790_000_000_000)


@pytest.fixture
def worn(agency: Agency) -> Iterator[LiveCamera]:
    """A docked camera of the agency with one sealed recording."""
    camera = LiveCamera()
    camera.dock()
    camera.adopt(agency)
    camera.undock()
    camera.camera.switch(on=True)
    camera.see(6)
    camera.record(3)
    camera.dock()
    yield camera
    camera.leave()


def items(host: Host) -> list[dict[int, Value]]:
    listed = (host.ask(Verb.CATALOGUE).result or {})[1]
    assert isinstance(listed, tuple)
    return [dict(item) for item in listed if isinstance(item, dict)]


def received(worn: LiveCamera, agency: Agency) -> Received:
    """What the server would say of the recording on this camera."""
    (kept,) = worn.camera.store.kept()
    assert kept.closing is not None
    return agency.received(SERIAL, kept.closing)


def test_a_dock_reads_everything_and_it_is_what_was_recorded(
    worn: LiveCamera, agency: Agency
) -> None:
    host = worn.host(agency.host())
    (item,) = items(host)
    recording, length = item[1], item[2]
    assert isinstance(length, int)
    data = b""
    while len(data) < length:
        asked = {1: recording, 2: len(data), 3: 1000}
        piece = (host.ask(Verb.READ, asked).result or {})[1]
        assert isinstance(piece, bytes)
        data += piece
    envelope = (host.ask(Verb.ENVELOPE, {1: recording}).result or {})[1]
    assert isinstance(envelope, bytes)
    trust = Trust((agency.ca.certificate,))
    keys = Keys((agency.evidence_key,), envelope)
    report = judge(memoryview(data), trust, worn.clock.utc_ms(), None, keys)
    assert report.verdict is Verdict.AUTHENTIC, report.reasons
    assert item[7] is True


def test_a_receipt_deletes_exactly_its_recording(
    worn: LiveCamera, agency: Agency
) -> None:
    told = received(worn, agency)
    host = worn.host(agency.host())
    done = host.ask(Verb.RECEIPT, {1: agency.receive(told)})
    assert done.result == {1: (told.recording,)}
    assert worn.camera.store.recordings() == []
    kinds = [entry.kind for entry in worn.journal()]
    assert kinds[-2:] == [EntryKind.RECEIPT, EntryKind.DELETION]


WRONG = {
    "tenant": "south",
    "serial": "X7654321",
    "length": 1,
    "sha256": bytes(32),
    "closing_hash": bytes(32),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_receipt_for_anything_else_deletes_nothing(
    worn: LiveCamera, agency: Agency, name: str
) -> None:
    told = replace(received(worn, agency), **{name: WRONG[name]})  # type: ignore[arg-type]
    host = worn.host(agency.host())
    assert host.ask(Verb.RECEIPT, {1: agency.receive(told)}).code is not Code.DONE
    assert len(worn.camera.store.kept()) == 1


def test_a_receipt_by_another_key_or_log_deletes_nothing(
    worn: LiveCamera, agency: Agency
) -> None:
    other = Agency.found("north", agency.now_ms)
    told = received(worn, agency)
    host = worn.host(agency.host())
    for forger in (
        other,
        replace(agency, receipt_key=other.receipt_key),
        replace(agency, log=other.log),
    ):
        assert host.ask(Verb.RECEIPT, {1: forger.receive(told)}).code is not Code.DONE
    assert len(worn.camera.store.kept()) == 1


def test_an_unopened_recording_is_kept_unless_settings_allow_it(
    worn: LiveCamera, agency: Agency
) -> None:
    told = received(worn, agency)
    unopened = replace(told, opened=False, genesis=None, links=None, head=None)
    host = worn.host(agency.host())
    raw = agency.receive(unopened)
    assert host.ask(Verb.RECEIPT, {1: raw}).code is Code.NOT_PERMITTED
    settings = agency.settings(SERIAL, 2, delete_unopened=True)
    assert host.ask(Verb.SETTINGS, {1: settings}).code is Code.DONE
    assert host.ask(Verb.RECEIPT, {1: raw}).code is Code.DONE


def test_the_journal_is_trimmed_up_to_what_the_server_holds(
    worn: LiveCamera, agency: Agency
) -> None:
    journal = worn.camera.journal
    entries = worn.journal()
    seq = entries[3].seq
    raw = journal.since(seq, 1 << 20)[0][0]
    host = worn.host(agency.host())
    wrong = JournalReceived("north", SERIAL, seq, bytes(32), 0)
    refused = host.ask(Verb.RECEIPT, {1: agency.receive_journal(wrong)})
    assert refused.code is Code.NOT_PERMITTED
    right = JournalReceived("north", SERIAL, seq, sha256(raw), 0)
    assert host.ask(Verb.RECEIPT, {1: agency.receive_journal(right)}).code is Code.DONE
    assert worn.journal()[0].seq == seq
    again = worn.reboot()
    assert again.journal()[0].seq == seq
    assert again.journal()[-1].kind is EntryKind.BOOT


def test_settings_rise_and_are_journaled(worn: LiveCamera, agency: Agency) -> None:
    host = worn.host(agency.host())
    newer = agency.settings(SERIAL, 5)
    done = host.ask(Verb.SETTINGS, {1: newer})
    assert done.result == {1: 5, 2: sha256(newer)}
    assert worn.journal()[-1].kind is EntryKind.SETTINGS
    count = len(worn.journal())
    assert host.ask(Verb.SETTINGS, {1: newer}).code is Code.DONE
    assert len(worn.journal()) == count
    for wrong in (
        agency.settings(SERIAL, 5, zone="Europe/Berlin"),
        agency.settings(SERIAL, 4),
        agency.settings("X7654321", 6),
        agency.settings(SERIAL, 6, tenant="south"),
        agency.settings(SERIAL, 6, not_before_ms=agency.now_ms + DAY_MS),
        agency.settings(SERIAL, 6, log=Log("elsewhere", agency.log.verifier.vkey)),
        Agency.found("north", agency.now_ms).settings(SERIAL, 6),
    ):
        assert host.ask(Verb.SETTINGS, {1: wrong}).code is Code.NOT_PERMITTED
    assert host.ask(Verb.SETTINGS).result == {1: 5, 2: sha256(newer)}
    assert worn.reboot().camera.rulebook.version == 5


def test_time_needs_its_nonce_and_two_seconds(worn: LiveCamera, agency: Agency) -> None:
    host = worn.host(agency.host())
    now = worn.clock.utc_ms()

    def ask_nonce() -> bytes:
        given_ = (host.ask(Verb.TIME).result or {})[1]
        assert isinstance(given_, bytes)
        return given_

    nonce = ask_nonce()
    assert host.ask(Verb.TIME, {1: agency.time(bytes(16), now)}).code is not Code.DONE
    assert host.ask(Verb.TIME, {1: agency.time(nonce, now)}).code is not Code.DONE
    nonce = ask_nonce()
    worn.clock.go_on(2001)
    assert host.ask(Verb.TIME, {1: agency.time(nonce, now)}).code is not Code.DONE
    nonce = ask_nonce()
    done = host.ask(Verb.TIME, {1: agency.time(nonce, now + 60_000)})
    assert done.result == {1: int(ClockQuality.SERVER)}
    assert worn.camera.time.utc_ms() == now + 60_000
    assert worn.reboot().camera.time.quality is ClockQuality.RTC


def test_a_docks_own_time_never_goes_behind_the_journal(agency: Agency) -> None:
    worn = LiveCamera()
    worn.dock()
    worn.adopt(agency)
    again = worn.reboot()
    again.dock()
    host = again.host(agency.host())
    last = again.camera.journal.last_utc_ms
    assert host.ask(Verb.TIME, {2: 5}).result == {1: int(ClockQuality.DOCK)}
    assert again.camera.time.utc_ms() >= last
    again.leave()


def test_a_docks_own_time_lies_within_its_certificate(agency: Agency) -> None:
    worn = LiveCamera()
    worn.dock()
    worn.adopt(agency)
    again = worn.reboot()
    again.dock()
    host = again.host(agency.host())
    before = again.camera.time.utc_ms()
    for far in (before + 2 * 365 * DAY_MS, (1 << 64) - 1):
        assert host.ask(Verb.TIME, {2: far}).code is Code.NOT_PERMITTED
    assert again.camera.time.utc_ms() == before
    again.leave()


def test_with_an_unset_clock_only_hello_time_and_journal_are_served(
    agency: Agency,
) -> None:
    worn = LiveCamera()
    worn.dock()
    worn.adopt(agency)
    del worn.files.held["clock"]
    again = worn.reboot()
    again.dock()
    old = Validity(agency.now_ms - 9 * DAY_MS, agency.now_ms - 8 * DAY_MS)
    host = again.host(agency.host(validity=old))
    for verb in Verb:
        code = host.ask(verb, {1: 0} if verb is Verb.JOURNAL else {}).code
        served = verb in {Verb.HELLO, Verb.TIME, Verb.JOURNAL}
        assert (code is Code.DONE) == served, verb
    again.leave()


def test_view_xl_has_its_own_verbs(worn: LiveCamera, agency: Agency) -> None:
    host = worn.host(agency.host(Role.VIEW_XL))
    assert host.ask(Verb.CATALOGUE).code is Code.DONE
    for verb in (Verb.SETTINGS, Verb.TIME, Verb.CHARGE, Verb.ADOPT, Verb.RELEASE):
        assert host.ask(verb).code is Code.NOT_PERMITTED


def test_strangers_are_turned_away(worn: LiveCamera, agency: Agency) -> None:
    later = Validity(agency.now_ms - 9 * DAY_MS, agency.now_ms - 8 * DAY_MS)
    strangers = [
        None,
        Agency.found("north", agency.now_ms).host(),
        agency.host(Role.CAMERA_AUTH),
        agency.host(Role.SERVER),
        agency.host(validity=later),
    ]
    for papers in strangers:
        with pytest.raises(HUNG_UP):
            worn.host(papers).ask(Verb.HELLO)
    assert worn.host(agency.host()).ask(Verb.HELLO).code is Code.DONE


def test_older_tls_is_refused(worn: LiveCamera, agency: Agency) -> None:
    context = client(agency.host())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert worn.port.address is not None
    with pytest.raises(HUNG_UP):
        Host(worn.port.address, context)


BAD: list[tuple[int, dict[int, Value], Code]] = [
    (0, {}, Code.UNKNOWN_VERB),
    (99, {}, Code.UNKNOWN_VERB),
    (Verb.HELLO, {1: 1}, Code.MALFORMED),
    (Verb.READ, {}, Code.MALFORMED),
    (Verb.READ, {1: bytes(15), 2: 0, 3: 1}, Code.MALFORMED),
    (Verb.READ, {1: bytes(16), 2: 0, 3: 0}, Code.MALFORMED),
    (Verb.READ, {1: bytes(16), 2: 0, 3: READ_MOST + 1}, Code.MALFORMED),
    (Verb.READ, {1: bytes(16), 2: 0, 3: 1}, Code.NOT_FOUND),
    (Verb.READ, {1: bytes(16), 2: True, 3: 1}, Code.MALFORMED),
    (Verb.READ, {1: "../../etc/passwd", 2: 0, 3: 1}, Code.MALFORMED),
    (Verb.ENVELOPE, {1: bytes(16)}, Code.NOT_FOUND),
    (Verb.JOURNAL, {1: -1}, Code.MALFORMED),
    (Verb.RECEIPT, {1: b""}, Code.NOT_PERMITTED),
    (Verb.SETTINGS, {1: b""}, Code.NOT_PERMITTED),
    (Verb.SETTINGS, {2: b""}, Code.MALFORMED),
    (Verb.TIME, {1: b""}, Code.WRONG_STATE),
    (Verb.FIRMWARE_OFFER, {}, Code.NOT_PERMITTED),
    (Verb.FIRMWARE_WRITE, {}, Code.NOT_PERMITTED),
    (Verb.FIRMWARE_COMMIT, {}, Code.NOT_PERMITTED),
    (Verb.CHARGE, {1: 1}, Code.MALFORMED),
    (Verb.ADOPT, {1: b""}, Code.WRONG_STATE),
    (Verb.ADOPT, {7: b""}, Code.MALFORMED),
    (Verb.RELEASE, {1: b""}, Code.NOT_PERMITTED),
]


@pytest.mark.parametrize(("verb", "arguments", "code"), BAD)
def test_bad_requests_get_their_code_and_change_nothing(
    worn: LiveCamera, agency: Agency, verb: int, arguments: dict[int, Value], code: Code
) -> None:
    before = {n: bytes(d) for n, d in worn.files.held.items() if n != "journal"}
    host = worn.host(agency.host())
    assert host.ask(verb, arguments).code is code
    after = {n: bytes(d) for n, d in worn.files.held.items() if n != "journal"}
    assert after == before
    assert host.ask(Verb.HELLO).code is Code.DONE


@pytest.mark.parametrize(
    "data",
    [
        bytes(4),
        b"\xff\xff\xff\xff",
        (MESSAGE_MOST + 1).to_bytes(4, "big"),
        frame(b"\x00"),
        frame(cbor.encode({1: 1, 2: 1})),
        frame(cbor.encode({1: 1, 2: 1, 3: {}, 4: 1})),
        frame(b"\xbf\x01\x01\xff"),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_are_refused_and_end_the_connection(
    worn: LiveCamera, agency: Agency, data: bytes
) -> None:
    host = worn.host(agency.host())
    host.send(data)
    refused = host.receive()
    assert (refused.number, refused.code) == (0, Code.MALFORMED)
    with pytest.raises(HUNG_UP):
        host.receive()
    assert worn.host(agency.host()).ask(Verb.HELLO).code is Code.DONE


def test_a_cut_cable_drops_every_connection(worn: LiveCamera, agency: Agency) -> None:
    host = worn.host(agency.host())
    assert host.ask(Verb.HELLO).code is Code.DONE
    worn.port.close()
    worn.camera.happen(Happening.UNDOCK)
    with pytest.raises(HUNG_UP):
        host.ask(Verb.HELLO)
    assert worn.port.address is None
    worn.dock()
    assert worn.host(agency.host()).ask(Verb.HELLO).code is Code.DONE


def test_who_came_before_the_adoption_may_do_nothing_after_it(agency: Agency) -> None:
    worn = LiveCamera()
    worn.dock()
    before = [worn.host() for _ in range(2)]
    for host in before:
        assert host.ask(Verb.HELLO).code is Code.DONE
    worn.adopt(agency)
    assert before[0].ask(Verb.CATALOGUE).code is Code.NOT_PERMITTED
    for verb in (Verb.TIME, Verb.HELLO):
        with pytest.raises(HUNG_UP):
            before[0].ask(verb)
    assert before[1].ask(Verb.TIME, {2: 1}).code is Code.NOT_PERMITTED
    worn.leave()


def test_a_host_of_the_owner_before_may_do_nothing_under_the_next(
    worn: LiveCamera, agency: Agency
) -> None:
    old = worn.host(agency.host())
    assert old.ask(Verb.HELLO).code is Code.DONE
    nonce = worn.camera.papers.nonce
    other = worn.host(agency.host())
    other.ask(Verb.RELEASE, {1: agency.release(SERIAL, nonce)})
    worn.adopt(Agency.found("south", agency.now_ms))
    assert old.ask(Verb.CATALOGUE).code is Code.NOT_PERMITTED
    with pytest.raises(HUNG_UP):
        old.ask(Verb.HELLO)


def test_only_so_many_hosts_at_once(worn: LiveCamera, agency: Agency) -> None:
    hosts = [worn.host(agency.host()) for _ in range(MOST_CONNECTIONS)]
    for host in hosts:
        assert host.ask(Verb.HELLO).code is Code.DONE
    with pytest.raises(HUNG_UP):
        worn.host(agency.host()).ask(Verb.HELLO)
    for host in hosts:
        host.close()
