"""What a wearer sees and hears of a pairing, and what the journal says of it (R7.1)."""

from typing import Final

from lapel.camera.attached import LinkShown
from lapel.camera.body import Camera
from lapel.camera.signals import Sound
from lapel.crypto.digest import sha256
from lapel.crypto.link import COLOURS, Code
from lapel.protocol.camera_links import CameraLinks
from lapel.protocol.link import Why
from lapel.wire.journal import EntryKind
from lapel.wire.linked import Became, By, PairingData
from lapel.wire.pairing import Record

RESULT_MS: Final = 3_000
"""How long the light says how a pairing ended."""

REFUSALS_MS: Final = 600_000
"""Refusals of links are gathered for so long, but for the first."""

_REFUSED: Final = frozenset(
    {
        Why.FORMAT,
        Why.VERSION,
        Why.NOT_PAIRING,
        Why.CRYPTO,
        Why.BUSY,
        Why.UNVERIFIED,
        Why.LATE,
    }
)


class Signs:
    """Follows pairing mode, the code that waits, and how it ended."""

    def __init__(self, camera: Camera) -> None:
        """Begin outside pairing mode."""
        self._camera = camera
        self._code: tuple[int, tuple[str, ...]] | None = None
        self._active = False
        self._paired = False
        self._result: tuple[str, int] = ("off", 0)

    def opened(self) -> None:
        """Hear that pairing mode was opened, perhaps anew."""
        self._active, self._paired = True, False
        self._camera.play(Sound.PAIRING)

    def code(self, link: int, code: Code) -> None:
        """Show a code until its link ends."""
        self._code = link, tuple(COLOURS[one] for one in code.flashes)
        self._camera.play(Sound.CODE)

    def kept(self) -> None:
        """Hear that a pairing was stored."""
        self._paired = True

    def ended(self, link: int, why: Why) -> None:
        """Hear that a link has ended; a code that it showed waits no more."""
        if self._code is not None and self._code[0] == link:
            self._code = None
            if why is not Why.PAIRED:
                self._say(Sound.NOT_PAIRED, "red")

    def follow(self, links: CameraLinks) -> None:
        """Say how it ended when pairing mode, and what began in it, is over."""
        if not self._active or links.pairing or links.busy:
            return
        self._active = False
        if self._paired:
            self._say(Sound.PAIRED, "green")
            return
        failed = PairingData(Became.FAILED, failures=links.window.failures)
        self._camera.note(EntryKind.PAIRING, failed.items())
        self._say(Sound.NOT_PAIRED, "red")

    def _say(self, sound: Sound, light: str) -> None:
        self._camera.play(sound)
        self._result = light, self._camera.time.mono_ms() + RESULT_MS

    def peer(self, became: Became, record: Record) -> None:
        """Put into the journal what became of a pairing."""
        kid = sha256(record.peer)[:8]
        data = PairingData(became, By.of_record(record), kid, record.clock)
        self._camera.note(EntryKind.PAIRING, data.items())

    def shown(
        self, links: CameraLinks | None, session: Record | None, *, on_air: bool
    ) -> LinkShown:
        """Say what lights and pages show."""
        now_ms = self._camera.time.mono_ms()
        if links is None:
            return LinkShown()
        until = links.window.next_deadline()
        dark = self._camera.speaker.stealth or not self._camera.speaker.chosen.lights
        flashes = self._code[1] if self._code and not dark else ()
        paired = links.record
        return LinkShown(
            on_air=on_air,
            pairing=links.pairing,
            left_s=0 if until is None else max(0, -((now_ms - until) // 1000)),
            name=f"Camera {links.window.number:02d}" if links.pairing else None,
            flashes=flashes,
            paired=paired.role.name.lower() if paired else None,
            session=session.role.name.lower() if session else None,
            light=self._light(flashes, now_ms),
        )

    def _light(self, flashes: tuple[str, ...], now_ms: int) -> str:
        if flashes:
            return "flash " + " ".join(flashes)
        light, until_ms = self._result
        if now_ms < until_ms:
            return light
        return "blink yellow" if self._active else "off"


class Refusals:
    """Counts links that were refused; one journal entry in ten minutes at most."""

    def __init__(self, camera: Camera) -> None:
        """Have refused none."""
        self._camera = camera
        self._counts: dict[str, int] = {}
        self._next_ms: int | None = None

    def ended(self, why: Why) -> None:
        """Count a link, if it was refused."""
        if why in _REFUSED:
            self._counts[why.value] = self._counts.get(why.value, 0) + 1

    def follow(self) -> None:
        """Say how many there were, when it is time."""
        now_ms = self._camera.time.mono_ms()
        if not self._counts or (self._next_ms is not None and now_ms < self._next_ms):
            return
        said = ", ".join(f"{why} {count}" for why, count in self._counts.items())
        self._camera.note(EntryKind.REFUSAL, {1: f"link: {said}"})
        self._counts.clear()
        self._next_ms = now_ms + REFUSALS_MS
