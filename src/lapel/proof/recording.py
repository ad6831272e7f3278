"""The verdict on a recording: what it proves, up to where, and what it does not say."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lapel.base.errors import LapelError, MalformedError, SignatureError
from lapel.crypto.certs import Certificate
from lapel.crypto.keys import PrivateKey
from lapel.crypto.seal import FrameError, Opener
from lapel.proof.chain import BrokenError, Chain, part_size
from lapel.proof.companions import Companions, Findings, Stored, compare, open_receipts
from lapel.proof.receipt import Proven
from lapel.proof.sealed import (
    FramePlace,
    is_sealed,
    is_torn_frame,
    open_frame,
    start_opening,
    whole_frames,
)
from lapel.proof.tail import holds_document, is_torn
from lapel.proof.trust import Trust, check_signer
from lapel.proof.verdict import GRAVEST_FIRST, Extent, Verdict, seconds, words
from lapel.wire.recording import WITHOUT_END


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens a sealed file: evidence keys and the envelope beside it."""

    privates: tuple[PrivateKey, ...] = ()
    envelope: bytes | None = None


@dataclass(frozen=True)
class Report:
    """The answer. `integrity` is the verdict apart from who signed.

    `extent.size` counts bytes of the file at hand, up to the last good box.
    """

    verdict: Verdict
    integrity: Verdict
    extent: Extent
    reasons: tuple[str, ...]
    chain: Chain | None = None
    anchor: Certificate | None = None
    receipts: tuple[Proven, ...] = ()
    proof_ms: int = 0
    clear_size: int = 0

    @property
    def line(self) -> str:
        """First line for people: the words, and the code in brackets."""
        return f"{self.words} [{self.verdict.value}]"

    @property
    def words(self) -> str:
        """Words of the verdict; for TAMPERED also where and why."""
        said = words(self.verdict, self.extent)
        if self.verdict is not Verdict.TAMPERED:
            return said
        where = f"behind byte {self.extent.size}, second {seconds(self.extent.end_ms)}"
        return f"{said} {where}: {self.reasons[0]}"


@dataclass(slots=True)
class Walk:
    """How far a file could be walked, and what stopped it."""

    chain: Chain | None = None
    size: int = 0
    clear_size: int = 0
    broken: str | None = None
    torn: bool = False
    frames: int = 0
    unreadable: str | None = None
    unsigned: bool = False


def walk_clear(data: memoryview) -> Walk:
    """Walk a recording in the clear."""
    walk = Walk()
    size = part_size(data, 0)
    begins = bytes(data[4:8]) == b"ftyp"
    try:
        if not begins or size is None:
            raise BrokenError("the file does not begin with ftyp, moov and GENESIS")
        walk.chain = Chain.begin(data[:size])
    except BrokenError as error:
        if holds_document(data, 0, len(data)):
            walk.broken = str(error)
        elif begins:
            walk.unsigned = True
        else:
            walk.unreadable = "the file is not a recording"
        return walk
    walk.size = walk.clear_size = size
    _walk_parts(data, walk, walk.chain)
    return walk


def _walk_parts(data: memoryview, walk: Walk, chain: Chain) -> None:
    while walk.size < len(data):
        size = part_size(data, walk.size)
        try:
            if size is None:
                raise BrokenError("what follows is no whole unit of a recording")
            chain.take(data[walk.size : walk.size + size])
        except BrokenError as error:
            walk.torn = chain.end is None and is_torn(data, walk.size)
            if not walk.torn or chain.clip:
                walk.broken = str(error)
            return
        walk.size += size
        walk.clear_size = walk.size


def walk_sealed(data: memoryview, keys: Keys) -> Walk:
    """Walk a sealed file with the keys at hand."""
    walk = Walk()
    try:
        raw, header, opener = start_opening(data, keys.envelope, keys.privates)
    except LapelError as error:
        walk.unreadable = str(error)
        return walk
    walk.size = len(raw)
    _walk_frames(data, walk, opener)
    chain = walk.chain
    if chain is not None and chain.genesis.recording != header.recording:
        walk.broken = walk.broken or "GENESIS names another recording than the header"
    return walk


def _walk_frames(data: memoryview, walk: Walk, opener: Opener) -> None:
    for place in whole_frames(data, walk.size):
        try:
            _take_frame(data, walk, opener, place)
        except (BrokenError, FrameError) as error:
            walk.broken = str(error)
            return
    if walk.size < len(data):
        closed = walk.chain is not None and walk.chain.end is not None
        walk.torn = not closed and is_torn_frame(data, walk.size, walk.frames)
        if not walk.torn:
            walk.broken = "a frame whose check is wrong, or bytes behind the last frame"


