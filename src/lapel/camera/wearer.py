"""What the wearer has chosen: volume, vibration, lights, stealth.

It gives way to the agency: what its settings do not let a wearer change is as it was
made. Stealth is the exception, for the camera's own button always turns it on and off.
"""

from dataclasses import replace
from typing import Final

from lapel.base import faults
from lapel.base.errors import LapelError
from lapel.ports.files import Files
from lapel.wire.control import SettingsChange
from lapel.wire.document import Document, document, flag, keyed, uint
from lapel.wire.settings import Permitted

FILE: Final = "wearer"


@document
class Chosen(Document):
    """Volume 0 to 3, vibration, lights, stealth."""

    volume: int = keyed(1, uint(3))
    vibration: bool = keyed(2, flag)
    lights: bool = keyed(3, flag)
    stealth: bool = keyed(4, flag)


AS_MADE: Final = Chosen(volume=2, vibration=True, lights=True, stealth=False)


class Wearer:
    """Keeps what was chosen over a restart."""

    def __init__(self, files: Files) -> None:
        """Read what was chosen; what cannot be read counts as nothing."""
        self._files = files
        self._chosen = self._load()

    def _load(self) -> Chosen:
        if self._files.size(FILE) is None:
            return AS_MADE
        try:
            return Chosen.decode(self._files.read(FILE))
        except LapelError:
            return AS_MADE

    def in_force(self, permitted: frozenset[Permitted]) -> Chosen:
        """Give what holds where the wearer may change these."""
        chosen = self._chosen
        if Permitted.VOLUME not in permitted:
            chosen = replace(chosen, volume=AS_MADE.volume)
        if Permitted.VIBRATION not in permitted:
            chosen = replace(chosen, vibration=AS_MADE.vibration)
        if Permitted.LIGHTS not in permitted:
            chosen = replace(chosen, lights=AS_MADE.lights)
        return chosen

    def with_stealth(self, *, on: bool) -> Chosen:
        """Give what is chosen, with stealth on or off."""
        return replace(self._chosen, stealth=on)

    def after(self, change: SettingsChange) -> Chosen:
        """Give what will have been chosen after a change."""
        was = self._chosen
        return Chosen(
            was.volume if change.volume is None else change.volume,
            was.vibration if change.vibration is None else change.vibration,
            was.lights if change.lights is None else change.lights,
            was.stealth if change.stealth is None else change.stealth,
        )

    def choose(self, chosen: Chosen) -> None:
        """Keep it, durably; on `StorageFullError` or OSError nothing has changed."""
        if chosen != self._chosen:
            self._files.replace(FILE, chosen.encode())
            faults.point("camera.wearer.written")
        self._chosen = chosen

    def forget(self) -> None:
        """Be as made: the camera has another owner."""
        self._files.remove(FILE)
        self._chosen = AS_MADE
