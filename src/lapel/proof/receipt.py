"""What a receipt proves, and when a camera may delete on it (formats 8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from lapel.base.errors import LapelError, RefusedError, SignatureError
from lapel.crypto import cose
from lapel.crypto.keys import PublicKey
from lapel.crypto.merkle import leaf_hash, verify_inclusion
from lapel.crypto.note import LogVerifier, open_any
from lapel.wire.cose import parse
from lapel.wire.custody import Checkpoint, Leaf
from lapel.wire.receipt import (
    JOURNAL_RECEIVED,
    RECORDING_RECEIVED,
    JournalReceived,
    Receipt,
    Received,
)


@dataclass(frozen=True)
class Proven:
    """A receipt that holds: its leaf stands in a log whose checkpoint was signed."""

    leaf: Leaf
    index: int
    checkpoint: Checkpoint
    note: str

    def received(self) -> Received:
        """Detail of `recording.received`; raises `RefusedError` for another act."""
        if self.leaf.action != RECORDING_RECEIVED:
            raise RefusedError("action", "a receipt for another act")
        return Received.of(self.leaf.detail)

    def journal(self) -> JournalReceived:
        """Detail of `journal.received`; raises `RefusedError` for another act."""
        if self.leaf.action != JOURNAL_RECEIVED:
            raise RefusedError("action", "a receipt for another act")
        return JournalReceived.of(self.leaf.detail)


def prove(
    receipt: bytes, keys: Sequence[PublicKey], logs: Sequence[LogVerifier]
) -> Proven:
    """Open a receipt; raises `MalformedError` or `SignatureError`.

    1. A trusted receipt key signed it. 2. A trusted log signed its checkpoint. 3. The
    leaf stands at its index below the checkpoint's root.
    """
    document = parse("receipt", receipt)
    for key in keys:
        if key.kid == document.kid:
            cose.verify("receipt", document, key)
            break
    else:
        raise SignatureError("a receipt by a key that is not trusted")
    read = Receipt.decode(document.payload)
    checkpoint = open_any(read.checkpoint, logs)
    verify_inclusion(
        leaf_hash(read.leaf), read.index, checkpoint.size, read.proof, checkpoint.root
    )
    return Proven(Leaf.decode(read.leaf), read.index, checkpoint, read.checkpoint)


@dataclass(frozen=True, slots=True)
class Own:
    """What a camera knows itself of a recording that it has closed."""

    tenant: str
    recording: bytes
    serial: str
    length: int
    sha256: bytes
    closing_hash: bytes


@dataclass(frozen=True)
class DeletionPolicy:
    """Whose receipts count, by the camera's settings."""

    keys: tuple[PublicKey, ...]
    logs: tuple[LogVerifier, ...]
    unopened: bool = False


def check_deletion(own: Own, receipt: bytes, policy: DeletionPolicy) -> Proven:
    """Allow a deletion, or raise `RefusedError` naming what does not hold.

    1. to 3. as `prove`. 4. The act is `recording.received`. 5. Tenant, recording,
    serial, length, SHA-256 and closing entry are the camera's own. 6. The server opened
    the recording, or settings say that it need not.
    """
    try:
        proven = prove(receipt, policy.keys, policy.logs)
        told = proven.received()
    except RefusedError:
        raise
    except LapelError as error:
        raise RefusedError("receipt", str(error)) from error
    for name in ("tenant", "recording", "serial", "length", "sha256", "closing_hash"):
        if getattr(told, name) != getattr(own, name):
            raise RefusedError(name, f"the receipt names another {name}")
    if not (told.opened or policy.unopened):
        raise RefusedError("opened", "the server has not opened the recording")
    return proven
