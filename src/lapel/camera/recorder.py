"""From packets to recordings: the buffer before an event, its flush, units, marks.

`take` is called by the capture thread, everything else by whoever commands the camera.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import RLock
from typing import Final

from lapel.camera.media.fragment import Fragments, silenced
from lapel.camera.media.gop import Gop, GopCutter
from lapel.camera.recording import Desk, Opening, Unit
from lapel.camera.ring import Ring
from lapel.camera.writer import Writer
from lapel.ports.capture import VIDEO_SCALE, Packet, Shape, Track
from lapel.wire.boxes import Mark, emsg
from lapel.wire.cbor import Value
from lapel.wire.recording import MarkKind, Reason, Sound, Trigger, TriggerKind

FLUSH_GOPS: Final = 16
_FLUSH_BYTES: Final = 16 << 20
_STILL_TICKS: Final = VIDEO_SCALE


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings that the recorder follows."""

    pre_event_s: int = 30
    pre_event_sound: bool = False
    rollover_s: int = 4 * 3600


@dataclass(frozen=True, slots=True)
class Begun:
    """What the recorder knows of a recording that begins.

    `began_mono_ms` is when media time 0 was captured; the trigger lies `pre_event_ms`
    of media later.
    """

    trigger: Trigger
    began_mono_ms: int
    pre_event_ms: int
    sound_before: bool
    continues: bytes | None


Open = Callable[[Begun], tuple[Desk, Opening]]


@dataclass(slots=True)
class _Event:
    """A recording under way, from the first GOP on."""

    trigger: Trigger
    trigger_dts: int | None
    recording: bytes | None = None
    fragments: Fragments | None = None
    marks: int = 0


