"""What changed between two tellings of a log, and from which act."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.crypto.digest import sha256
from lapel.proof.histories import Change, Departure, departure

ACTS = [sha256(b"act %d" % number) for number in range(40)]
OTHER = [sha256(b"other %d" % number) for number in range(40)]


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (ACTS[:7], Departure(Change.CUT, 7, 9, 3)),
        ([], Departure(Change.CUT, 0, 9, 10)),
        ([*ACTS[:4], OTHER[4], *ACTS[5:10]], Departure(Change.EDITED, 4, 4, 1)),
        ([*ACTS[:9], OTHER[9], *OTHER[10:12]], Departure(Change.EDITED, 9, 9, 1)),
        ([*ACTS[:4], *ACTS[6:10]], Departure(Change.REMOVED, 4, 5, 2)),
        ([*ACTS[:4], *ACTS[5:10], *OTHER[:9]], Departure(Change.REMOVED, 4, 4, 1)),
        ([*ACTS[:4], *OTHER[:3], *ACTS[4:10]], Departure(Change.INSERTED, 4, 6, 3)),
        ([*ACTS[:4], OTHER[0], *ACTS[4:8]], Departure(Change.INSERTED, 4, 4, 1)),
        ([*ACTS[:8], ACTS[9], ACTS[8]], Departure(Change.REORDERED, 8, 9, 2)),
        ([*ACTS[1:3], ACTS[0], *ACTS[3:12]], Departure(Change.REORDERED, 0, 2, 3)),
        ([*ACTS[:6], *OTHER[6:12]], Departure(Change.REWRITTEN, 6, 9, 4)),
    ],
)
def test_each_way_to_change_a_history_is_named(
    now: list[bytes], found: Departure
) -> None:
    assert departure(ACTS[:10], now) == found


def test_edits_apart_are_counted_and_not_claimed_for_what_is_between() -> None:
    now = [*ACTS[:3], OTHER[3], *ACTS[4:6], OTHER[6], *ACTS[7:10]]
    found = departure(ACTS[:10], now)
    assert found == Departure(Change.EDITED, 3, 6, 2)
    assert found is not None
    assert found.words.startswith("2 of acts 3 to 6 changed")


@given(size=st.integers(0, 30), more=st.integers(0, 10))
def test_a_history_that_only_goes_on_departs_nowhere(size: int, more: int) -> None:
    assert departure(ACTS[:size], ACTS[: size + more]) is None


@given(st.lists(st.sampled_from(ACTS[:8])), st.lists(st.sampled_from(ACTS[:8])))
def test_two_histories_depart_exactly_when_one_does_not_begin_the_other(
    kept: list[bytes], now: list[bytes]
) -> None:
    found = departure(kept, now)
    assert (found is None) == (now[: len(kept)] == kept)
    if found is not None:
        assert kept[: found.first] == now[: found.first]
        assert 0 < found.count <= found.last - found.first + 1
        assert found.words
