"""How a dock's bays are shown: a table in a terminal, lines or JSON elsewhere."""

import json
import threading
from collections.abc import Sequence
from typing import TextIO

from rich.table import Table

from lapel.dock.model import BayState, Step

_STYLE = {
    Step.EMPTY: "dim",
    Step.DONE: "green",
    Step.RELEASED: "green",
    Step.PROBLEM: "bold red",
    Step.WAITING: "yellow",
    Step.CLOSING: "yellow",
}


def megabytes(size: float) -> str:
    """Print bytes as MB (10^6)."""
    return f"{size / 1e6:.1f} MB"


def left(state: BayState) -> str:
    """Print the time that is left."""
    seconds = state.left_s
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _count(state: BayState) -> str:
    return f"{state.recordings_done} of {state.recordings}" if state.recordings else ""


def table(states: Sequence[BayState]) -> Table:
    """Draw all bays."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Bay", "Camera", "State", "Recordings", "Read", "Rate", "Left"):
        drawn.add_column(name)
    for state in states:
        copying = state.step is Step.COPYING
        drawn.add_row(
            str(state.bay),
            state.camera,
            state.step.value,
            _count(state),
            f"{megabytes(state.done)} of {megabytes(state.total)}" if copying else "",
            f"{megabytes(state.rate)}/s" if copying else "",
            left(state) or state.message,
            style=_STYLE.get(state.step, ""),
        )
    return drawn


class Lines:
    """Plain lines: one for each change of step, and for each recording."""

    def __init__(self, out: TextIO, *, as_json: bool) -> None:
        """Write to `out`."""
        self._out = out
        self._json = as_json
        self._last: dict[int, tuple[object, ...]] = {}
        self._lock = threading.Lock()

    def begin(self, serial: str, status_port: int) -> None:
        """Say that the dock serves."""
        address = f"http://127.0.0.1:{status_port}/status.json"
        if self._json:
            self._write(json.dumps({"dock": serial, "status": address}))
        else:
            self._write(f"dock {serial} ready; status at {address}")

    def tell(self, state: BayState) -> None:
        """Tell a change; progress within a recording is left to the status page."""
        key = (state.step, state.camera, state.recordings_done, state.message)
        with self._lock:
            if self._last.get(state.bay) == key:
                return
            self._last[state.bay] = key
            if self._json:
                self._write(json.dumps(state.data()))
                return
            parts = [f"bay {state.bay}", state.camera, state.step.value]
            if state.recordings:
                parts.append(_count(state))
            parts.append(state.message)
            self._write("  ".join(part for part in parts if part))

    def _write(self, line: str) -> None:
        self._out.write(line + "\n")
        self._out.flush()
