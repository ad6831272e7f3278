"""Named places where a test may end the process, as a power cut would.

`LAPEL_FAULT=name` kills the process (SIGKILL: no handler, no flush) the first time
it comes to that point; `name:3` the third time. Without the variable nothing happens.
"""

import os
import signal
from collections import Counter

VARIABLE = "LAPEL_FAULT"

_seen: Counter[str] = Counter()


def point(name: str) -> None:
    """Die here if the environment names this point."""
    wanted = os.getenv(VARIABLE)
    if wanted is None:
        return
    chosen, _, nth = wanted.partition(":")
    if chosen != name:
        return
    _seen[name] += 1
    if _seen[name] >= int(nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)
