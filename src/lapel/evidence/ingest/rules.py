"""Pure decisions on what arrived: take it in, or hold it aside and say why."""

from dataclasses import dataclass

from lapel.base.errors import MalformedError, SignatureError
from lapel.crypto.digest import sha256
from lapel.crypto.seal import NoKeyError
from lapel.evidence.ingest.inspect import Inspector
from lapel.evidence.ingest.model import Cause, Closing
from lapel.proof.chain import Chain
from lapel.proof.companions import Companions, Stored, compare
from lapel.proof.trust import Trust, check_signer
from lapel.proof.verdict import Verdict
from lapel.wire.cose import parse
from lapel.wire.journal import Entry, EntryKind, Stop
from lapel.wire.recording import WITHOUT_END

UPLOAD_MOST = 1 << 36
UPLOAD_MS = 7 * 86_400_000
HELD_MOST = 8
"""Files of one camera that may be held aside at a time."""


def read_closing(raw: bytes, recording: bytes) -> Closing:
    """Read a closing entry; who signed it is decided with the recording."""
    entry = Entry.decode(parse("journal", raw).payload)
    if entry.kind is not EntryKind.STOP:
        raise MalformedError("not a closing entry")
    stop = Stop.of(entry.data)
    if stop.recording != recording:
        raise MalformedError("the closing entry of another recording")
    return Closing(raw, sha256(raw), stop, entry.utc_ms)


@dataclass(frozen=True)
class Accepted:
    """The file is what the camera signed; `verdict` says how it ends."""

    chain: Chain
    verdict: Verdict
    anchor: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The file is held aside, for this reason."""

    cause: Cause
    words: str


def same_bytes(closing: Closing, size: int, digest: bytes) -> Refused | None:
    """Hold length and SHA-256 against the closing entry."""
    if closing.stop.length != size:
        return Refused(
            Cause.BYTES,
            f"{size} bytes arrived; the camera signed {closing.stop.length}",
        )
    if closing.stop.sha256 != digest:
        return Refused(Cause.BYTES, "the bytes are not those that the camera stored")
    return None


def decide(
    inspector: Inspector, serial: str, closing: Closing, trust: Trust, now_ms: int
) -> Accepted | Refused:
    """Judge an inspected file that was sent as one of camera `serial`.

    1. It opened, and every frame and link holds. 2. It is the recording it was sent as,
    of the camera it was sent for.
    3. The last frame and END agree. 4. The closing entry verifies under its key and
    names exactly this. 5. It ends with END, or the closing entry explains why not.
    6. Its signer is a camera of this tenant, or of a manufacturer known here.
    """
    if isinstance(inspector.fault, NoKeyError):
        return Refused(Cause.UNREADABLE, str(inspector.fault))
    chain = inspector.walked.chain
    if inspector.fault is not None or chain is None:
        words = str(inspector.fault or "the file holds no recording")
        return Refused(Cause.TAMPERED, words)
    if chain.genesis.recording != closing.stop.recording:
        return Refused(Cause.TAMPERED, "GENESIS names another recording")
    if chain.genesis.serial != serial:
        return Refused(Cause.TAMPERED, "GENESIS names another camera")
    if inspector.sealed and inspector.walked.last_marked != (chain.end is not None):
        return Refused(Cause.TAMPERED, "the last frame and END do not agree")
    return _closed(inspector, closing, trust, (chain, now_ms))


def _closed(
    inspector: Inspector, closing: Closing, trust: Trust, at: tuple[Chain, int]
) -> Accepted | Refused:
    chain, now_ms = at
    sealed = bool(inspector.sealed)
    stored = Stored(
        closing.stop.length,
        closing.stop.sha256,
        sealed,
        len(inspector.walked.parts) if sealed else 0,
    )
    findings = compare(chain, stored, Companions(closing=closing.raw), [])
    if findings.contradictions:
        return Refused(Cause.TAMPERED, findings.contradictions[0])
    if chain.clip or findings.missing:
        return Refused(Cause.TAMPERED, "this is not the whole recording")
    if chain.end is None and findings.explained not in WITHOUT_END:
        return Refused(Cause.TAMPERED, "the recording has no end, and nothing says why")
    try:
        signer = check_signer(chain.certificates, chain.genesis, trust, now_ms)
    except SignatureError as error:
        return Refused(Cause.UNKNOWN_SIGNER, str(error))
    whole = chain.end is not None
    verdict = Verdict.AUTHENTIC if whole else Verdict.CLOSED_BY_POWER_LOSS
    return Accepted(chain, verdict, signer.anchor.title)
