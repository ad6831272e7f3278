"""Strangers on the air: whatever they send, a camera records on and notes little."""

import random
import time
from threading import Event, Thread

from hypothesis import given, settings
from hypothesis import strategies as st

from lapel.camera.link_signs import REFUSALS_MS
from lapel.camera.station import BOX_MOST, TURN_MOST
from lapel.ports.air import Gone, Subscribed, Wrote
from lapel.proof.companions import Companions
from lapel.proof.recording import Keys, judge
from lapel.proof.trust import Trust
from lapel.proof.verdict import Verdict
from lapel.protocol.app_link import Wish
from lapel.protocol.buttons import Button
from lapel.sim.packets import footage
from lapel.sim.phone import Call, LinkedCamera
from lapel.wire.control import LinkVerb, Nothing, State
from lapel.wire.journal import Entry, EntryKind
from lapel.wire.link import AppHello, Mode

HELLO = b"\xc0" + AppHello(Mode.SESSION).encode()
PAIR_HELLO = b"\xc0" + AppHello(Mode.PAIR).encode()
FIRST = b"\xc0\4" + bytes(64)
STRANGE = 10_000
"""Numbers of links of strangers begin here."""


def refusals(worn: LinkedCamera) -> list[Entry]:
    return [one for one in worn.journal() if one.kind is EntryKind.REFUSAL]


def recording() -> LinkedCamera:
    worn = LinkedCamera()
    worn.see(5)
    worn.press("event", "event")
    worn.see(2)
    worn.written()
    return worn


def check_recording(worn: LinkedCamera, *, links: int) -> None:
    """The recording is whole, verifies, and has this many seconds."""
    worn.press("event", hold_ms=3100)
    worn.settle()
    (kept,) = worn.camera.store.kept()
    envelope = worn.camera.store.companion(kept.recording, ".envelope")
    report = judge(
        memoryview(worn.files.read(kept.name)),
        Trust((worn.agency.ca.certificate,)),
        worn.clock.utc_ms(),
        Companions(kept.closing),
        Keys((worn.agency.evidence_key,), envelope),
    )
    assert report.verdict is Verdict.AUTHENTIC
    assert report.chain is not None
    assert report.chain.count == links


def links_without_strangers(seconds: int) -> int:
    worn = recording()
    worn.see(seconds)
    worn.press("event", hold_ms=3100)
    worn.settle()
    (entry,) = [one for one in worn.journal() if one.kind is EntryKind.STOP]
    links = entry.data[7]
    assert isinstance(links, int)
    return links


def paired() -> tuple[LinkedCamera, Call]:
    worn = LinkedCamera()
    worn.see(5)
    phone = worn.phone()
    worn.chord()
    phone.pair()
    return worn, phone.open()


def strangers_dropped(worn: LinkedCamera) -> set[int]:
    return {link for link in worn.radio.dropped if link >= STRANGE}


def test_a_thousand_connections_leave_recording_and_session_alone() -> None:
    expected = links_without_strangers(4)
    worn, call = paired()
    worn.press("event", "event")
    worn.see(2)
    for number in range(1000):
        worn.radio.hear(Subscribed(STRANGE + number, 23))
        worn.radio.hear(Wrote(STRANGE + number, HELLO))
        if number % 10 == 0:
            worn.step()
    worn.see(4)
    assert not call.dropped
    call.asked(LinkVerb.STATE, Nothing(), State)
    assert len(strangers_dropped(worn)) >= 998
    worn.pass_ms(6000)
    assert len(strangers_dropped(worn)) == 1000
    assert len(refusals(worn)) <= 2
    check_recording(worn, links=expected)


def test_a_flood_of_pairings_while_recording_changes_nothing() -> None:
    expected = links_without_strangers(4)
    worn = recording()
    before = len(worn.journal())
    for number in range(300):
        worn.radio.hear(Subscribed(STRANGE + number, 23))
        for value in (PAIR_HELLO, FIRST, FIRST):
            worn.radio.hear(Wrote(STRANGE + number, value))
        worn.step()
    assert not worn.pairing()
    assert len(worn.journal()) <= before + 3
    worn.see(4)
    check_recording(worn, links=expected)


