"""The readable report of a proof package: in words, for whoever opens the zip first."""

import datetime as dt
from zoneinfo import ZoneInfo

from lapel.base.clock import ClockQuality
from lapel.base.ids import recording_name
from lapel.evidence.items.service import Opened
from lapel.evidence.site import Site

_CLOCK = {
    ClockQuality.UNSET: "not set: the camera claims no wall-clock time",
    ClockQuality.RTC: "kept by the camera since it was last set",
    ClockQuality.DOCK: "set by a dock without a server",
    ClockQuality.SERVER: "set by the agency's server",
}
_VERIFYING = """\
How to check this package, without an account and without this agency's server:

1. Open verify.html in a browser and drop the package on it. Better: take verify.html,
   or the command `lapel verify`, from a source of your own. A package can bring a page
   that lies; a page from elsewhere does not.
2. Ask the agency, another way than by this package, for the fingerprint of its
   certificate, and compare it with the one that is shown.
3. The page judges the recording, custody, and whether a part was changed. Whether the
   journal's entries follow each other is judged by `lapel verify` alone.

This report is for reading and proves nothing by itself. The custody log names its hash,
as it does that of every other part.
"""


def text(site: Site, opened: Opened) -> str:
    """Write the report."""
    item, story = opened.item, opened.story
    zone = ZoneInfo(site.tenant.zone)
    end = item.start_ms + item.length_ms
    units = f"{story.units} units, each signed by the camera"
    rows = (
        ("Recording", recording_name(item.id)),
        ("Agency", site.tenant.name),
        ("Camera", f"{item.serial} ({item.model}), firmware {story.firmware}"),
        ("Title", item.title or "-"),
        ("From", _clock(item.start_ms, zone)),
        ("To", _clock(end, zone)),
        ("Clock", _CLOCK[ClockQuality(item.clock)]),
        ("Length", f"{item.length_ms // 60_000} min {item.length_ms // 1000 % 60} s"),
        ("Signed", units),
        ("As stored", f"{item.size} bytes, SHA-256 {item.sha256.hex()}"),
        ("Verdict when it came in", item.verdict),
    )
    lines = [f"{name}: {_line(value)}" for name, value in rows]
    made = f"Made: {_clock(site.ground.clock.utc_ms(), zone)}"
    return "\n".join(["PROOF PACKAGE", "", *lines, made, "", _VERIFYING])


def _clock(ms: int, zone: dt.tzinfo) -> str:
    moment = dt.datetime.fromtimestamp(ms // 1000, dt.UTC)
    local = f"{moment.astimezone(zone):%d %b %Y %H:%M:%S %z}"
    return f"{local} ({moment:%Y-%m-%dT%H:%M:%S}Z)"


def _line(value: str) -> str:
    """Keep a value on its line: a title cannot write lines of its own."""
    return "".join(one if one.isprintable() else " " for one in value)
