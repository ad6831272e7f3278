"""One GOP as `moof mdat` (ISO/IEC 14496-12): times of its own, no edit lists.

Pictures stand on the line of time where they were taken, sound likewise, so that
neither is moved to make room for the other.
"""

import struct
from collections.abc import Sequence
from typing import Final

from lapel.camera.media.gop import Gop
from lapel.camera.media.mp4 import SOUND_TRACK, VIDEO_TRACK, full_box
from lapel.ports.capture import FRAME_SAMPLES, VIDEO_SCALE, Packet, SoundShape
from lapel.wire.boxes import HEAD, box

_BASE_IS_MOOF: Final = 0x020000
_OFFSET: Final = 0x1
_PICTURE_FIELDS: Final = 0xF00
_SOUND_FIELDS: Final = 0x300
_KEY: Final = 0x02000000
_NOT_KEY: Final = 0x01010000


class Fragments:
    """Numbers the fragments of one recording and fixes its time 0."""

    def __init__(self, first: Gop, sound: SoundShape | None) -> None:
        """Media time 0 is the decode time of `first`'s key picture."""
        self._origin = first.start
        self._delay = first.pictures[0].pts - first.pictures[0].dts
        self._sound = sound
        self._number = 0
        self._sound_end: int | None = None

    def media_ms(self, gop: Gop) -> int:
        """Media time of a GOP's key picture, rounded down to milliseconds."""
        return self.at_ms(gop.start)

    def at_ms(self, dts: int) -> int:
        """Media time of an instant of the source's line of time, in milliseconds."""
        return max(0, dts - self._origin) * 1000 // VIDEO_SCALE

    def build(self, gop: Gop) -> bytes:
        """Build the next fragment."""
        self._number += 1
        sounds = self._sound_samples(gop)
        pictures = _picture_run(gop, self._delay)
        tracks = [(VIDEO_TRACK, gop.start - self._origin, _PICTURE_FIELDS, pictures)]
        if sounds:
            start = sounds[0][0]
            tracks.append((SOUND_TRACK, start, _SOUND_FIELDS, _sound_run(sounds)))
        lengths = [sum(len(p.data) for p in gop.pictures)]
        size = len(self._moof(tracks, [0] * len(tracks)))
        offsets = [size + HEAD.size, size + HEAD.size + lengths[0]]
        media = [p.data for p in gop.pictures] + [data for _, data in sounds]
        moof = self._moof(tracks, offsets[: len(tracks)])
        return moof + box(b"mdat", b"".join(media))

    def _moof(
        self, tracks: Sequence[tuple[int, int, int, bytes]], offsets: Sequence[int]
    ) -> bytes:
        parts = [full_box(b"mfhd", 0, 0, struct.pack(">I", self._number))]
        for (number, start, fields, run), offset in zip(tracks, offsets, strict=True):
            stride = 16 if fields == _PICTURE_FIELDS else 8
            head = struct.pack(">Ii", len(run) // stride, offset)
            parts.append(
                box(
                    b"traf",
                    full_box(b"tfhd", 0, _BASE_IS_MOOF, struct.pack(">I", number))
                    + full_box(b"tfdt", 1, 0, struct.pack(">Q", start))
                    + full_box(b"trun", 1, fields | _OFFSET, head + run),
                )
            )
        return box(b"moof", b"".join(parts))

    def _sound_samples(self, gop: Gop) -> list[tuple[int, bytes]]:
        """Sound with its times, gaps before and between filled with silence."""
        if self._sound is None:
            return []
        origin = round(self._origin * self._sound.rate / VIDEO_SCALE)
        ready = self._sound_end
        samples: list[tuple[int, bytes]] = []
        for packet in gop.sounds:
            at = packet.dts - origin
            if ready is None:
                ready = at % FRAME_SAMPLES if at >= 0 else 0
            while ready + FRAME_SAMPLES <= at:
                samples.append((ready, self._sound.silence))
                ready += FRAME_SAMPLES
            if at >= 0 and at + FRAME_SAMPLES > ready:
                samples.append((max(at, ready), packet.data))
                ready = max(at, ready) + FRAME_SAMPLES
        if not gop.sounds:
            end = round(gop.end * self._sound.rate / VIDEO_SCALE) - origin
            ready = ready or 0
            while ready + FRAME_SAMPLES <= end:
                samples.append((ready, self._sound.silence))
                ready += FRAME_SAMPLES
        self._sound_end = ready
        return samples


def _picture_run(gop: Gop, delay: int) -> bytes:
    fields: list[int] = []
    following = [p.dts for p in gop.pictures[1:]] + [gop.end]
    for packet, after in zip(gop.pictures, following, strict=True):
        shift = (packet.pts - packet.dts - delay) & 0xFFFFFFFF
        kind = _KEY if packet.key else _NOT_KEY
        fields += (max(1, after - packet.dts), len(packet.data), kind, shift)
    return struct.pack(f">{len(fields)}I", *fields)


def _sound_run(samples: Sequence[tuple[int, bytes]]) -> bytes:
    fields: list[int] = []
    following = [at for at, _ in samples[1:]] + [samples[-1][0] + FRAME_SAMPLES]
    for (at, data), after in zip(samples, following, strict=True):
        fields += (after - at, len(data))
    return struct.pack(f">{len(fields)}I", *fields)


def silenced(packet: Packet, sound: SoundShape) -> Packet:
    """Give the same frame of sound with nothing to hear in it."""
    return Packet(
        packet.track,
        sound.silence,
        packet.dts,
        packet.pts,
        packet.duration,
        packet.key,
        packet.mono_ms,
    )
