"""Verdicts on a recording: stable codes, their words, and exit codes (formats 4)."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What can be said of a recording; the value is the stable code."""

    UNREADABLE = "unreadable"
    UNSIGNED = "unsigned"
    UNKNOWN_SIGNER = "unknown-signer"
    TAMPERED = "tampered"
    CLIP = "clip"
    SHORTENED = "shortened"
    NOT_CLOSED = "not-closed"
    CLOSED_BY_POWER_LOSS = "closed-by-power-loss"
    AUTHENTIC = "authentic"

    @property
    def exit_code(self) -> int:
        """Exit code of `lapel verify`."""
        return _EXITS[self]


_EXITS = {
    Verdict.UNREADABLE: 2,
    Verdict.UNSIGNED: 2,
    Verdict.UNKNOWN_SIGNER: 2,
    Verdict.TAMPERED: 1,
    Verdict.CLIP: 0,
    Verdict.SHORTENED: 3,
    Verdict.NOT_CLOSED: 3,
    Verdict.CLOSED_BY_POWER_LOSS: 0,
    Verdict.AUTHENTIC: 0,
}

GRAVEST_FIRST = (1, 3, 2, 0)
"""Which exit code decides for several files."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is good: bytes of the file at hand, and media time in ms."""

    size: int = 0
    start_ms: int = 0
    end_ms: int = 0


def seconds(ms: int) -> str:
    """Print milliseconds as seconds, without needless zeros."""
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".")


def utc(ms: int) -> str:
    """Print UTC milliseconds as an ISO 8601 time; beyond the year 9999 as a number."""
    try:
        moment = dt.datetime.fromtimestamp(ms // 1000, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return f"{ms} ms after 1970 UTC"
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d} UTC"


def words(verdict: Verdict, extent: Extent) -> str:
    """First line for people; the code follows it in brackets."""
    end, start = seconds(extent.end_ms), seconds(extent.start_ms)
    return {
        Verdict.UNREADABLE: "UNREADABLE",
        Verdict.UNSIGNED: "UNSIGNED",
        Verdict.UNKNOWN_SIGNER: "SIGNED, SIGNER UNKNOWN",
        Verdict.TAMPERED: "TAMPERED",
        Verdict.CLIP: f"AUTHENTIC CLIP, seconds {start} to {end}",
        Verdict.SHORTENED: f"AUTHENTIC TO second {end}, REST MISSING",
        Verdict.NOT_CLOSED: f"AUTHENTIC TO second {end}, NOT CLOSED",
        Verdict.CLOSED_BY_POWER_LOSS: f"AUTHENTIC, CUT SHORT at second {end}",
        Verdict.AUTHENTIC: "AUTHENTIC",
    }[verdict]
