"""An app on a computer joins an agency with a one-time code (formats 13)."""

from typing import Final

from lapel.ports.joining import authority_of, hand_in
from lapel.proof.grant import Wanted, check_grant
from lapel.view.shelf import Shelf, encode, read_granted
from lapel.wire.grant import GrantRole
from lapel.wire.machine_code import MachineCode

KIND: Final = "view"
DOOR: Final = "/api/v1/app/grant"


def enrol(shelf: Shelf, text: str, now_ms: int) -> Shelf:
    """Have the agency sign that this app's key is one of its own.

    1. Fetch the agency's CA from the address in the code. 2. Its SHA-256 must be the
    code's: the code came another way. 3. Only then, over TLS under that CA, hand over
    the secret and the public key. 4. The grant must verify, for this key and role.
    """
    code = MachineCode.decode(text, KIND)
    body = {
        "key": encode(shelf.key.public.point),
        "role": int(GrantRole.VIEW),
        "instance": shelf.instance,
    }
    granted = read_granted(hand_in(code, authority_of(code), DOOR, body))
    roles = frozenset({GrantRole.VIEW})
    key, point = granted.grant_key, shelf.key.public.point
    check_grant(granted.grant, Wanted(key, point, roles, granted.tenant), now_ms)
    return shelf.with_grant(granted)
