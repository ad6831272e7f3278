"""From what the recorder knows of a recording to what GENESIS says of it."""

from lapel.camera.media.mp4 import init_segment
from lapel.camera.recorder import Begun
from lapel.camera.recording import About, Opening
from lapel.camera.timekeeping import Moment
from lapel.ports.capture import Shape


def opened(
    recording: bytes, about: About, begun: Begun, here: tuple[Shape, Moment]
) -> Opening:
    """Fill it in; `here` is what the source delivers, and the present instant."""
    shape, now = here
    utc_ms = now.utc_ms - now.mono_ms + begun.began_mono_ms
    return Opening(
        recording,
        about,
        init_segment(shape),
        Moment(now.boot, begun.began_mono_ms, utc_ms, now.quality),
        begun.trigger,
        begun.pre_event_ms,
        begun.sound_before,
        shape.encoded_here,
        begun.continues,
    )
