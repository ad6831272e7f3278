"""The budget: all bays together, none for long without its turn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapel.dock.budget import Budget
from lapel.wire.port import READ_MOST


def test_without_a_limit_nobody_waits() -> None:
    budget = Budget(0)
    assert budget.take(1 << 30, 0) == 0
    assert budget.piece == READ_MOST


@given(
    rate=st.integers(1, 1 << 30),
    takes=st.lists(
        st.tuples(st.integers(1, READ_MOST), st.integers(0, 5000)), max_size=30
    ),
)
def test_all_bays_together_stay_within_the_budget(
    rate: int, takes: list[tuple[int, int]]
) -> None:
    budget, now, sent, latest = Budget(rate), 0, 0, 0.0
    for size, later in takes:
        now += later
        wait = budget.take(size, now)
        sent += size
        latest = max(latest, now / 1000 + wait)
        assert sent <= rate * (latest + 0.5) + 1
        assert wait >= 0


@pytest.mark.parametrize("rate", [1, 1_000_000, 100_000_000])
def test_a_small_budget_is_shared_in_small_pieces(rate: int) -> None:
    piece = Budget(rate).piece
    assert 64 * 1024 <= piece <= READ_MOST
    assert piece <= max(64 * 1024, rate // 4)
