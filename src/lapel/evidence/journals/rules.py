"""Pure decisions on journals."""

from lapel.base.errors import SignatureError
from lapel.crypto.certs import Certificate, Role, check_path
from lapel.crypto.keys import PublicKey
from lapel.wire.cbor import Value
from lapel.wire.journal import Entry, EntryKind

GAP = "gap"
FORK = "fork"

NAMES_RECORDING = frozenset(
    {
        EntryKind.START,
        EntryKind.ANCHOR,
        EntryKind.STOP,
        EntryKind.ANNOTATION,
        EntryKind.RECEIPT,
        EntryKind.DELETION,
        EntryKind.ANNOTATION,
    }
)


def allow_key(
    chain: tuple[Certificate, ...], serial: str, anchors: tuple[Certificate, ...]
) -> PublicKey:
    """Give the key of a boot entry's certificate.

    1. Its role is camera sign. 2. It names this camera. 3. A path leads to the tenant's
    CA or to a manufacturer whose voucher was added.
    """
    leaf = chain[0]
    if leaf.role is not Role.CAMERA_SIGN:
        raise SignatureError("the journal's certificate is not for signing")
    if leaf.serial != serial:
        raise SignatureError("the journal is signed by another camera")
    check_path(chain, anchors)
    return leaf.public


def recording_of(entry: Entry) -> bytes | None:
    """Give the recording that an entry is about."""
    if entry.kind not in NAMES_RECORDING:
        return None
    found: Value = entry.data.get(1)
    return found if isinstance(found, bytes) and len(found) == 16 else None
