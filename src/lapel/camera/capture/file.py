"""A media file as a source, in real time."""

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
        self._closed = False
        self._silence = b""
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
            ends = {Track.VIDEO: 0, Track.SOUND: 0}
            for packet in self._once(offset):
                ends[packet.track] = packet.dts + packet.duration
                yield packet
            if self._closed:
                return
            end = self._latest(ends)
            if not self._reel.loop or end <= offset:
                break
            offset = end
        yield TrackLost(Track.VIDEO, "the file ended", ended=True)
        if self._sound_shape:
            yield TrackLost(Track.SOUND, "the file ended", ended=True)

    def _latest(self, ends: dict[Track, int]) -> Fraction:
        rate = self._sound_shape.rate if self._sound_shape else 1
        video, sound = ends[Track.VIDEO], ends[Track.SOUND]
        return max(Fraction(video, VIDEO_SCALE), Fraction(sound, rate))

    def _once(self, offset: Fraction) -> Iterator[Packet]:
        """Play the file once from its first key picture, which comes at `offset`."""
        with open_media(str(self._reel.path)) as container:
            video = container.streams.video[0]
            sounds = container.streams.audio[:1]
            converters: dict[int, Converter] = {video.index: self._pictures(video)}
            for stream in sounds:
                converters[stream.index] = self._sounds(stream)
            in_ms = {s.index: 1000 * float(s.time_base or 1) for s in (video, *sounds)}
            shift: Fraction | None = None
            first_ms = begins_ms = float(1000 * offset)
            for packet in container.demux([video, *sounds]):
                index, dts = packet.stream_index, packet.dts
                if shift is None:
                    if index != video.index or not packet.is_keyframe:
                        continue
                    shift = offset - (dts or 0) * (video.time_base or Fraction(1))
                    begins_ms = float(1000 * shift)
                if dts is not None:
                    at_ms = dts * in_ms[index] + begins_ms
                    if not self._pace.until(at_ms):
                        self._closed = True
                        return
                    if at_ms < first_ms:
                        continue
                now = self._clock.mono_ms()
                yield from converters[index].convert(packet, shift, now)

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
        self._silence = self._silence or silent_frame(rate, channels)
        return PassSound(SoundShape(rate, channels, config, self._silence))
