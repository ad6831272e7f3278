"""What an app keeps of its camera: the same in JavaScript as in Python."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lapel.base.clock import ClockQuality
from lapel.wire.grant import GrantRole
from lapel.wire.pairing import How, Pairings, Record
from tests.protocol.linked import CAMERA
from tests.view.scripted import Engine

RECORD = Record(
    1, CAMERA.static.point, bytes(32), bytes(32), bytes(32), bytes(32),
    How.BUTTON, GrantRole.CAMERA, 0, ClockQuality.UNSET,
)  # fmt: skip


@given(st.lists(st.integers(0, 9), max_size=24))
def test_records_are_added_and_let_go_as_in_python(
    engine: Engine, steps: list[int]
) -> None:
    """0: a session proves the newest, 1: the oldest; else another pairing."""
    ours: Pairings | None = None
    held = ours
    theirs: list[str] = []
    for number, step in enumerate(steps, 1):
        if step < 2 and ours and held:
            record = held.records[-step]
            names = [one.h.hex() for one in held.records]
            theirs = engine.do(
                act="proved", now=theirs, record=record.h.hex(), held=names
            )["outputs"][0]
            ours = ours.proved(record, held)
        else:
            h = number.to_bytes(32, "big")
            ours = Pairings.added(ours, replace(RECORD, h=h))
            theirs = engine.do(act="added", before=theirs, record=h.hex())["outputs"][0]
        if step % 3:
            held = ours
        assert [one.h.hex() for one in ours.records] == theirs
