"""What stands beside a recording: closing entry, anchors, receipts.

A closing entry must be by the recording's own key. A receipt counts only by a trusted
key and log. What proves nothing is reported and otherwise left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lapel.base.errors import LapelError, MalformedError
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PublicKey
from lapel.proof.chain import Chain
from lapel.proof.journal import open_entry
from lapel.proof.receipt import Proven, prove
from lapel.proof.trust import Trust
from lapel.wire.journal import Anchor, EntryKind, Stop
from lapel.wire.receipt import Received
from lapel.wire.recording import WITHOUT_END, Reason


@dataclass(frozen=True, slots=True)
class Companions:
    """Raw documents that were given beside a recording."""

    closing: bytes | None = None
    anchors: tuple[bytes, ...] = ()
    receipts: tuple[bytes, ...] = ()
    clip: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """The bytes at hand: as they were stored, or a clear copy of what was sealed."""

    length: int
    sha256: bytes
    sealed: bool
    frames: int = 0


@dataclass(slots=True)
class Findings:
    """What the companions say together; `proven` are receipts for this recording."""

    contradictions: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    proven: list[Proven] = field(default_factory=list)
    explained: Reason | None = None


def open_closing(raw: bytes, key: PublicKey) -> Stop:
    """Open a closing entry; raises `MalformedError` or `SignatureError`."""
    entry = open_entry(raw, key).entry
    if entry.kind is not EntryKind.STOP:
        raise MalformedError(f"an entry of kind {entry.kind.name}, no closing entry")
    return Stop.of(entry.data)


def compare(
    chain: Chain, stored: Stored, companions: Companions, receipts: Sequence[Proven]
) -> Findings:
    """Hold a walked chain against everything that stands beside it.

    `receipts` are those that hold under a trusted key and log (`open_receipts`).
    """
    findings = Findings()
    if companions.closing is not None:
        _closing(chain, stored, companions.closing, findings)
    for raw in companions.anchors:
        _anchor(chain, raw, findings)
    for proven in receipts:
        before = len(findings.contradictions)
        if _received(chain, stored, proven.received(), findings):
            findings.proven += [proven] * (len(findings.contradictions) == before)
    return findings


def _closing(chain: Chain, stored: Stored, raw: bytes, findings: Findings) -> None:
    try:
        stop = open_closing(raw, chain.key)
    except LapelError as error:
        findings.contradictions.append(f"the closing entry: {error}")
        return
    units = _units_named(stop, closed=chain.end is not None)
    wrong = _another(chain, stop, units)
    if not wrong and chain.clip:
        return
    if not wrong and chain.end is None and _names_more(chain, stored, stop, units):
        findings.missing.append("the closing entry names more than is here")
        return
    wrong = wrong or _held(chain, stored, stop, units)
    if wrong:
        findings.contradictions.append(f"the closing entry names {wrong[0]}")
    elif chain.end is None:
        findings.explained = stop.reason


def _another(chain: Chain, stop: Stop, units: int | None) -> list[str]:
    """List what no part of the recording that is named could hold."""
    same_end = units == chain.count
    found = {
        "another recording": stop.recording != chain.genesis.recording,
        "another GENESIS": stop.genesis not in {None, chain.genesis_hash},
        "fewer units": units is not None and chain.count > units,
        "another last LINK": same_end and stop.head not in {None, chain.head},
        "counts that disagree": stop.links is not None
        and stop.frames not in {0, stop.links + 1, stop.links + 2},
    }
    return [name for name, differs in found.items() if differs]


def _names_more(chain: Chain, stored: Stored, stop: Stop, units: int | None) -> bool:
    if units is not None:
        return units > chain.count
    return stop.frames == 0 and not stored.sealed and stop.length > stored.length


def _units_named(stop: Stop, *, closed: bool) -> int | None:
    """Units by a closing entry's own count; None where it does not say."""
    if stop.links is not None:
        return stop.links
    if stop.frames:
        return max(stop.frames - (2 if closed else 1), 0)
    return None


def _held(chain: Chain, stored: Stored, stop: Stop, units: int | None) -> list[str]:
    """List what a closing entry names otherwise than the whole file has it."""
    as_stored = stored.sealed == (stop.frames > 0)
    frames = chain.count + (1 if chain.end is None else 2)
    if chain.end is None:
        reasons = WITHOUT_END
    else:
        reasons = frozenset({chain.end.reason, Reason.POWER_LOSS, Reason.RECOVERED})
    found = {
        "another count of units": units not in {None, chain.count},
        "another length or SHA-256": as_stored
        and (stop.length, stop.sha256) != (stored.length, stored.sha256),
        "another count of frames": stop.frames not in {0, frames}
        or (stored.sealed and stop.frames != stored.frames),
        "another reason": stop.reason not in reasons,
    }
    return [name for name, differs in found.items() if differs]


def _anchor(chain: Chain, raw: bytes, findings: Findings) -> None:
    try:
        entry = open_entry(raw, chain.key).entry
        if entry.kind is not EntryKind.ANCHOR:
            findings.notes.append("a journal entry that is no anchor was left out")
            return
        anchor = Anchor.of(entry.data)
    except LapelError as error:
        findings.notes.append(f"an anchor proves nothing: {error}")
        return
    if anchor.recording != chain.genesis.recording:
        findings.notes.append("an anchor of another recording was left out")
        return
    what = f"an anchor of the journal names {anchor.links} units"
    _hold(chain, anchor.links, anchor.head, what, findings)


def _hold(chain: Chain, links: int, head: bytes, what: str, into: Findings) -> None:
    """Hold a count of links and the head there against the chain."""
    if links > chain.count:
        if chain.end is not None and not chain.clip:
            into.contradictions.append(f"{what}, END names {chain.count}")
        elif not chain.clip:
            into.missing.append(what)
        return
    place = links - chain.first_index - 1
    if place >= 0:
        known = chain.heads[place]
    elif place == -1:
        known = chain.links[0].prev if chain.links else chain.genesis_hash
    else:
        return
    if known != head:
        into.contradictions.append(f"{what} and another LINK there")


def _received(
    chain: Chain, stored: Stored, received: Received, findings: Findings
) -> bool:
    """Hold a receipt against the recording; say whether it speaks of these bytes."""
    if received.recording != chain.genesis.recording:
        findings.notes.append("a receipt for another recording was left out")
        return False
    same = (received.length, received.sha256) == (stored.length, stored.sha256)
    if received.genesis is None or received.links is None or received.head is None:
        if not same:
            findings.notes.append("the receipt is for other bytes of this recording")
        return same
    if received.serial != chain.genesis.serial:
        findings.contradictions.append("the receipt names another camera")
    if received.genesis != chain.genesis_hash:
        findings.contradictions.append("the receipt names another GENESIS")
    if chain.count > received.links:
        findings.contradictions.append("more units than the receipt names")
    what = f"the receipt names {received.links} units"
    _hold(chain, received.links, received.head, what, findings)
    if stored.sealed and chain.end is not None and not same:
        findings.notes.append("the receipt is for other sealed bytes of this recording")
    return True


def open_receipts(
    companions: Companions, trust: Trust, notes: list[str]
) -> list[Proven]:
    """Receipts that hold under a trusted key and log; the others are noted."""
    held: list[Proven] = []
    for raw in companions.receipts:
        try:
            proven = prove(raw, trust.receipt_keys, trust.logs)
            proven.received()
        except LapelError as error:
            notes.append(
                f"a receipt ({sha256(raw).hex()[:16]}) proves nothing: {error}"
            )
        else:
            held.append(proven)
    return held
