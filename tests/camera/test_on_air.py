"""A shift on the air: nothing outlives a slot, and nothing tells what a camera does."""

import random
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from lapel.ports.air import Shown
from lapel.protocol.modes import Happening
from lapel.sim.phone import VIEW_ON, Call, LinkedCamera, Phone
from lapel.wire.link import SLOT_S, Advert, CameraHello, slot_of
from lapel.wire.settings import Bluetooth

SLOT_MS = SLOT_S * 1000
HOUR_MS = 3_600_000

CONSTANT = {0, 1, *range(3, 25)}
"""Bytes of the advert that are always the same: lengths, kinds, service, company."""

CONSTANT_IN_HELLO = {0, 1, 2, 3, 12, 14, 15}
"""Of the camera's hello, in clear: kind, version, suite, length of caps, MTU."""


class Shift:
    """What happens to a camera in a shift, by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        self.worn = LinkedCamera()
        self.phones: list[Phone] = [self.worn.phone("view-1")]
        self.calls: list[Call] = []
        self.hellos: list[tuple[int, bytes]] = []
        self.done: set[str] = set()

    def record(self) -> None:
        self.worn.press("event", "event")

    def stop(self) -> None:
        self.worn.press("event", hold_ms=3100)

    def pair(self) -> None:
        if self.worn.mode == "buffering":
            self.worn.chord()
            self.phones.append(self.worn.phone(f"view-{len(self.phones) + 1}"))
            self.greet(self.phones[-1].pair())

    def pair_in_vain(self) -> None:
        self.worn.chord()
        self.worn.pass_ms(20_000)

    def talk(self) -> None:
        if self.phones[-1].pairings and not self.worn.pairing():
            self.calls.append(self.phones[-1].open())
            self.greet(self.calls[-1])

    def leave(self) -> None:
        for call in self.calls:
            call.lose()
        self.calls.clear()

    def dock(self) -> None:
        self.worn.camera.happen(Happening.DOCK)
        self.worn.pass_ms(self.chance.randrange(SLOT_MS))
        self.worn.camera.happen(Happening.UNDOCK)

    def greet(self, call: Call) -> None:
        """Remember the camera's hello, which goes in clear."""
        first = self.worn.radio.sent[call.number][0]
        self.hellos.append((slot_of(self.worn.camera.time.utc_ms()), first[1:]))

    def run(self, hours: int) -> None:
        acts: tuple[Callable[[], None], ...] = (
            self.record,
            self.stop,
            self.pair,
            self.pair_in_vain,
            self.talk,
            self.leave,
            self.dock,
        )
        end = self.worn.clock.mono_ms() + hours * HOUR_MS
        while self.worn.clock.mono_ms() < end:
            act = self.chance.choice(acts)
            act()
            self.done.add(act.__name__)
            self.worn.pass_ms(self.chance.randrange(SLOT_MS))
        assert len(self.done) == len(acts)

    def shown(self) -> Iterator[tuple[int, int, Shown]]:
        """What was shown, from when until when."""
        now = self.worn.camera.time.utc_ms()
        for (start, shown), (end, _) in pairwise(
            [*self.worn.radio.history, (now, None)]
        ):
            if shown is not None:
                yield start, end, shown


def constant(seen: list[bytes]) -> set[int]:
    """Places at which all have the same byte."""
    columns = enumerate(zip(*seen, strict=True))
    return {at for at, column in columns if len(set(column)) == 1}


@pytest.mark.parametrize("seed", [1, 2])
def test_over_a_shift_nothing_on_the_air_outlives_a_slot(seed: int) -> None:
    shift = Shift(seed)
    shift.run(12)
    home: dict[bytes, int] = {}
    for start, end, shown in shift.shown():
        slot = slot_of(start)
        assert end <= (slot + 1) * SLOT_MS, "it stayed behind the boundary"
        for identifier in (shown.address, Advert.decode(shown.advert).token):
            assert home.setdefault(identifier, slot) == slot
    for slot, hello in shift.hellos:
        assert home.setdefault(CameraHello.decode(hello).token[:6], slot) == slot