def _take_frame(
    data: memoryview, walk: Walk, opener: Opener, place: FramePlace
) -> None:
    part, last = open_frame(opener, place, data, at_end=place.end == len(data))
    if walk.chain is None:
        walk.chain = Chain.begin(part)
    else:
        walk.chain.take(part)
    if last != (walk.chain.end is not None):
        raise BrokenError("the last frame and END do not agree")
    walk.size, walk.frames = place.end, place.index + 1
    walk.clear_size += len(part)


def sha256_of(data: memoryview) -> bytes:
    """Hash a whole file in pieces, so that other threads go on meanwhile."""
    running = hashlib.sha256()
    for place in range(0, len(data), 1 << 20):
        running.update(data[place : place + (1 << 20)])
    return running.digest()


def judge(
    data: memoryview,
    trust: Trust,
    now_ms: int,
    companions: Companions | None = None,
    keys: Keys | None = None,
) -> Report:
    """Judge one file: a recording in the clear, or a sealed file with its keys.

    1. Walk it as far as it is what the camera signed. 2. Hold it against what stands
    beside it. 3. Decide whether the signer is to be trusted at the proof time.
    """
    companions = companions or Companions()
    sealed = is_sealed(data)
    asked = companions.closing is not None or bool(companions.receipts)
    with ThreadPoolExecutor(1) as threads:
        hashed = threads.submit(sha256_of, data) if asked else None
        walk = walk_sealed(data, keys or Keys()) if sealed else walk_clear(data)
        digest = hashed.result() if hashed else b""
    if walk.chain is None:
        return _without_chain(walk)
    chain = walk.chain
    chain.clip = chain.clip or companions.clip
    if chain.clip and walk.torn:
        walk.broken = walk.broken or "a clip that ends within a unit"
    notes: list[str] = []
    held = open_receipts(companions, trust, notes)
    stored = Stored(len(data), digest, sealed, walk.frames)
    findings = compare(chain, stored, companions, held)
    received = [proven.received().received_ms for proven in findings.proven]
    integrity, reasons = _integrity(walk, chain, findings)
    verdict, anchor = integrity, None
    proof_ms = min(received, default=now_ms)
    try:
        vouched = check_signer(chain.certificates, chain.genesis, trust, proof_ms)
        anchor, notes = vouched.anchor, [*vouched.notes, *notes]
    except SignatureError as error:
        verdict, reasons = Verdict.UNKNOWN_SIGNER, (str(error), *reasons)
    return Report(
        verdict,
        integrity,
        Extent(walk.size, chain.start_ms, chain.end_ms),
        (*reasons, *notes, *findings.notes),
        chain,
        anchor,
        tuple(findings.proven),
        proof_ms,
        walk.clear_size,
    )


def _without_chain(walk: Walk) -> Report:
    if walk.broken:
        verdict, reason = Verdict.TAMPERED, walk.broken
    elif walk.unsigned:
        verdict, reason = Verdict.UNSIGNED, "no signature of a camera is in this file"
    else:
        verdict = Verdict.UNREADABLE
        reason = walk.unreadable or "the file ends before it says whose it is"
    return Report(verdict, verdict, Extent(), (reason,))


def unreadable(reason: str) -> Report:
    """Give the report on a file that cannot even be read."""
    return Report(Verdict.UNREADABLE, Verdict.UNREADABLE, Extent(), (reason,))


def _integrity(
    walk: Walk, chain: Chain, findings: Findings
) -> tuple[Verdict, tuple[str, ...]]:
    """First verdict that applies, apart from the signer, and its reasons."""
    wrong = [walk.broken] if walk.broken else []
    wrong += findings.contradictions
    if wrong:
        return Verdict.TAMPERED, tuple(wrong)
    if chain.clip and chain.links:
        return Verdict.CLIP, (
            "these units follow each other as the camera signed them",
        )
    if findings.missing:
        return Verdict.SHORTENED, tuple(findings.missing)
    if chain.end is not None:
        return Verdict.AUTHENTIC, ("everything up to END is as the camera signed it",)
    if findings.explained in WITHOUT_END and not walk.torn:
        return Verdict.CLOSED_BY_POWER_LOSS, (
            "the camera's own closing entry says that it ends here without END",
        )
    return Verdict.NOT_CLOSED, ("no END, and nothing that explains it",)


def gravest(codes: Iterable[int]) -> int:
    """Exit code for several files."""
    given = set(codes)
    found = [code for code in GRAVEST_FIRST if code in given]
    if not found:
        raise MalformedError("nothing to verify")
    return found[0]
