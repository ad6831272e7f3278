"""One process of the recorder's benchmark: records or remuxes a clip in real time."""

# pyright: standard

import sys
import time
from fractions import Fraction
from pathlib import Path

import av

from lapel.camera.capture.file import FileSource, Reel
from lapel.camera.disk import Disk
from lapel.camera.recorder import Begun, Recorder, Rules
from lapel.camera.recording import Desk, Opening
from lapel.camera.writer import Told, Writer
from lapel.ports.capture import VIDEO_SCALE, Packet, Track
from lapel.ports.system import SystemClock, system_entropy
from lapel.sim.camera import boot, evidence_key, made
from lapel.wire.recording import Reason, Trigger, TriggerKind

FRAGMENTED = "empty_moov+default_base_moof+frag_keyframe+skip_trailer"


def record(clip: Path, folder: Path, seconds: float) -> None:
    """Record as the camera does: sealed, signed, journaled, durable each second."""
    clock, files = SystemClock(), Disk(folder)
    made(clock, system_entropy, files)
    bench = boot(files, clock, system_entropy, (evidence_key().public,))
    source = FileSource(Reel(clip, loop=True), clock)
    told: list[Told] = []
    writer = Writer(told.append)

    def opened(begun: Begun) -> tuple[Desk, Opening]:
        return bench.desk, bench.opening(source.shape, begun)

    recorder = Recorder(source.shape, writer, opened)
    recorder.follow(Rules(pre_event_s=30))
    recorder.start(Trigger(TriggerKind.BUTTON, b""))
    for packet in source.packets():
        if isinstance(packet, Packet):
            recorder.take(packet)
            if packet.track is Track.VIDEO and packet.dts > seconds * VIDEO_SCALE:
                break
    recorder.stop(Reason.BUTTON)
    writer.stop()


def remux(clip: Path, folder: Path, seconds: float) -> None:
    """Copy packets into a fragmented file with PyAV, and nothing else."""
    began, offset = time.monotonic(), Fraction(0)
    folder.mkdir()
    with (
        av.open(str(clip)) as first,
        av.open(str(folder / "out.mp4"), "w", options={"movflags": FRAGMENTED}) as out,
    ):
        streams = {s.index: out.add_stream_from_template(s) for s in first.streams}
        while True:
            end = offset
            with av.open(str(clip)) as container:
                for packet in container.demux():
                    if packet.dts is None or packet.pts is None:
                        continue
                    base = packet.time_base or Fraction(1)
                    at = packet.dts * base + offset
                    end = max(end, at + (packet.duration or 0) * base)
                    wait = float(at) - (time.monotonic() - began)
                    if wait > 0:
                        time.sleep(wait)  # noqa: TID251
                    packet.dts += round(offset / base)
                    packet.pts += round(offset / base)
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)
                    if at > seconds:
                        return
            offset = end


if __name__ == "__main__":
    _, kind, clip_, folder_, seconds_ = sys.argv
    {"record": record, "remux": remux}[kind](
        Path(clip_), Path(folder_), float(seconds_)
    )
