# pyright: standard
"""Capture: what sources bring becomes files that other players play."""

import json
import subprocess
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame

from lapel.base.errors import MalformedError, SetupError
from lapel.camera.capture import avc
from lapel.camera.capture.device import Device, DeviceSource
from lapel.camera.capture.encode import Picture, VideoEncoder
from lapel.camera.capture.file import FileSource, Reel
from lapel.camera.capture.synthetic import Scene, Synthetic
from lapel.camera.capture.words import Conditions, open_source, stamping
from lapel.camera.media.fragment import Fragments
from lapel.camera.media.gop import Gop, GopCutter
from lapel.camera.media.mp4 import init_segment
from lapel.ports.capture import Packet, Source, Track, TrackLost
from lapel.ports.system import SystemClock
from lapel.wire.media import Init, video_span

SCENE = Scene("X1234567", 160, 120, 10)
CLOCK = SystemClock()
FAST = 200.0


def gops(source: Source, count: int) -> list[Gop]:
    cutter = GopCutter()
    found: list[Gop] = []
    for packet in source.packets():
        if isinstance(packet, TrackLost):
            break
        gop = cutter.push(packet)
        if gop:
            found.append(gop)
        if len(found) == count:
            source.close()
    return found


def write(source: Source, count: int, path: Path) -> list[Gop]:
    found = gops(source, count)
    fragments = Fragments(found[0], source.shape.sound)
    data = init_segment(source.shape) + b"".join(map(fragments.build, found))
    path.write_bytes(data)
    return found


def probe(path: Path) -> dict[str, dict[str, str]]:
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_entries"]
    fields = "stream=codec_name,codec_type,start_time,duration,nb_read_frames"
    done = subprocess.run(  # noqa: S603
        [*command, fields, "-of", "json", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr, done.stderr
    streams: list[dict[str, str]] = json.loads(done.stdout)["streams"]
    return {stream["codec_type"]: stream for stream in streams}


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds of H.264 and AAC with a key picture each second."""
    path = tmp_path / "clip.mp4"
    write(Synthetic(SCENE, CLOCK, FAST), 2, path)
    return path


@pytest.mark.ffmpeg
def test_the_synthetic_source_plays(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(Synthetic(SCENE, CLOCK, FAST), 3, path)
    streams = probe(path)
    assert streams["video"]["codec_name"] == "h264"
    assert streams["video"]["nb_read_frames"] == "30"
    assert float(streams["video"]["start_time"]) == 0
    assert float(streams["video"]["duration"]) == 3
    assert streams["audio"]["codec_name"] == "aac"
    assert abs(float(streams["audio"]["duration"]) - 3) < 0.1


def test_fragments_hold_a_gop_each_at_its_own_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    source = Synthetic(SCENE, CLOCK, FAST)
    found = gops(source, 3)
    init = Init.parse(init_segment(source.shape))
    fragments = Fragments(found[0], source.shape.sound)
    for second, gop in enumerate(found):
        data = fragments.build(gop)
        span = video_span(init, data[: int.from_bytes(data[:4], "big")])
        assert span is not None
        assert (span.start, span.end) == (second * 90_000, (second + 1) * 90_000)
    assert not path.exists()


def test_a_picture_is_never_moved_to_make_room_for_sound(clip: Path) -> None:
    with av.open(str(clip)) as container:
        times = [
            packet.pts * (packet.time_base or Fraction(1))
            for packet in container.demux(container.streams.video[0])
            if packet.pts is not None
        ]
    assert times[0] == 0
    assert {b - a for a, b in pairwise(times)} == {Fraction(1, 10)}


@pytest.mark.ffmpeg
def test_a_good_file_is_passed_on_and_goes_on_when_looped(
    clip: Path, tmp_path: Path
) -> None:
    source = FileSource(Reel(clip, loop=True), CLOCK, FAST)
    assert not source.shape.encoded_here
    path = tmp_path / "b.mp4"
    found = write(source, 5, path)
    assert [gop.start for gop in found] == sorted(gop.start for gop in found)
    assert abs(float(probe(path)["video"]["duration"]) - 5) < 0.2


def test_a_file_ends_and_says_so(clip: Path) -> None:
    packets = list(FileSource(Reel(clip, loop=False), CLOCK, FAST).packets())
    for packet, track in zip(packets[-2:], Track, strict=True):
        assert packet == TrackLost(track, "the file ended", ended=True)


def test_a_file_with_long_gops_is_encoded(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=5, options={"g": "1000"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(20):
            frame = VideoFrame(64, 48, "yuv420p")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    source = FileSource(Reel(path, loop=False), CLOCK, FAST)
    assert source.shape.encoded_here
    assert source.shape.sound is None
    assert len(gops(source, 3)) == 3


def test_devices_are_read_on_one_line_of_time() -> None:
    video = Device("lavfi", "testsrc=size=64x48:rate=10:duration=3")
    sound = Device("lavfi", "sine=frequency=440:sample_rate=44100:duration=3")
    draw = stamping(Conditions("X1234567", CLOCK))
    source = DeviceSource(video, sound, CLOCK, draw)
    assert source.shape.encoded_here
    items = list(source.packets())
    lost = [item for item in items if isinstance(item, TrackLost)]
    assert {item.track for item in lost} == {Track.VIDEO, Track.SOUND}
    packets = [item for item in items if isinstance(item, Packet)]
    assert {packet.track for packet in packets} == {Track.VIDEO, Track.SOUND}


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(SetupError, match="/dev/video99"):
        open_source("v4l2:/dev/video99", Conditions("X1234567", CLOCK))


@pytest.mark.parametrize(
    "words",
    ["", "synthetic:?size=1x1", "synthetic:?colour=red", "tape:", "file:", "v4l2:"],
)
def test_words_that_name_no_source_are_refused(words: str) -> None:
    with pytest.raises(SetupError):
        open_source(words, Conditions("X1234567", CLOCK))


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"no video at all")
    with pytest.raises(SetupError):
        open_source(f"file:{path}", Conditions("X1234567", CLOCK))


def test_the_clock_is_burnt_in() -> None:
    source = Synthetic(SCENE, CLOCK, FAST)
    (first,) = gops(source, 1)
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = source.shape.video.config
    (frame,) = decoder.decode(av.Packet(first.pictures[0].data))
    luma = frame.to_ndarray()[: SCENE.height]
    line = luma[9:18, 9 : 9 + 23 * 6]
    assert line.min() < 60
    assert line.max() > 180


def test_parameter_sets_stand_in_the_configuration_only() -> None:
    encoder = VideoEncoder(Picture(64, 48, Fraction(10)))
    frame = VideoFrame(64, 48, "yuv420p")
    (packet,) = islice(encoder.encode(frame, 0, 0), 1)
    assert packet.key
    assert avc.has_idr(packet.data)
    assert encoder.shape.config[0] == 1
    assert packet.data[4] & 31 not in (7, 8)


def test_a_device_that_slows_down_still_gives_a_key_picture_a_second() -> None:
    encoder = VideoEncoder(Picture(64, 48, Fraction(25)))
    keys = [
        packet.dts
        for number in range(20)
        for packet in encoder.encode(
            VideoFrame(64, 48, "yuv420p"), number * 18_000, 200 * number
        )
        if packet.key
    ]
    assert keys == [0, 90_000, 180_000, 270_000]


def test_parameter_sets_that_are_missing_are_refused() -> None:
    with pytest.raises(MalformedError):
        avc.configuration(b"\0\0\0\1\x65abc")
