"""A media file as a source, in real time."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from lapel.base.clock import Clock
from lapel.camera.capture.convert import (
    Converter,
    PassSound,
    PassVideo,
    RecodeSound,
    RecodeVideo,
)
from lapel.camera.capture.encode import Picture, silent_frame
from lapel.camera.capture.pace import Pace
from lapel.camera.capture.survey import is_annex_b, open_media, survey
from lapel.ports.capture import (
    VIDEO_SCALE,
    Packet,
    Shape,
    SoundShape,
    Track,
    TrackLost,
    VideoShape,
)


@dataclass(frozen=True, slots=True)
class Reel:
    """Which file, and whether it begins anew at its end."""

    path: Path
    loop: bool


class FileSource:
    """Implements `lapel.ports.capture.Source`; holds never more than a packet."""

    def __init__(self, reel: Reel, clock: Clock, speed: float = 1.0) -> None:
        """Survey the file; raises `SetupError` where it cannot be played."""
        self._reel = reel
        self._clock = clock
        self._pace = Pace(clock, speed)
        self._found = survey(str(reel.path))
        with open_media(str(reel.path)) as container:
            pictures = self._pictures(container.streams.video[0])
            sound = None
            if container.streams.audio:
                sound = self._sounds(container.streams.audio[0])
        whole = isinstance(pictures, PassVideo) and not isinstance(sound, RecodeSound)
        self._sound_shape = sound.shape if sound else None
        self._shape = Shape(pictures.shape, self._sound_shape, not whole)

    @property
    def shape(self) -> Shape:
        """What the packets are."""
        return self._shape

    def close(self) -> None:
        """Stop playing."""
        self._pace.close()

    def packets(self) -> Iterator[Packet | TrackLost]:
        """Yield the file's packets in real time, again and again if asked."""
        offset = Fraction(0)
        while True:
            end = offset
            for packet in self._once(offset):
                at = Fraction(packet.dts, self._scale(packet))
                if not self._pace.until(float(1000 * at)):
                    return
                end = max(end, at + Fraction(packet.duration, self._scale(packet)))
                yield dataclasses.replace(packet, mono_ms=self._clock.mono_ms())
            if not self._reel.loop or end == offset:
                yield TrackLost(Track.VIDEO, "the file ended")
                if self._sound_shape:
                    yield TrackLost(Track.SOUND, "the file ended")
                return
            offset = end

    def _once(self, offset: Fraction) -> Iterator[Packet]:
        with open_media(str(self._reel.path)) as container:
            video = container.streams.video[0]
            sounds = container.streams.audio[:1]
            pictures: Converter = self._pictures(video)
            sound: Converter | None = self._sounds(sounds[0]) if sounds else None
            start: Fraction | None = None
            for packet in container.demux([video, *sounds]):
                moment = _moment(packet.dts, packet.time_base)
                is_video = packet.stream.index == video.index
                if start is None and is_video and packet.is_keyframe:
                    start = moment
                if start is None or (moment is not None and moment < start):
                    continue
                converter = pictures if is_video else sound
                if converter is not None:
                    yield from converter.convert(packet, offset - start, 0)

    def _pictures(self, stream: VideoStream) -> PassVideo | RecodeVideo:
        rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        config = self._found.video_config
        if config is not None:
            shape = VideoShape(stream.width, stream.height, config)
            return PassVideo(shape, rate, annex_b=is_annex_b(stream))
        return RecodeVideo(Picture(stream.width & ~1, stream.height & ~1, rate))

    def _sounds(self, stream: AudioStream) -> PassSound | RecodeSound:
        config = self._found.sound_config
        if config is None:
            return RecodeSound()
        rate, channels = stream.rate, len(stream.codec_context.layout.channels)
        silence = silent_frame(rate, channels)
        return PassSound(SoundShape(rate, channels, config, silence))

    def _scale(self, packet: Packet) -> int:
        if packet.track is Track.SOUND and self._sound_shape:
            return self._sound_shape.rate
        return VIDEO_SCALE


def _moment(dts: int | None, base: Fraction | None) -> Fraction | None:
    return None if dts is None or base is None else dts * base
