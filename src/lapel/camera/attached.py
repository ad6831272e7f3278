"""The link as the camera sees it: what it tells it, and what it shows of it.

The camera calls all of this under its lock, and knows neither radio nor keys.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LinkShown:
    """What lights and pages show of the link.

    `flashes` are the eight colours of a code that waits for Event; `name` is what the
    camera is called in pairing mode; roles are those of an app.
    """

    on_air: bool = False
    pairing: bool = False
    left_s: int = 0
    name: str | None = None
    flashes: tuple[str, ...] = ()
    paired: str | None = None
    session: str | None = None
    light: str = "off"


class Attached(Protocol):
    """The shell of the link."""

    def chord(self) -> None:
        """Open pairing mode: both buttons were held."""
        ...

    def confirm(self, since_ms: int) -> None:
        """Take Event pressed once, at that time: the code that waited is the same."""
        ...

    def follow(self) -> None:
        """Follow what may have changed: mode, owner, settings, time."""
        ...

    def shown(self) -> LinkShown:
        """Say what is shown of it."""
        ...


class Unlinked:
    """Implements `Attached` for a camera without a radio."""

    def chord(self) -> None:
        """Do nothing."""

    def confirm(self, since_ms: int) -> None:
        """Do nothing."""

    def follow(self) -> None:
        """Do nothing."""

    def shown(self) -> LinkShown:
        """Show nothing."""
        return LinkShown()