@pytest.mark.parametrize("seed", [3, 4])
def test_the_list_of_constant_bytes_is_whole(seed: int) -> None:
    shift = Shift(seed)
    shift.run(12)
    shown = [one for _, _, one in shift.shown()]
    assert len(shown) > 48
    assert constant([one.advert for one in shown]) == CONSTANT
    assert constant([one.address for one in shown]) == set()
    assert {one.address[0] >> 6 for one in shown} == {1}
    assert {len(one.response) for one in shown} == {0, 11}
    assert len(shift.hellos) > 8
    assert constant([hello for _, hello in shift.hellos]) == CONSTANT_IN_HELLO


@pytest.mark.parametrize("seed", [5, 6])
def test_all_identifiers_change_in_one_instant(seed: int) -> None:
    shift = Shift(seed)
    shift.run(12)
    changes = 0
    for (_, before), (at_ms, after) in pairwise(shift.worn.radio.history):
        if before is None or after is None:
            continue
        changes += 1
        assert before.address != after.address
        assert Advert.decode(before.advert) != Advert.decode(after.advert)
        if at_ms % SLOT_MS == 0:
            tokens = {Advert.decode(one.advert).token for one in (before, after)}
            assert len(tokens) == 2
    assert changes > 48


def test_at_a_boundary_the_number_of_pairing_mode_changes_too() -> None:
    worn = LinkedCamera()
    now = worn.camera.time.utc_ms()
    worn.pass_ms(SLOT_MS - now % SLOT_MS - 20_000)
    worn.chord()
    before = worn.radio.shown
    worn.pass_ms(20_000)
    after = worn.radio.shown
    assert before is not None
    assert after is not None
    assert before.response[:9] == after.response[:9] == b"\x0a\x09Camera "
    assert before.response != after.response
    assert worn.camera.link.shown().name == after.response[2:].decode()


def test_recording_changes_nothing_on_the_air() -> None:
    worn = LinkedCamera()
    worn.see(5)
    before = list(worn.radio.history)
    for _ in range(3):
        worn.press("event", "event")
        worn.see(2)
        worn.press("function")
        worn.press("function", hold_ms=3100)
        worn.press("event", hold_ms=3100)
        worn.step()
    assert worn.radio.history == before


def test_a_session_changes_nothing_on_the_air_and_a_slot_changes_it_under_one() -> None:
    worn = LinkedCamera()
    phone = worn.phone()
    worn.chord()
    phone.pair()
    before = len(worn.radio.history)
    call = phone.open()
    assert len(worn.radio.history) == before
    worn.pass_ms(SLOT_MS)
    assert len(worn.radio.history) == before + 1
    assert not call.dropped


SILENT = {
    "bluetooth off": Bluetooth(enabled=False, view_pairing=True, signal=True),
    "View off": Bluetooth(enabled=True, view_pairing=False, signal=True),
}


@pytest.mark.parametrize("why", SILENT)
def test_what_the_agency_forbids_is_not_on_the_air(why: str) -> None:
    worn = LinkedCamera()
    phone = worn.phone()
    worn.chord()
    phone.pair()
    call = phone.open()
    assert not worn.silent()
    worn.set(SILENT[why])
    worn.step()
    assert worn.silent()
    assert call.dropped
    worn.chord()
    assert worn.silent()
    assert not worn.pairing()
    worn.set(VIEW_ON)
    worn.step()
    assert not worn.silent()
    assert not phone.open().dropped


def test_off_or_docked_it_is_silent_and_has_no_link() -> None:
    worn = LinkedCamera()
    phone = worn.phone()
    worn.chord()
    phone.pair()
    for away, back in (
        (Happening.SWITCH_OFF, Happening.SWITCH_ON),
        (Happening.DOCK, Happening.UNDOCK),
    ):
        call = phone.open()
        address = worn.radio.shown.address if worn.radio.shown else b""
        worn.camera.happen(away)
        assert worn.silent()
        assert call.dropped
        worn.chord()
        assert not worn.pairing()
        worn.camera.happen(back)
        assert worn.radio.shown is not None
        assert worn.radio.shown.address != address
