"""A report in words for people and as plain data for programs."""

from dataclasses import dataclass

from lapel.base.clock import ClockQuality
from lapel.base.ids import recording_name
from lapel.proof.chain import Chain
from lapel.proof.recording import Report
from lapel.proof.verdict import Verdict, seconds, utc
from lapel.wire.recording import Reason, TriggerKind

_SCENE = (
    "that the scene was not staged, who is seen, or that the camera's clock was right "
    "beyond the quality named above"
)
_NOT_SAID = {
    Verdict.UNREADABLE: "what the file is, or that it was altered",
    Verdict.UNSIGNED: "who made the file, or whether it was altered",
    Verdict.UNKNOWN_SIGNER: "who signed: anyone can make such a certificate",
    Verdict.TAMPERED: "who altered it, or why; the good part is as it was signed",
    Verdict.CLIP: f"what came before and after, {_SCENE}",
    Verdict.SHORTENED: f"what the missing part showed, or who left it out, {_SCENE}",
    Verdict.NOT_CLOSED: f"whether more was recorded, {_SCENE}",
    Verdict.CLOSED_BY_POWER_LOSS: f"what was in front of it afterwards, {_SCENE}",
    Verdict.AUTHENTIC: _SCENE,
}

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


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a report: what, and what is said of it."""

    name: str
    text: str


def not_said(verdict: Verdict) -> str:
    """Tell what a verdict leaves open."""
    return f"It does not say {_NOT_SAID[verdict]}."


def lines(report: Report) -> list[Line]:
    """Give all that is known: signer, span, reasons, details, what is not said."""
    chain = report.chain
    found: list[Line] = []
    if chain is not None:
        found += [Line("signer", _signer(report)), Line("span", _span(report, chain))]
    found += [Line("reason", reason) for reason in report.reasons]
    if report.verdict is Verdict.UNKNOWN_SIGNER:
        found.append(Line("integrity", f"otherwise {report.integrity.value}"))
    if chain is not None:
        found += _details(report, chain)
    return [*found, Line("not said", not_said(report.verdict))]


def _details(report: Report, chain: Chain) -> list[Line]:
    genesis = chain.genesis
    found = [
        Line("recording", recording_name(genesis.recording)),
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
    return [*found, Line("good", good)]


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
        "not_said": not_said(report.verdict),
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