class Recorder:
    """Buffers until `start`, then hands units to the writer until `stop`."""

    def __init__(self, shape: Shape, writer: Writer, open_one: Open) -> None:
        """Buffer by default rules; `open_one` gives what a recording begins with."""
        self._shape = shape
        self._writer = writer
        self._open = open_one
        self._lock = RLock()
        self._cutter = GopCutter()
        self.rules = Rules()
        self._ring = Ring(self.rules.pre_event_s)
        self._event: _Event | None = None
        self._marks: list[Mark] = []
        self._latest_dts: int | None = None
        self._last_key: Packet | None = None
        self._still = False
        self._gone: set[Track] = set()
        self.muted = False

    @property
    def recording(self) -> bytes | None:
        """Id of the recording under way, once it has begun."""
        event = self._event
        return event.recording if event else None

    @property
    def buffered_s(self) -> float:
        """Seconds in the buffer."""
        return self._ring.length

    def follow(self, rules: Rules) -> None:
        """Follow other settings; the buffer starts anew where its length changes."""
        with self._lock:
            if (rules.pre_event_s, rules.pre_event_sound) != (
                self.rules.pre_event_s,
                self.rules.pre_event_sound,
            ):
                self._ring = Ring(rules.pre_event_s)
                self._cutter.drop()
            self.rules = rules

    def forget(self) -> None:
        """Empty the buffer (power off, docked)."""
        with self._lock:
            self._ring.take()
            self._cutter.drop()

    def take(self, packet: Packet) -> None:
        """Take a packet of the source."""
        with self._lock:
            if packet.track is Track.SOUND:
                self._still_picture(packet)
                packet, sound = self._heard(packet)
                self._cutter.push(packet, sound)
                return
            self._latest_dts = packet.dts
            if packet.key:
                self._last_key = packet
            gop = self._cutter.push(packet)
            if gop is not None:
                self._whole(gop)

    def _heard(self, packet: Packet) -> tuple[Packet, Sound]:
        """Let sound through only where it may be kept."""
        shape = self._shape.sound
        if shape is None or (self._event and not self.muted):
            return packet, Sound.LIVE
        if self._event:
            return silenced(packet, shape), Sound.MUTED
        if self.rules.pre_event_sound and not self.muted:
            return packet, Sound.LIVE
        return silenced(packet, shape), Sound.FILLED

    def _still_picture(self, packet: Packet) -> None:
        """Without pictures: the last key picture each second, so that sound goes on."""
        shape, key = self._shape.sound, self._last_key
        if not self._still or shape is None or key is None:
            return
        at = packet.dts * VIDEO_SCALE // shape.rate
        if self._latest_dts is None or at >= self._latest_dts + _STILL_TICKS:
            shift = at - key.dts
            still = replace(
                key, dts=at, pts=key.pts + shift, mono_ms=packet.mono_ms, duration=1
            )
            self.take(still)

    def lost(self, track: Track) -> bool:
        """Go on without a track; False when nothing is left to record."""
        with self._lock:
            self._gone.add(track)
            self._still = Track.VIDEO in self._gone
            heard = self._shape.sound is not None and Track.SOUND not in self._gone
            return not self._still or (heard and self._last_key is not None)

    def _whole(self, gop: Gop) -> None:
        if self._event is None:
            self._ring.push(gop)
            return
        if not self._rolled_over(self._event, gop):
            self._emit(self._event, [gop])

    def _rolled_over(self, event: _Event, gop: Gop) -> bool:
        limit = self.rules.rollover_s * 1000
        if event.fragments is None or event.fragments.media_ms(gop) < limit:
            return False
        self._writer.close(Reason.ROLLOVER)
        trigger = Trigger(TriggerKind.ROLLOVER, b"")
        following = _Event(trigger, None)
        self._event = following
        self._emit(following, [gop], continues=event.recording)
        return True

    def start(self, trigger: Trigger) -> None:
        """Begin a recording with what the buffer holds."""
        with self._lock:
            if self._event is not None:
                return
            held = self._ring.take()
            if not self.rules.pre_event_s:
                self._cutter.drop()
            self._marks = []
            self._event = _Event(trigger, self._latest_dts)
            for group in _groups(held):
                self._emit(self._event, group)

    def stop(self, reason: Reason) -> None:
        """End the recording, with what came since the last key picture."""
        with self._lock:
            event = self._event
            if event is None:
                return
            rest = self._cutter.finish()
            if rest is not None:
                self._emit(event, [rest])
            self._event = None
            self.muted = False
            if event.fragments is not None:
                self._writer.close(reason)

    def abort(self) -> None:
        """Forget the recording, which the writer has closed itself."""
        with self._lock:
            self._event = None
            self.muted = False
            self._cutter.drop()

    def mark(self, kind: MarkKind, detail: dict[int, Value]) -> None:
        """Put a mark at the present instant of the recording."""
        with self._lock:
            event = self._event
            if event is None:
                return
            media_ms = 0
            if event.fragments and self._latest_dts is not None:
                media_ms = event.fragments.at_ms(self._latest_dts)
            data: dict[int, Value] = {1: int(kind), **detail}
            self._marks.append(Mark(media_ms, event.marks, data))
            event.marks += 1

    def mute(self, *, on: bool) -> None:
        """Let no sound through until it is switched on again."""
        with self._lock:
            self.muted = on
            self.mark(MarkKind.MUTE, {2: on})

    def _emit(
        self, event: _Event, gops: Sequence[Gop], continues: bytes | None = None
    ) -> None:
        """Hand one unit to the writer, beginning the recording with the first."""
        if event.fragments is None:
            event.fragments = Fragments(gops[0], self._shape.sound)
            self._begin(event, gops, continues)
        fragments = event.fragments
        marks, self._marks = self._marks, []
        data = b"".join(emsg(mark) for mark in marks)
        media = b"".join(fragments.build(gop) for gop in gops)
        sounds = {gop.sound for gop in gops}
        sound = next(
            (s for s in (Sound.LIVE, Sound.MUTED) if s in sounds), Sound.FILLED
        )
        captured = max(gop.captured_ms for gop in gops)
        unit = Unit(data + media, fragments.media_ms(gops[0]), captured, sound)
        if not self._writer.unit(unit):
            self._marks = marks
            self.mark(MarkKind.STATE, {2: "storage too slow", 3: len(gops)})

    def _begin(
        self, event: _Event, gops: Sequence[Gop], continues: bytes | None
    ) -> None:
        first = gops[0]
        trigger_dts = first.start if event.trigger_dts is None else event.trigger_dts
        before = max(0, trigger_dts - first.start) * 1000 // VIDEO_SCALE
        heard = before > 0 and any(gop.sound is Sound.LIVE for gop in gops)
        begun = Begun(
            event.trigger,
            first.pictures[0].mono_ms,
            before,
            heard and self.rules.pre_event_sound,
            continues,
        )
        desk, opening = self._open(begun)
        event.recording = opening.recording
        self._writer.begin(desk, opening)


def _groups(gops: Sequence[Gop]) -> list[list[Gop]]:
    """Cut what is flushed into units of at most 16 fragments and 16 MiB."""
    groups: list[list[Gop]] = []
    size = 0
    for gop in gops:
        if (
            not groups
            or len(groups[-1]) == FLUSH_GOPS
            or size + gop.size > _FLUSH_BYTES
        ):
            groups.append([])
            size = 0
        groups[-1].append(gop)
        size += gop.size
    return groups
