"""The pairing on storage: old or new, never none or torn, wherever the power goes."""

from collections.abc import Callable

import pytest
from typing_extensions import override

from lapel.camera.peer import FILE, Peer
from lapel.camera.wearer import FILE as WEARER
from lapel.protocol.app_link import Wish
from lapel.protocol.link import Why
from lapel.sim.phone import LinkedCamera, Phone
from lapel.sim.storage import Act, Fate, LoggedFiles, MemoryFiles, Operation, crash
from lapel.wire.control import LinkVerb, Nothing
from lapel.wire.journal import EntryKind
from lapel.wire.linked import Became, PairingData
from lapel.wire.pairing import Record


def stored(worn: LinkedCamera, files: MemoryFiles | None = None) -> Record | None:
    return Peer(files or worn.files, worn.camera.board.keys).load()


def paired() -> tuple[LinkedCamera, Phone]:
    worn = LinkedCamera()
    phone = worn.phone()
    worn.chord()
    phone.pair()
    return worn, phone


def test_a_record_lies_hidden() -> None:
    worn, _ = paired()
    record = stored(worn)
    assert record is not None
    for name, data in worn.files.held.items():
        for secret in (record.psk, record.wifi, record.disc):
            assert secret not in data, name


def test_a_record_that_cannot_be_read_is_none_and_the_camera_says_so() -> None:
    worn, phone = paired()
    worn.files.held[FILE][-1] ^= 1
    again = worn.again()
    assert again.camera.link.shown().paired is None
    errors = [one for one in again.journal() if one.kind is EntryKind.ERROR]
    assert any(str(one.data[1]).startswith("pairing") for one in errors)
    phone.camera = again
    again.chord()
    assert phone.pair().ended == [Why.PAIRED]


def log_of(worn: LinkedCamera, act: Callable[[], object]) -> tuple[int, LoggedFiles]:
    files = worn.files
    assert isinstance(files, LoggedFiles)
    before = len(files.log)
    act()
    assert len(files.log) > before
    return before, files


@pytest.mark.parametrize("fate", [Fate.LOST, Fate.WRITTEN, Fate.ZEROED])
def test_after_a_power_cut_the_old_record_or_the_new_one_is_there(fate: Fate) -> None:
    worn, phone = paired()
    old = stored(worn)
    worn.chord()
    before, files = log_of(worn, phone.pair)
    new, held_after = stored(worn), phone.pairings
    assert old != new
    found: list[Record | None] = []
    for upto in range(before, len(files.log) + 1):
        held = crash(files.start, files.log[:upto], lambda: fate)
        found.append(stored(worn, MemoryFiles(held)))
        again = worn.booted(held)
        phone.camera, phone.pairings = again, held_after
        assert not phone.open().dropped
    assert found[0] == old
    assert found[-1] == new
    assert all(one in (old, new) for one in found)


def cut_at(name: str, files: LoggedFiles, before: int) -> list[list[Operation]]:
    """Logs that end right before and right after the file was replaced."""
    at = [
        number
        for number, one in enumerate(files.log)
        if number >= before and one.name == name and one.act is Act.REPLACE
    ]
    return [files.log[: at[0]], files.log[: at[0] + 1]]


def test_a_phone_gets_back_in_with_what_it_held_at_each_moment() -> None:
    worn, phone = paired()
    worn.chord()
    before, files = log_of(worn, phone.pair)
    held_after = phone.pairings
    for log in cut_at(FILE, files, before):
        again = worn.booted(crash(files.start, log, lambda: Fate.LOST))
        phone.camera, phone.pairings = again, held_after
        assert not phone.open().dropped


def test_where_the_new_record_finds_no_room_the_old_one_goes_on() -> None:
    worn, phone = paired()
    old, held = stored(worn), phone.pairings
    worn.chord()
    worn.files.capacity = worn.files.capacity - worn.files.free() + 100
    second = worn.phone("view-2")
    assert second.pair().ended != [Why.PAIRED]
    worn.files.capacity = 1 << 40
    worn.pass_ms(61_000)
    assert stored(worn) == old
    assert phone.pairings == held
    assert not phone.open().dropped


def test_a_disk_that_fails_keeps_the_old_record_and_the_journal_says_so() -> None:
    worn, phone = paired()
    second = worn.phone("view-2")
    worn.chord()
    call = second.connect(Wish(compare=True))
    worn.files.failing = 1
    call.do(call.app.same(call.now))
    assert call.dropped
    entries = [one for one in worn.journal() if one.kind is EntryKind.PAIRING]
    assert PairingData.of(entries[-1].data).became is Became.NOT_KEPT
    worn.pass_ms(61_000)
    assert not phone.open().dropped


class StuckFiles(LoggedFiles):
    """Storage on which nothing can be removed, for a while."""

    stuck = False

    @override
    def remove(self, name: str) -> None:
        """Refuse, or remove."""
        if self.stuck:
            raise OSError(5, "input/output error")
        super().remove(name)


def test_an_app_hears_of_its_unpairing_only_when_the_record_is_gone() -> None:
    first, phone = paired()
    files = StuckFiles({name: bytes(data) for name, data in first.files.held.items()})
    worn = LinkedCamera(files)
    worn.agency = first.agency
    worn.clock.go_on(first.clock.mono_ms())
    worn.camera.switch(on=True)
    worn.step()
    phone.camera = worn
    call = phone.open()
    files.stuck = True
    call.do(call.app.ask(LinkVerb.UNPAIR, Nothing()))
    assert call.dropped
    assert len(call.heard) == 3, "the answer of the first request, and nothing after"
    files.stuck = False
    worn.step()
    assert worn.files.size(FILE) is None


def test_what_the_wearer_chose_can_be_lost_but_not_torn() -> None:
    worn, _ = paired()
    worn.press("battery", hold_ms=10_100)
    assert worn.files.size(WEARER) is not None
    worn.files.held[WEARER] = bytearray(b"\xff")
    assert not worn.again().camera.speaker.stealth
