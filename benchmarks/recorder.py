"""Recording 1080p30 in real time, beside a plain PyAV remux and FFmpeg's segments.

Each program runs twice, once short and once long; the difference of their CPU time over
the difference of their length leaves out what it costs to start.
"""

# pyright: standard

import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from benchmarks.report import Row
from lapel.camera.capture.encode import Picture, SoundEncoder, VideoEncoder
from lapel.camera.media.fragment import Fragments
from lapel.camera.media.gop import GopCutter
from lapel.camera.media.mp4 import init_segment
from lapel.ports.capture import FRAME_SAMPLES, VIDEO_SCALE, Shape

SHORT_S, LONG_S = 5, 35
_CLIP_S, _RATE, _SOUND_RATE = 6, 30, 48_000
_CHILD = (sys.executable, "-m", "benchmarks.recorder_child")


def make_clip(path: Path) -> None:
    """Make 1080p30 with sound; noise over it brings about 8 Mbit/s."""
    video = VideoEncoder(Picture(1920, 1080, Fraction(_RATE)))
    sound = SoundEncoder(_SOUND_RATE, 1)
    chance = np.random.default_rng(1)
    noise = chance.integers(0, 24, (1080, 1920), np.uint8)
    ramp = np.linspace(16, 200, 1920, dtype=np.uint8)
    shape = Shape(video.shape, sound.shape, encoded_here=True)
    cutter, fragments, samples = GopCutter(), None, 0
    with path.open("wb") as file:
        file.write(init_segment(shape))
        for number in range((_CLIP_S + 1) * _RATE):
            frame = VideoFrame(1920, 1080, "yuv420p")
            for plane in frame.planes[1:]:
                np.frombuffer(memoryview(plane), np.uint8)[:] = 128
            plane = frame.planes[0]
            rows = np.frombuffer(memoryview(plane), np.uint8)
            rows = rows.reshape(1080, plane.line_size)[:, :1920]
            rows[:] = np.roll(ramp, number * 4)
            rows[::3] += np.roll(noise, number * 7, 1)[::3]
            packets = list(video.encode(frame, number * VIDEO_SCALE // _RATE, 0))
            while samples * FRAME_SAMPLES * _RATE < number * _SOUND_RATE:
                heard = chance.normal(0, 0.05, (1, FRAME_SAMPLES)).astype(np.float32)
                made = sound.frame(heard, samples * FRAME_SAMPLES)
                packets += sound.encode(made, 0)
                samples += 1
            for packet in packets:
                gop = cutter.push(packet)
                if gop is not None:
                    fragments = fragments or Fragments(gop, sound.shape)
                    file.write(fragments.build(gop))


def commands(clip: Path, folder: Path, seconds: int) -> dict[str, list[str]]:
    """Give the programs that are compared."""
    found = {
        name: [*_CHILD, name, str(clip), str(folder / f"{name}{seconds}"), str(seconds)]
        for name in ("record", "remux")
    }
    if shutil.which("ffmpeg"):
        read = ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(clip)]
        cut = ["-t", str(seconds), "-c", "copy", "-f", "segment", "-segment_time", "1"]
        found["ffmpeg"] = [*read, *cut, str(folder / f"s{seconds}-%d.mp4")]
    return found


def cpu_seconds(command: list[str]) -> "subprocess.Popen[bytes]":
    """Start a program."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def measure(clip: Path, folder: Path, seconds: int) -> dict[str, float]:
    """Run all programs side by side; gives the CPU seconds of each."""
    running = {
        name: cpu_seconds(command)
        for name, command in commands(clip, folder, seconds).items()
    }
    used: dict[str, float] = {}
    for name, process in running.items():
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, name)
        used[name] = usage.ru_utime + usage.ru_stime
    return used


def rows(folder: Path) -> list[Row]:
    """Measure; takes about 50 seconds."""
    clip = folder / "clip.mp4"
    make_clip(clip)
    megabits = clip.stat().st_size * 8 / _CLIP_S / 1e6
    short = measure(clip, folder, SHORT_S)
    long = measure(clip, folder, LONG_S)
    span = LONG_S - SHORT_S
    share = {name: (long[name] - short[name]) / span for name in long}
    words = ", ".join(f"{name} {100 * part:.2f} %" for name, part in share.items())
    terms = f"of a core, 1080p30 at {megabits:.1f} Mbit/s in real time: {words}"
    ours = share["record"]
    found = [
        Row("record", "PyAV remux", ours / share["remux"], 1.5, terms, at_least=False),
        Row("record", "one core", ours, 0.04, terms, at_least=False),
    ]
    if "ffmpeg" in share:
        beside = ours / share["ffmpeg"]
        terms = f"which neither seals, signs nor syncs; {terms}"
        found.append(Row("record", "ffmpeg -c copy", beside, None, terms))
    else:
        sys.stderr.write("left out: record beside ffmpeg, which is not here\n")
    return found
