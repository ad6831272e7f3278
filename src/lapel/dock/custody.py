"""Whether Evidence's custody log still holds what this dock and its cameras saw of it.

Every receipt carries a checkpoint; docks and cameras keep the newest (formats 9).
"""

import base64
import binascii

from lapel.base.errors import LapelError, MalformedError, SignatureError
from lapel.crypto.merkle import verify_consistency
from lapel.crypto.note import LogVerifier
from lapel.dock.evidence import Evidence
from lapel.ports.joining import ServerRefusedError


def hold_to_its_word(evidence: Evidence, log: LogVerifier, note: str) -> None:
    """Raise `SignatureError` unless the log of today extends the one of `note`.

    1. The agency's log signed `note`; another note proves nothing and is let be. 2. The
    server answers with a newer checkpoint of the same log. 3. Its consistency proof
    holds.
    """
    try:
        seen = log.open(note)
    except LapelError:
        return
    try:
        extended = evidence.extends(note)
        newest = log.open(extended.checkpoint)
        proof = [base64.b64decode(one, validate=True) for one in extended.proof]
        old, new = (seen.size, seen.root), (newest.size, newest.root)
        verify_consistency(old, new, proof)
    except (
        ServerRefusedError,
        SignatureError,
        MalformedError,
        binascii.Error,
    ) as error:
        raise SignatureError(
            "Evidence's custody log is not the one that was seen before: entries are "
            "missing or were changed. Nothing is handed over and nothing is deleted. "
            f"Tell the administrator and keep the cameras ({error})."
        ) from error
