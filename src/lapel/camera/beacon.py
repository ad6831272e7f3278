"""What a camera shows on the air: advert, scan response and a random address.

All of it changes in one instant, with each slot and with each change of the rest, so
that nothing on the air outlives a slot (formats 1, R7.4).
"""

from lapel.base.clock import Entropy
from lapel.ports.air import Shown
from lapel.protocol.camera_links import CameraLinks
from lapel.protocol.link import Now
from lapel.wire.link import slot_of


class Beacon:
    """Draws an address for what is shown, and keeps it as long as that stands."""

    def __init__(self, entropy: Entropy) -> None:
        """Have shown nothing."""
        self._entropy = entropy
        self._for: tuple[int, bytes, bytes] | None = None
        self._address = b""

    def shown(self, links: CameraLinks, now: Now) -> Shown:
        """Give what to show at this moment."""
        advert, response = links.advert(now)
        said = (slot_of(now.utc_ms), advert.encode(), response)
        if said != self._for:
            self._for, self._address = said, self._draw()
        return Shown(self._address, said[1], response)

    def rest(self) -> None:
        """Be silent: what is shown next has another address."""
        self._for = None

    def _draw(self) -> bytes:
        """Draw an address with the shape of a resolvable private one.

        No key resolves it: whoever is paired finds the camera by its token.
        """
        drawn = self._entropy(6)
        return bytes((drawn[0] & 0x3F | 0x40,)) + drawn[1:]