def test_a_flood_in_pairing_mode_closes_it_after_three_and_is_noted_once() -> None:
    worn = LinkedCamera()
    worn.chord()
    for number in range(300):
        worn.radio.hear(Subscribed(STRANGE + number, 23))
        for value in (PAIR_HELLO, FIRST):
            worn.radio.hear(Wrote(STRANGE + number, value))
        worn.step()
    assert not worn.pairing()
    pairings = [one for one in worn.journal() if one.kind is EntryKind.PAIRING]
    assert len(pairings) == 1
    assert len(refusals(worn)) <= 1
    phone = worn.phone()
    worn.pass_ms(6000)
    worn.chord()
    phone.pair()
    assert not phone.open().dropped


def test_refusals_of_a_whole_shift_are_few_entries_that_count_them_all() -> None:
    worn = LinkedCamera()
    hours, each_ms = 12, 20_000
    count = hours * 3_600_000 // each_ms
    for number in range(count):
        worn.radio.hear(Subscribed(STRANGE + number, 23))
        worn.radio.hear(Wrote(STRANGE + number, b"\xc0garbage"))
        worn.pass_ms(each_ms)
    worn.pass_ms(REFUSALS_MS)
    entries = refusals(worn)
    assert len(entries) <= hours * 3_600_000 // REFUSALS_MS + 2
    said = [str(one.data[1]).removeprefix("link: format ") for one in entries]
    assert sum(map(int, said)) == count


def test_who_writes_faster_than_is_read_is_dropped_and_fills_nothing() -> None:
    worn = LinkedCamera()
    worn.radio.hear(Subscribed(STRANGE, 185))
    for _ in range(10 * BOX_MOST):
        worn.radio.hear(Wrote(STRANGE, HELLO))
    assert worn.radio.dropped
    worn.radio.hear(Gone(STRANGE))
    worn.step()
    phone = worn.phone()
    worn.chord()
    phone.pair()
    assert not phone.open().dropped


def test_under_a_flood_the_buttons_get_their_turn() -> None:
    worn = recording()
    worn.linking.start()
    over = Event()

    def flood() -> None:
        number = STRANGE
        while not over.is_set():
            number += 1
            worn.radio.hear(Subscribed(number, 23))
            worn.radio.hear(Wrote(number, HELLO))

    stranger = Thread(target=flood, name="stranger")
    stranger.start()
    try:
        began = time.monotonic()
        for _ in range(20):
            worn.camera.edge(Button.BATTERY, down=True, at_ms=worn.clock.mono_ms())
            worn.camera.edge(Button.BATTERY, down=False, at_ms=worn.clock.mono_ms())
        assert time.monotonic() - began < 5
    finally:
        over.set()
        stranger.join()
        worn.linking.close()


def test_what_waits_is_taken_out_turn_by_turn() -> None:
    worn = LinkedCamera()
    for number in range(TURN_MOST + 1):
        worn.radio.hear(Subscribed(STRANGE + number, 23))
    assert worn.linking.step()
    assert not worn.linking.step()


HEARD = st.one_of(
    st.builds(Subscribed, st.integers(1, 4), st.integers(23, 517)),
    st.builds(Wrote, st.integers(1, 4), st.binary(min_size=1, max_size=200)),
    st.builds(
        Wrote, st.integers(1, 4), st.sampled_from([HELLO, PAIR_HELLO, FIRST, b"\xc0"])
    ),
    st.builds(Gone, st.integers(1, 4)),
)
SHARED: list[LinkedCamera] = []


@settings(max_examples=60)
@given(heard=st.lists(HEARD, max_size=60), pairing=st.booleans())
def test_whatever_a_radio_hears_changes_nothing_that_lasts(
    heard: list[Subscribed | Wrote | Gone], *, pairing: bool
) -> None:
    if not SHARED:
        SHARED.append(paired()[0])
    worn = SHARED[0]
    files = {"pairing", "wearer", "settings", "owner", "keys/keys.sealed"}
    before = {name: bytes(worn.files.held.get(name, b"")) for name in files}
    if pairing:
        worn.chord()
    numbers = {link: STRANGE + worn.calls * 10 + link for link in range(1, 5)}
    worn.calls += 1
    for one in heard:
        link = numbers[one.link]
        match one:
            case Subscribed(_, mtu):
                worn.calls += 1
                numbers[one.link] = STRANGE + worn.calls * 10 + one.link
                worn.radio.hear(Subscribed(numbers[one.link], mtu))
            case Wrote(_, value):
                worn.radio.hear(Wrote(link, value))
            case Gone():
                worn.radio.hear(Gone(link))
        worn.step()
    worn.pass_ms(61_000)
    after = {name: bytes(worn.files.held.get(name, b"")) for name in files}
    assert after == before
    assert worn.mode == "buffering"
    assert not worn.pairing()


