"""What browsers are asked to sign: each for one use, once, within five minutes."""

import threading
from typing import Final

from lapel.base.clock import Entropy
from lapel.crypto.digest import hmac_sha256, same

LASTS_MS: Final = 5 * 60_000
_TIME: Final = 8
_RANDOM: Final = 16
_LENGTH: Final = _TIME + _RANDOM + 32


class Challenges:
    """Challenges of one running server.

    Nothing is kept of one until it was answered rightly, so asking for many fills
    nothing. A server that starts anew knows none of those before.
    """

    def __init__(self, entropy: Entropy) -> None:
        """Begin with a key of this run's own."""
        self._entropy, self._key = entropy, entropy(32)
        self._lock = threading.Lock()
        self._used: dict[bytes, int] = {}

    def give(self, use: str, now_ms: int) -> bytes:
        """Make a challenge for a use, such as one session's proof."""
        plain = now_ms.to_bytes(_TIME) + self._entropy(_RANDOM)
        return plain + self._seal(plain, use)

    def holds(self, challenge: bytes, use: str, now_ms: int) -> bool:
        """Tell whether a challenge is ours, for this use, not old and not used."""
        plain = challenge[: _TIME + _RANDOM]
        if len(challenge) != _LENGTH:
            return False
        if not same(challenge[len(plain) :], self._seal(plain, use)):
            return False
        given = int.from_bytes(plain[:_TIME])
        return 0 <= now_ms - given <= LASTS_MS and challenge not in self._used

    def spend(self, challenge: bytes, now_ms: int) -> bool:
        """Use a challenge up; False when somebody was faster."""
        with self._lock:
            old = [one for one, at in self._used.items() if now_ms - at > LASTS_MS]
            for one in old:
                del self._used[one]
            if challenge in self._used:
                return False
            self._used[challenge] = now_ms
            return True

    def _seal(self, plain: bytes, use: str) -> bytes:
        return hmac_sha256(self._key, plain + use.encode())
