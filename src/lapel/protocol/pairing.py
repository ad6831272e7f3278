"""Pairing: what the agency demands, whom a grant names, and pairing mode.

How one side knows the other is the strongest of: a grant of the agency for the key that
the handshake used; a code that people compared; that somebody pressed the buttons.
"""

from dataclasses import dataclass
from typing import Final

from lapel.base.clock import Entropy
from lapel.base.errors import LapelError, RefusedError
from lapel.crypto.keys import PublicKey
from lapel.crypto.link import DISC, PSK, WIFI
from lapel.crypto.noise import Keys, Pair
from lapel.proof.grant import Wanted, check_grant
from lapel.protocol.link import Judged, LinkError, Now, Why
from lapel.wire.grant import GrantRole
from lapel.wire.link import slot_of
from lapel.wire.pairing import VERSION, How, Record

WINDOW_MS: Final = 60_000
FAILURES_MOST: Final = 3
_HONEST: Final = frozenset({"grant-expired", "grant-tenant"})
"""What may be wrong with the grant of an honest device: it counts for nothing."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What the agency demands of a pairing; they add up."""

    grant: bool = False
    compared: bool = False
    button: bool = True
    """Whether having pressed the buttons is enough."""

    def met(self, how: How, *, compared: bool) -> bool:
        """Whether a pairing is good enough; `compared`: the code was confirmed too."""
        if self.grant and how is not How.GRANT:
            return False
        if self.compared and not compared:
            return False
        return self.button or how is not How.BUTTON


NO_DEMANDS: Final = Demands()


@dataclass(frozen=True, slots=True)
class Policy:
    """What the agency allows a camera on the link (R10)."""

    bluetooth: bool = True
    view_pairing: bool = True
    demands: Demands = NO_DEMANDS

    @property
    def link(self) -> bool:
        """Whether there may be any link."""
        return self.bluetooth and self.view_pairing


@dataclass(frozen=True, slots=True)
class Trust:
    """By what one side judges the other's grant; the first role is that without one.

    Without a grant key there is no agency, and no grant counts. `holders` are the
    serials that Evidence lists for the app's user; None where nobody lists any.
    """

    roles: tuple[GrantRole, ...]
    grant_key: PublicKey | None = None
    tenant: str = ""
    holders: frozenset[str] | None = None


CAMERAS: Final = (GrantRole.CAMERA,)
APPS: Final = (GrantRole.VIEW, GrantRole.VIEW_XL)


@dataclass(frozen=True)
class Identity:
    """What one side brings: its `link` key, its grant or b"", its trust, randomness."""

    static: Pair
    grant: bytes
    trust: Trust
    entropy: Entropy


def judge_grant(payload: bytes, static: bytes, trust: Trust, now: Now) -> Judged:
    """Judge the payload of the side whose static key this handshake used.

    1. A grant must be one of the agency's for this key and role; a copied or forged one
    raises `LinkError`. 2. One that has expired, or is of another agency, counts for
    nothing. 3. So does one for a camera that is not among the user's.
    """
    unverified = trust.roles[0]
    if not payload or trust.grant_key is None:
        return Judged(unverified, reason="grant-none")
    wanted = Wanted(trust.grant_key, static, frozenset(trust.roles), trust.tenant)
    try:
        grant = check_grant(payload, wanted, now.known_ms)
    except RefusedError as error:
        if error.reason in _HONEST:
            return Judged(unverified, reason=error.reason)
        raise LinkError(Why.CRYPTO, str(error)) from error
    except LapelError as error:
        raise LinkError(Why.CRYPTO, str(error)) from error
    if trust.holders is not None and grant.holder not in trust.holders:
        return Judged(unverified, reason="grant-holder")
    return Judged(grant.role, grant.holder)


def record_of(keys: Keys, peer: bytes, by: tuple[Judged, How], now: Now) -> Record:
    """Make the record that a pairing leaves on one side."""
    judged, how = by
    return Record(
        VERSION,
        peer,
        keys.derive(PSK),
        keys.derive(WIFI),
        keys.derive(DISC),
        keys.hash,
        how,
        judged.role,
        now.utc_ms,
        now.clock,
        judged.holder,
    )


class Window:
    """Pairing mode of a camera: 60 s from the chord, closed by three failures."""

    def __init__(self, entropy: Entropy) -> None:
        """Begin closed."""
        self._entropy = entropy
        self._until: int | None = None
        self._failures = 0
        self._slot = -1
        self.token = b""
        self.number = 0

    @property
    def is_open(self) -> bool:
        """Whether the camera is in pairing mode."""
        return self._until is not None

    def next_deadline(self) -> int | None:
        """When it closes by itself."""
        return self._until

    @property
    def failures(self) -> int:
        """How many handshakes failed since it was opened."""
        return self._failures

    def open(self, now: Now) -> None:
        """Open it anew, with a token and a number of its own."""
        self._until = now.mono_ms + WINDOW_MS
        self._failures = 0
        self._draw(slot_of(now.utc_ms))

    def _draw(self, slot: int) -> None:
        self._slot = slot
        self.token = self._entropy(8)
        self.number = int.from_bytes(self._entropy(8), "big") % 100

    def follow(self, now: Now) -> None:
        """Draw token and number anew in a new slot: no identifier outlives one."""
        if self.is_open and slot_of(now.utc_ms) != self._slot:
            self._draw(slot_of(now.utc_ms))

    def close(self) -> None:
        """Close it."""
        self._until = None

    def failed(self) -> None:
        """Count a failed handshake; the third closes."""
        self._failures += 1
        if self._failures >= FAILURES_MOST:
            self.close()

    def tick(self, now: Now) -> None:
        """Let time pass."""
        if self._until is not None and now.mono_ms >= self._until:
            self.close()
