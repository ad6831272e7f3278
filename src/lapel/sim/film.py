"""Real H.264 in units of a second, for pages and benches that show a picture."""

# pyright: standard

import io
from typing import Final

import av
import numpy as np

from lapel.sim.forge import Media
from lapel.wire.boxes import children
from lapel.wire.media import Init, video_span

FPS: Final = 10
_FLAGS: Final = "empty_moov+default_base_moof+frag_keyframe+skip_trailer"


def shoot(seconds: int, width: int = 320, height: int = 180, seed: int = 1) -> Media:
    """Film a moving pattern; every second is a unit that begins with a key picture."""
    target = io.BytesIO()
    options = {"movflags": _FLAGS, "use_editlist": "0"}
    with av.open(target, "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {
            "preset": "ultrafast",
            "bf": "0",
            "g": str(FPS),
            "sc_threshold": "0",
            "no-info": "1",
            "keyint_min": str(FPS),
        }
        for number in range(seconds * FPS):
            frame = av.VideoFrame.from_ndarray(
                _picture(number, (height, width), seed), format="rgb24"
            )
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return cut(target.getvalue())


def _picture(
    number: int, shape: tuple[int, int], seed: int
) -> "np.typing.NDArray[np.uint8]":
    height, width = shape
    rows = np.linspace(40, 110, height, dtype=np.uint8)[:, None]
    picture = np.empty((height, width, 3), np.uint8)
    picture[...] = rows[..., None] + np.array([10, 20, 35], np.uint8) * (seed % 4)
    horizon = height * 3 // 5
    picture[horizon:] = picture[horizon:] // 2
    for block in range(6):
        left = (block * 61 * seed) % width
        top = horizon - 20 - (block * 37 * seed) % (height // 2)
        picture[max(0, top) : horizon, left : left + width // 9] = (
            120 - 12 * block,
            90 + 9 * block,
            80,
        )
    x = (number * 5) % width
    picture[horizon - 14 : horizon + 22, x : x + 18] = (60, 110, 170)
    picture[horizon - 24 : horizon - 14, x + 5 : x + 13] = (214, 170, 140)
    return picture


def cut(data: bytes) -> Media:
    """Cut a fragmented file into `ftyp moov` and units of one fragment each."""
    boxes = [b for b in children(data, 0, len(data)) if b.kind != b"mfra"]
    head = max(b.end for b in boxes if b.kind in {b"ftyp", b"moov"})
    init = data[:head]
    scale = Init.parse(init)
    units: list[bytes] = []
    times: list[int] = []
    for box in boxes:
        if box.kind == b"moof":
            span = video_span(scale, data[box.start : box.end])
            times.append(
                0 if span is None else span.start * 1000 // scale.video.timescale
            )
            units.append(data[box.start : box.end])
        elif box.kind == b"mdat":
            units[-1] += data[box.start : box.end]
    return Media(init, tuple(units), tuple(times))