def test_recording_goes_on_while_the_link_holds_the_camera() -> None:
    worn = recording()
    locked, done = Event(), Event()

    def hold() -> None:
        with worn.camera.lock:
            locked.set()
            done.wait(20)

    holder = Thread(target=hold, name="a link whose storage is slow")
    holder.start()
    assert locked.wait(10)
    name = next(one for one in worn.files.held if one.startswith("recordings/"))
    name = name.partition(".")[0] + ".sealed"
    before = len(worn.files.held[name])
    try:
        feed(worn)
        assert len(worn.files.held[name]) > before
    finally:
        done.set()
        holder.join()


def feed(worn: LinkedCamera) -> None:
    """Let the source bring three seconds; nobody ticks the camera meanwhile."""
    origin = worn.clock.mono_ms() - round(worn.seconds * 1000)
    worn.source.feed(*footage(3, start=worn.seconds, mono_ms=origin))
    while worn.camera.writer.waiting:
        pass


def test_over_random_edges_no_chord_ever_stops_or_mutes() -> None:
    chance = random.Random(7)  # noqa: S311
    worn = recording()
    down: set[Button] = set()
    keys = (Button.EVENT, Button.FUNCTION)
    recorded = chords = 0
    for _ in range(4000):
        both = down == set(keys)
        mode, muted = worn.mode, worn.camera.muted
        worn.pass_ms(chance.choice((40, 200, 450, 600, 1200, 3100)))
        if both:
            chords += 1
            assert (worn.mode, worn.camera.muted) == (mode, muted)
        recorded += worn.mode == "event"
        button = chance.choice(keys)
        down ^= {button}
        at_ms = worn.clock.mono_ms()
        worn.camera.edge(button, down=button in down, at_ms=at_ms)
    assert recorded > 100
    assert chords > 100


def test_a_press_that_confirms_never_starts_and_one_that_starts_never_confirms() -> (
    None
):
    chance = random.Random(11)  # noqa: S311
    worn = LinkedCamera()
    worn.see(3)
    seen: set[tuple[bool, bool]] = set()
    for number in range(60):
        worn.chord()
        call = worn.phone(f"v{number}", granted=False).connect(Wish(compare=True))
        presses = chance.choice((1, 2))
        gap = chance.choice((100, 500, 900))
        for _ in range(presses):
            worn.press("event")
            worn.pass_ms(gap)
        worn.pass_ms(1200)
        started = worn.mode == "event"
        confirmed = confirms(call)
        assert started != confirmed
        seen.add((started, confirmed))
        worn.press("event", hold_ms=3100)
        worn.pass_ms(61_000)
    assert len(seen) == 2


def confirms(call: Call) -> bool:
    """Whether the camera has counted the code as compared, once the app confirms."""
    call.do(call.app.same(call.now))
    entries = [one for one in call.camera.journal() if one.kind is EntryKind.PAIRING]
    by = entries[-1].data[2]
    return isinstance(by, dict) and by[2] == 2


def test_a_spoilt_file_beside_a_recording_ends_neither_link_nor_camera() -> None:
    worn = LinkedCamera()
    worn.see(3)
    worn.record(3)
    worn.chord()
    phone = worn.phone()
    phone.pair()
    call = phone.open()
    (recording,) = worn.camera.store.recordings()
    worn.files.held[worn.camera.store.path(recording, ".closing")][:] = b"spoilt"
    worn.files.remove(worn.camera.store.path(recording, ".note"))
    worn = worn.again()
    phone.camera = worn
    call = phone.open()
    assert call.asked(LinkVerb.STATE, Nothing(), State).held == 1
    worn.camera.charge(40)
    worn.pass_ms(2000)
    assert call.ended == []


def test_a_disk_that_cannot_be_read_ends_neither_link_nor_camera() -> None:
    worn = LinkedCamera()
    worn.chord()
    phone = worn.phone()
    phone.pair()
    call = phone.open()
    worn.files.blind = True
    worn.camera.charge(40)
    worn.pass_ms(2000)
    assert call.ask(LinkVerb.STATE, Nothing()).reason == "storage"
    worn.files.blind = False
    assert call.asked(LinkVerb.STATE, Nothing(), State).battery == 40
