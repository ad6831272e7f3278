"""Groups of pictures with the sound that came meanwhile."""

from dataclasses import dataclass
from typing import Final

from lapel.ports.capture import VIDEO_SCALE, Packet, Track
from lapel.wire.recording import Sound

_MOST_PACKETS: Final = 4096
"""More than any device brings in one GOP; a source without key pictures is cut here."""


@dataclass(frozen=True, slots=True)
class Gop:
    """Pictures from a key picture to before the next one, and the sound of that time.

    `end` is the decode time of the next key picture; `sound` is LIVE when any of it is
    what the microphone heard.
    """

    pictures: tuple[Packet, ...]
    sounds: tuple[Packet, ...]
    end: int
    sound: Sound

    @property
    def start(self) -> int:
        """Decode time of the key picture, in 1/90000 s."""
        return self.pictures[0].dts

    @property
    def size(self) -> int:
        """Bytes of media."""
        return sum(len(p.data) for p in (*self.pictures, *self.sounds))

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return (self.end - self.start) / VIDEO_SCALE

    @property
    def captured_ms(self) -> int:
        """Monotonic time at which its last sample was captured."""
        return max(p.mono_ms for p in (*self.pictures, *self.sounds))


class GopCutter:
    """Collects packets; gives a GOP when the next key picture arrives."""

    def __init__(self) -> None:
        """Start with nothing; what comes before the first key picture is left out."""
        self._pictures: list[Packet] = []
        self._sounds: list[Packet] = []
        self._sound = Sound.FILLED

    def push(self, packet: Packet, sound: Sound = Sound.FILLED) -> Gop | None:
        """Take a packet; `sound` says what a frame of sound is."""
        if packet.track is Track.SOUND:
            if self._pictures and len(self._sounds) < _MOST_PACKETS:
                self._sounds.append(packet)
                if self._sound is not Sound.LIVE and sound is not Sound.FILLED:
                    self._sound = sound
            return None
        done = self._cut(packet.dts) if packet.key else None
        if packet.key or (self._pictures and len(self._pictures) < _MOST_PACKETS):
            self._pictures.append(packet)
        return done

    @property
    def first(self) -> Packet | None:
        """Key picture of what has come so far."""
        return self._pictures[0] if self._pictures else None

    def drop(self) -> None:
        """Forget what has come so far."""
        self._pictures, self._sounds, self._sound = [], [], Sound.FILLED

    def finish(self) -> Gop | None:
        """Give what has come so far, at the end of a recording."""
        if not self._pictures:
            return None
        last = self._pictures[-1]
        return self._cut(last.dts + max(1, last.duration))

    def _cut(self, end: int) -> Gop | None:
        if not self._pictures:
            return None
        gop = Gop(tuple(self._pictures), tuple(self._sounds), end, self._sound)
        self._pictures, self._sounds, self._sound = [], [], Sound.FILLED
        return gop
