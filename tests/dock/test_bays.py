"""How bays are shown: a table, plain lines, JSON on loopback."""

import io
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import pytest
from rich.console import Console

from lapel.base.errors import SetupError
from lapel.cli.bays import Lines, left, table
from lapel.dock.model import BayState, Item, Step, in_order
from lapel.dock.status import serve_status

COPYING = BayState(
    1, Step.COPYING, "X81000001", 250_000_000, 1_000_000_000, 1, 3, 5_000_000
)
STATES = (COPYING, BayState(2), BayState(3, Step.PROBLEM, "X81000002", message="why"))


def test_a_table_shows_state_progress_rate_and_time_left() -> None:
    out = io.StringIO()
    Console(file=out, width=140).print(table(STATES))
    first = next(line for line in out.getvalue().splitlines() if "X81000001" in line)
    for part in ("copying", "1 of 3", "250.0 MB of 1000.0 MB", "5.0 MB/s"):
        assert part in first
    assert "2 min 30 s" in first
    assert "why" in out.getvalue()
    assert left(STATES[1]) == ""


def test_lines_are_plain_and_tell_each_change_once() -> None:
    out = io.StringIO()
    lines = Lines(out, as_json=False)
    lines.begin("DOCK-1", 8080)
    for state in (*STATES, *STATES):
        lines.tell(state)
    told = out.getvalue().splitlines()
    assert told[0] == "dock DOCK-1 ready; status at http://127.0.0.1:8080/status.json"
    assert told[1] == "bay 1  X81000001  copying  1 of 3"
    assert told[3] == "bay 3  X81000002  problem  why"
    assert len(told) == 4
    assert "\x1b" not in out.getvalue()


def test_lines_may_be_json() -> None:
    out = io.StringIO()
    lines = Lines(out, as_json=True)
    lines.begin("DOCK-1", 8080)
    lines.tell(COPYING)
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first["dock"] == "DOCK-1"
    assert (second["step"], second["left_s"]) == ("copying", 150.0)


@contextmanager
def serving() -> Generator[int]:
    server = serve_status(lambda: STATES)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_the_status_answers_on_loopback_and_to_nobody_else_s_page() -> None:
    with serving() as port:
        url = f"http://127.0.0.1:{port}"
        read = httpx.get(f"{url}/status.json").json()
        assert [bay["step"] for bay in read["bays"]] == ["copying", "empty", "problem"]
        assert httpx.get(f"{url}/other").status_code == 404
        assert httpx.post(f"{url}/status.json").status_code == 501
        foreign = {"Host": "dock.example"}
        assert httpx.get(f"{url}/status.json", headers=foreign).status_code == 403


def test_a_taken_status_port_is_named() -> None:
    with serving() as port, pytest.raises(SetupError, match=f"port {port} is taken"):
        serve_status(lambda: STATES, port)
    assert "status" not in {thread.name for thread in threading.enumerate()}


def test_what_was_asked_for_goes_before_what_was_marked_and_the_oldest_first() -> None:
    def item(
        number: int, start: int, *, marked: bool = False, asked: bool = False
    ) -> Item:
        return Item(bytes((number,)), 1, bytes(32), marked, asked, start, True)

    still_open = Item(b"\x09", 1, None, True, True, 0, True)
    items = (
        item(1, 5),
        item(2, 1),
        item(3, 9, marked=True),
        item(4, 8, asked=True),
        still_open,
    )
    assert [one.recording[0] for one in in_order(items)] == [4, 3, 2, 1]
