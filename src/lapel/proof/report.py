"""A report in words for people and as plain data for programs."""

import datetime as dt
from dataclasses import dataclass

from lapel.base.clock import ClockQuality
from lapel.base.ids import recording_name
from lapel.proof.chain import Chain
from lapel.proof.recording import Report
from lapel.proof.verdict import Verdict, seconds
from lapel.wire.recording import Reason, TriggerKind

NOT_SAID = (
    "It does not say that the scene was not staged, who is seen, or that the camera's "
    "clock was right beyond the quality named above."
)

_CLOCK = {
    ClockQuality.UNSET: "the clock was not set: no wall-clock time is claimed",
    ClockQuality.RTC: "clock kept by the camera since it was last set",
    ClockQuality.DOCK: "clock set by a dock without a server",
    ClockQuality.SERVER: "clock set by the agency's server",
}
_REASON = {
    Reason.BUTTON: "by the wearer",
    Reason.ROLLOVER: "at the roll-over; the next recording continues it",
    Reason.MEMORY_FULL: "because the storage was full",
    Reason.BATTERY: "because the battery was empty",
    Reason.POWER_LOSS: "by a loss of power",
    Reason.ERROR: "by an error of the camera",
    Reason.RECOVERED: "by recovery at the next start",
    Reason.DOCKED: "because the camera was docked",
}
_TRIGGER = {
    TriggerKind.BUTTON: "by the wearer's button",
    TriggerKind.SIGNAL: "by an accessory",
    TriggerKind.REQUEST: "by a request",
    TriggerKind.ROLLOVER: "as the continuation of another recording",
}


def utc(ms: int) -> str:
    """Print UTC milliseconds as an ISO 8601 time."""
    moment = dt.datetime.fromtimestamp(ms // 1000, dt.UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d} UTC"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a report: what, and what is said of it."""

    name: str
    text: str


def lines(report: Report) -> list[Line]:
    """Give all that is known, in the order in which it is asked for."""
    found = [Line("why", reason) for reason in report.reasons]
    chain = report.chain
    if chain is None:
        return found
    genesis = chain.genesis
    found += [
        Line("recording", recording_name(genesis.recording)),
        Line("signer", _signer(report)),
    ]
    if report.verdict is Verdict.UNKNOWN_SIGNER:
        found.append(Line("integrity", f"otherwise {report.integrity.value}"))
    found += [
        Line("span", _span(report, chain)),
        Line("clock", _CLOCK[ClockQuality(genesis.clock)]),
        Line("started", _TRIGGER[genesis.trigger.kind]),
    ]
    if genesis.pre_event_ms:
        text = f"{seconds(genesis.pre_event_ms)} s are from before the start"
        found.append(Line("before", text))
    if chain.end is not None and report.integrity is not Verdict.TAMPERED:
        found.append(Line("closed", _REASON[chain.end.reason]))
    picture = "encoded in the camera" if genesis.encoded_here else "as the sensor gave"
    found.append(Line("picture", picture))
    for proven in report.receipts:
        text = f"entry {proven.index} of {proven.checkpoint.origin}"
        received = utc(proven.received().received_ms)
        found.append(Line("receipt", f"{text}, received {received}"))
    good = f"{report.extent.size} bytes from the beginning are as signed"
    found.append(Line("good", good))
    found.append(Line("not said", NOT_SAID))
    return found


def _span(report: Report, chain: Chain) -> str:
    extent, start = report.extent, chain.genesis.start_ms
    span = f"seconds {seconds(extent.start_ms)} to {seconds(extent.end_ms)}"
    span += f", {len(chain.links)} signed units"
    if not chain.genesis.clock:
        return span
    return f"{utc(start + extent.start_ms)} to {utc(start + extent.end_ms)}; {span}"


def _signer(report: Report) -> str:
    chain = report.chain
    if chain is None:
        return ""
    genesis, leaf = chain.genesis, chain.certificates[0]
    camera = f"camera {genesis.model} {genesis.serial}"
    if report.anchor is None:
        return f"{camera} by its own word; certificate {leaf.fingerprint.hex()}"
    title = report.anchor.title
    return f"{camera}, trusted by {title} ({report.anchor.fingerprint.hex()})"


def data(report: Report) -> dict[str, object]:
    """Give the report as JSON values; the keys are stable."""
    chain = report.chain
    result: dict[str, object] = {
        "code": report.verdict.value,
        "words": report.words,
        "exit": report.verdict.exit_code,
        "integrity": report.integrity.value,
        "good_until": {"bytes": report.extent.size, "ms": report.extent.end_ms},
        "reasons": list(report.reasons),
    }
    if chain is None:
        return result
    genesis = chain.genesis
    leaf = chain.certificates[0]
    return result | {
        "recording": recording_name(genesis.recording),
        "serial": genesis.serial,
        "model": genesis.model,
        "certificate": leaf.fingerprint.hex(),
        "anchor": report.anchor.fingerprint.hex() if report.anchor else None,
        "start_ms": genesis.start_ms + report.extent.start_ms,
        "end_ms": genesis.start_ms + report.extent.end_ms,
        "clock": genesis.clock,
        "units": len(chain.links),
        "closed": chain.end.reason.name.lower() if chain.end else None,
        "proof_ms": report.proof_ms,
        "receipts": [
            {"index": p.index, "origin": p.checkpoint.origin} for p in report.receipts
        ],
    }
