"""Ctrl-C and SIGTERM as an event, so that long commands end in order."""

import signal
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """Give an event that is set when the command is asked to end."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return stop
