"""Where hosts of a virtual air are, and how loud each is heard by another."""

import math
from dataclasses import dataclass, field
from typing import Final

_AT_ONE_METRE: Final = -50.0
"""dBm heard at one metre: 0 dBm sent, 40 dB of space, 10 dB of bodies."""

_PER_DECADE: Final = 27.0
"""dB lost for ten times the distance, indoors and on a body; free space has 20."""

FAINTEST: Final = -95
"""dBm that a receiver still hears."""

_NEAREST_M: Final = 0.1


@dataclass
class Space:
    """Positions in metres by name; who has none stands at the origin."""

    places: dict[str, tuple[float, float]] = field(
        default_factory=dict[str, tuple[float, float]]
    )

    def put(self, name: str, x: float, y: float) -> None:
        """Move somebody."""
        self.places[name] = (x, y)

    def metres(self, one: str, other: str) -> float:
        """Give the distance between two."""
        nowhere = (0.0, 0.0)
        return math.dist(self.places.get(one, nowhere), self.places.get(other, nowhere))

    def rssi(self, one: str, other: str) -> int | None:
        """Give how loud `other` hears `one`, in dBm; None when it does not."""
        metres = max(self.metres(one, other), _NEAREST_M)
        heard = round(_AT_ONE_METRE - _PER_DECADE * math.log10(metres))
        return heard if heard >= FAINTEST else None
