"""After upload: what lies here, and deleting it on a receipt (formats 8)."""

from collections.abc import Iterator

from lapel.base import faults
from lapel.base.errors import LapelError, RefusedError
from lapel.camera.body import Camera
from lapel.camera.recovery import settle
from lapel.camera.store import HELD_BACK, Kept
from lapel.crypto.digest import sha256
from lapel.crypto.note import LogVerifier
from lapel.proof.receipt import Own, Proven, check_deletion, prove
from lapel.wire.cbor import Value
from lapel.wire.cose import parse
from lapel.wire.journal import Entry, EntryKind, Settled, Stop
from lapel.wire.receipt import JOURNAL_RECEIVED

_CHECKPOINT = "checkpoint"


def catalogue(camera: Camera) -> Iterator[dict[int, Value]]:
    """List what lies here, oldest first; without a closing entry it is not ready."""
    for kept in camera.store.kept():
        envelope = camera.store.companion(kept.recording, ".envelope")
        yield {
            1: kept.recording,
            2: kept.length,
            3: sha256(kept.closing) if kept.closing else None,
            4: kept.note.marked,
            5: kept.note.prioritised,
            6: kept.note.start_ms,
            7: envelope is not None,
        }


def take_receipt(camera: Camera, raw: bytes) -> list[bytes]:
    """Act on a receipt: delete the recording, or trim the journal; gives what went.

    Raises `RefusedError` naming what does not hold; then nothing was changed.
    """
    policy = camera.rulebook.deletion()
    try:
        proven = prove(raw, policy.keys, policy.logs)
    except LapelError as error:
        raise RefusedError("receipt", str(error)) from error
    if camera.board.files.free() < HELD_BACK:
        camera.store.let_go()  # a full camera must be able to free itself
    try:
        return _act_on(camera, proven, raw)
    finally:
        camera.store.hold_back()


def _act_on(camera: Camera, proven: Proven, raw: bytes) -> list[bytes]:
    if proven.leaf.action == JOURNAL_RECEIVED:
        _trim(camera, proven)
        return []
    told = proven.received()
    kept = camera.store.find(told.recording)
    check_deletion(_own(camera, kept), raw, camera.rulebook.deletion())
    _keep_checkpoint(camera, proven)
    camera.store.put(kept.recording, ".receipt", raw)
    faults.point("camera.receipt.noted")
    receipt = Settled(kept.recording, sha256(raw))
    camera.note(EntryKind.RECEIPT, receipt.items())
    settle(camera.desk(), kept.recording, raw, logged=False)
    return [kept.recording]


def _own(camera: Camera, kept: Kept) -> Own:
    owner = camera.papers.owner
    if kept.closing is None or owner is None:
        raise RefusedError("wrong-state", "this recording is not closed")
    entry = Entry.decode(parse("journal", kept.closing).payload)
    stop = Stop.of(entry.data)
    return Own(
        owner.tenant,
        kept.recording,
        camera.papers.identity.serial,
        stop.length,
        stop.sha256,
        sha256(kept.closing),
    )


def _trim(camera: Camera, proven: Proven) -> None:
    told = proven.journal()
    owner = camera.papers.owner
    ours = (owner.tenant if owner else "", camera.papers.identity.serial)
    if (told.tenant, told.serial) != ours:
        raise RefusedError("journal", "a receipt for another camera's journal")
    camera.journal.trim(told.seq, told.entry_hash)
    _keep_checkpoint(camera, proven)


def _keep_checkpoint(camera: Camera, proven: Proven) -> None:
    """Keep the newest checkpoint seen, so that a log that forgets is noticed."""
    files = camera.board.files
    held = newest_checkpoint(camera)
    if held is None or proven.checkpoint.size > held[0]:
        files.replace(_CHECKPOINT, proven.note.encode())


def newest_checkpoint(camera: Camera) -> tuple[int, str] | None:
    """Give size and note of the newest checkpoint seen of the tenant's log."""
    files = camera.board.files
    if camera.rulebook.current is None or files.size(_CHECKPOINT) is None:
        return None
    try:
        note = files.read(_CHECKPOINT).decode()
        log = LogVerifier.from_vkey(camera.rulebook.current.settings.log.vkey)
        return log.open(note).size, note
    except (LapelError, UnicodeDecodeError):
        return None  # Broken, or of the log of an earlier owner.
