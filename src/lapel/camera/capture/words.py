"""Sources by what is written on the command line.

`synthetic:[?size=640x360&rate=25&sound=0]`, `file:PATH[?loop]`,
`v4l2:/dev/video0[?alsa=hw:0]`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
from av.video.frame import VideoFrame

from lapel.base.clock import Clock
from lapel.base.errors import SetupError
from lapel.camera.capture.convert import Draw
from lapel.camera.capture.device import Device, DeviceSource
from lapel.camera.capture.file import FileSource, Reel
from lapel.camera.capture.glyphs import Stamp
from lapel.camera.capture.synthetic import Scene, Synthetic
from lapel.ports.capture import Source


@dataclass(frozen=True, slots=True)
class Conditions:
    """For whom a source is opened, by which clock, how fast."""

    serial: str
    clock: Clock
    speed: float = 1.0


def open_source(words: str, conditions: Conditions) -> Source:
    """Open the source that `words` name; raises `SetupError`."""
    scheme, _, rest = words.partition(":")
    place, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if scheme == "synthetic":
        scene = _scene(options, conditions.serial)
        return Synthetic(scene, conditions.clock, conditions.speed)
    if scheme == "file" and place:
        reel = Reel(Path(place), "loop" in _known(options, "loop"))
        return FileSource(reel, conditions.clock, conditions.speed)
    if scheme == "v4l2" and place:
        alsa = _known(options, "alsa").get("alsa")
        sound = Device("alsa", alsa) if alsa else None
        draw = stamping(conditions)
        return DeviceSource(Device("v4l2", place), sound, conditions.clock, draw)
    raise SetupError(
        f"{words!r} is no source; write synthetic:, file:PATH[?loop] or "
        "v4l2:/dev/videoN?alsa=DEVICE"
    )


def _known(options: dict[str, str], *names: str) -> dict[str, str]:
    unknown = sorted(set(options) - set(names))
    if unknown:
        raise SetupError(f"this source has no option {unknown[0]!r}")
    return options


def _scene(options: dict[str, str], serial: str) -> Scene:
    _known(options, "size", "rate", "sound")
    width, _, height = options.get("size", "640x360").partition("x")
    rate, sound = options.get("rate", "25"), options.get("sound", "1")
    if not all(value.isdecimal() for value in (width, height, rate, sound)):
        raise SetupError("write size=640x360, rate=25, sound=0 or 1")
    size = int(width) & ~1, int(height) & ~1
    if not (min(size) >= 32 and max(size) <= 4096 and 1 <= int(rate) <= 120):
        raise SetupError("size is from 32x32 to 4096x4096, rate from 1 to 120")
    return Scene(serial, *size, int(rate), sound != "0")


def stamping(conditions: Conditions) -> Draw:
    """Make what burns clock and serial into each picture of a device."""
    stamps: dict[int, Stamp] = {}

    def draw(frame: VideoFrame) -> None:
        scale = max(1, frame.width // 320)
        stamp = stamps.setdefault(scale, Stamp(scale))
        plane = frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8)
        luma = rows.reshape(plane.height, plane.line_size)[:, : plane.width]
        now = conditions.clock.utc_ms()
        moment = datetime.fromtimestamp(now / 1000, UTC)
        text = f"{moment:%Y-%m-%d %H:%M:%S}.{now % 1000:03d}Z"
        stamp.draw(luma, text, stamp.height, stamp.height)
        stamp.draw(luma, conditions.serial, stamp.height, 2 * stamp.height)

    return draw
