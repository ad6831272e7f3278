"""Asking a browser for a passkey: at which origin, and what it answered."""

from typing import Final

from lapel.evidence.people.challenges import Challenges
from lapel.evidence.people.passkeys import Door, Shown
from lapel.evidence.people.webauthn import Answer, Origin
from lapel.evidence.web.visit import AnyRequest, address_of, front_of

FIELD: Final = "passkey"
"""The field of a form that bears what the browser answered."""


def door_of(request: AnyRequest, challenges: Challenges) -> Door:
    """Give the door that a request is at: the one of our origins that it names."""
    host = request.headers.get("host", "")
    ours = front_of(request).origins
    found = next((one for one in ours if one.partition("://")[2] == host), "")
    return Door(Origin(found), challenges)


def can_ask(request: AnyRequest, challenges: Challenges) -> bool:
    """Tell whether browsers keep passkeys for this address: it must be a name."""
    return bool(door_of(request, challenges).origin.host)


def shown(request: AnyRequest, challenges: Challenges, text: str, use: str) -> Shown:
    """Read a browser's answer; raises RefusedError `passkey`."""
    door = door_of(request, challenges)
    return Shown(Answer(text), door, use, address_of(request))
