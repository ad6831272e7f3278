"""The camera itself: what presses, docking, storage and capture make it do.

One thread at a time commands it, under its lock. The writer and the capture thread tell
it what happened through a queue that `tick` empties.
"""

import queue
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import RLock, Thread
from typing import Final

from lapel.base.errors import LapelError, StorageFullError
from lapel.camera.attached import Attached, Unlinked
from lapel.camera.board import Board, Progress
from lapel.camera.capturing import Capturing, SourceLost
from lapel.camera.identity import Papers
from lapel.camera.journal import Journal
from lapel.camera.models import model as find_model
from lapel.camera.opening import opened
from lapel.camera.peer import FILE as PAIRING_FILE
from lapel.camera.recorder import Begun
from lapel.camera.recording import About, Desk, Opening
from lapel.camera.recovery import Recovery
from lapel.camera.rulebook import FILE as SETTINGS_FILE
from lapel.camera.rulebook import Rulebook
from lapel.camera.signals import REMINDER_MS, Sound, Speaker
from lapel.camera.store import Store
from lapel.camera.timekeeping import Timekeeper
from lapel.camera.wearer import FILE as WEARER_FILE
from lapel.camera.wearer import Wearer
from lapel.camera.writer import Closed, Failed, Grew, Told, Writer
from lapel.ports.keystore import OF_TENANT, KeyName
from lapel.protocol.buttons import Button, Buttons, Gesture
from lapel.protocol.modes import Act, Happening, State, change
from lapel.wire.cbor import Value
from lapel.wire.journal import EntryKind
from lapel.wire.recording import MarkKind, Reason, Trigger, TriggerKind

LEAST_FREE: Final = 4 << 20
"""Bytes that must be free to begin a recording."""

OF_OWNER: Final = (SETTINGS_FILE, PAIRING_FILE, WEARER_FILE)
"""What a camera without an owner does not keep."""

BATTERY_LOW: Final = 20
RETRY_MS: Final = 5000
"""How long after a source failed it is tried again."""

_CLOSES: Final = {
    Act.CLOSE_BUTTON: Reason.BUTTON,
    Act.CLOSE_DOCKED: Reason.DOCKED,
    Act.CLOSE_BATTERY: Reason.BATTERY,
    Act.CLOSE_ERROR: Reason.ERROR,
}


class Camera:
    """A camera from its boot on; `shut_down` ends it in order."""

    def __init__(self, board: Board) -> None:
        """Boot: open journal and store, cut what is torn; closing may take longer."""
        self.lock = RLock()
        self.board = board
        self.papers = Papers(board.files, board.entropy)
        identity = self.papers.identity
        self.model = find_model(identity.model)
        own = self.papers.own_keys(board.keys)
        self.journal = Journal(board.files, identity.serial, own)
        self._end_ownership()
        self.time = Timekeeper(board.clock, board.files, self.journal.last_boot + 1)
        self.store = Store(board.files)
        self.rulebook = Rulebook(board.files, self.model)
        self.state, self.battery = State.OFF, 100
        self.wearer = Wearer(board.files)
        self.speaker = Speaker()
        self.speaker.chosen = self.wearer.in_force(self.rulebook.permitted())
        self.link: Attached = Unlinked()
        self.progress: Progress | None = None
        self.capturing: Capturing | None = None
        self._marked = False
        self._reminded_ms = 0
        self._retry_ms: int | None = None
        self._buttons = Buttons()
        self._told: queue.SimpleQueue[Told | SourceLost] = queue.SimpleQueue()
        self.sign_on()
        self.store.hold_back()
        self.writer = Writer(self._told.put)
        recovery = Recovery(self.desk())
        self.recovering = recovery.open
        self._recovery = self._recover_in_background(recovery)

    def _end_ownership(self) -> None:
        """Finish what a power cut interrupted: who is not owned is not half owned."""
        if self.papers.owner is not None:
            return
        for name in OF_OWNER:
            self.board.files.remove(name)
        if self.papers.adopting is None and self.board.keys.has(KeyName.SIGN):
            self.board.keys.erase(OF_TENANT)

    def forget_owner(self) -> None:
        """Let go of an owner's settings, of the app that was paired, and of choices."""
        self.rulebook.forget()
        self.wearer.forget()
        self.speaker.chosen = self.wearer.in_force(frozenset())
        self.board.files.remove(PAIRING_FILE)
        self.link.follow()

    def sign_on(self) -> None:
        """Append a boot entry under the key in force, on a full camera too."""
        signer = self.papers.signer(self.board.keys)
        data: dict[int, Value] = {1: self.board.firmware, 2: self.model.name}
        try:
            self.journal.begin(signer, self.time.now(), data)
        except StorageFullError:
            self.store.let_go()
            self.journal.begin(signer, self.time.now(), data)

    def _recover_in_background(self, recovery: Recovery) -> Thread:
        work = (recovery,)
        thread = Thread(target=self._recover, args=work, name="recovery", daemon=True)
        thread.start()
        return thread

    def _recover(self, recovery: Recovery) -> None:
        try:
            recovery.run()
        except (LapelError, OSError) as error:
            self.note(EntryKind.ERROR, {1: f"recovery: {error}"})
        self.recovering = ()

    def desk(self) -> Desk:
        """Give what a recording that begins now is written with."""
        return Desk(
            self.store,
            self.journal,
            self.papers.signer(self.board.keys),
            self.rulebook.evidence_keys(),
            self.board.entropy,
            self.time.now,
        )

    def note(self, kind: EntryKind, data: dict[int, Value]) -> None:
        """Put an entry into the journal; one that cannot be written is counted."""
        self.journal.add(kind, data, self.time.now())

    # What the wearer does

    def edge(self, button: Button, *, down: bool, at_ms: int) -> None:
        """Take a press or release."""
        with self.lock:
            for gesture in self._buttons.edge(button, down=down, now_ms=at_ms):
                self._gesture(gesture)

    def _gesture(self, gesture: Gesture) -> None:
        acts: dict[Gesture, Callable[[], object]] = {
            Gesture.START: self._start,
            Gesture.STOP: lambda: self.happen(Happening.STOP),
            Gesture.ONCE: lambda: self.link.confirm(self._buttons.once_ms),
            Gesture.MARKER: self._mark,
            Gesture.MUTE: self._mute,
            Gesture.POWER: self._power,
            Gesture.STEALTH: self._stealth,
            Gesture.PAIRING: self._pair,
        }
        if gesture in acts:
            acts[gesture]()

    def _power(self) -> None:
        self.switch(on=self.state in {State.OFF, State.DOCKED_OFF})

    def _pair(self) -> None:
        if self.state is State.BUFFERING:
            self.link.chord()

    def _stealth(self) -> None:
        """Turn stealth on or off, whether or not storage can remember it."""
        chosen = self.speaker.chosen
        self.speaker.chosen = replace(chosen, stealth=not chosen.stealth)
        self.note(EntryKind.STEALTH, {1: self.speaker.stealth})
        with suppress(OSError, StorageFullError):
            self.wearer.choose(self.wearer.with_stealth(on=self.speaker.stealth))

    def obey_wearer(self, *, stealth: bool | None = None) -> None:
        """Be as loud and bright as chosen, as far as the agency lets a wearer choose.

        Stealth stays as it is, unless it is said.
        """
        on = self.speaker.stealth if stealth is None else stealth
        chosen = self.wearer.in_force(self.rulebook.permitted())
        self.speaker.chosen = replace(chosen, stealth=on)

    def switch(self, *, on: bool) -> None:
        """Switch the camera on or off."""
        with self.lock:
            self.happen(Happening.SWITCH_ON if on else Happening.SWITCH_OFF)
            self.play(Sound.POWER)

    def _start(self) -> None:
        if self.state is not State.BUFFERING:
            return
        if self.capturing is None:
            self.play(Sound.PROBLEM)
            self.note(EntryKind.REFUSAL, {1: "no source"})
            return
        room = self.store.hold_back() and self.board.files.free() >= LEAST_FREE
        if not room:
            self.play(Sound.MEMORY_FULL)
            self.note(EntryKind.REFUSAL, {1: "memory full"})
            return
        self.happen(Happening.START)

    def _mark(self) -> None:
        if self.state is State.EVENT and self.capturing:
            self.capturing.recorder.mark(MarkKind.MARKER, {})
            self._marked = True
            self._remember_mark()

    def _remember_mark(self) -> None:
        """Note that the recording is marked, once its note is on storage."""
        if self._marked and self.progress:
            self._marked = False
            self.store.mark(self.progress.recording)
            marked: dict[int, Value] = {1: self.progress.recording}
            self.note(EntryKind.MARKER, marked)

    def _mute(self) -> None:
        if self.state is State.EVENT and self.capturing:
            on = not self.capturing.recorder.muted
            self.capturing.recorder.mute(on=on)
            self.note(EntryKind.MUTE, {1: on})

    @property
    def muted(self) -> bool:
        """Whether the microphone is mute."""
        return self.capturing is not None and self.capturing.recorder.muted

    # What happens to the camera

    def happen(self, happening: Happening) -> bool:
        """Let something happen; False when it is refused in this state."""
        with self.lock:
            following = change(self.state, happening)
            if following is None:
                return False
            before, self.state = self.state, following.state
            for act in following.acts:
                self._act(act)
            if before is not self.state:
                self.note(EntryKind.MODE, {1: self.state.mode, 2: happening.value})
                self.link.follow()
            return True

    def _act(self, act: Act) -> None:
        if act is Act.WATCH:
            self._watch()
        elif self.capturing is None:
            return
        elif act is Act.REST:
            self.capturing.rest()
            self.capturing = None
        elif act is Act.OPEN:
            self._marked = False
            self._reminded_ms = self.time.mono_ms()
            self.capturing.recorder.start(Trigger(TriggerKind.BUTTON, b""))
            self.play(Sound.START)
        elif act is Act.FORGET:
            self.capturing.recorder.abort()
            self.play(Sound.MEMORY_FULL)
        elif act in _CLOSES:
            self.capturing.recorder.stop(_CLOSES[act])
            self.play(Sound.STOP)

    def _watch(self) -> None:
        serial = self.papers.identity.serial
        try:
            source = self.board.open_source(serial)
        except LapelError as error:
            if self._retry_ms is None:
                self.note(EntryKind.ERROR, {1: f"source: {error}"})
                self.play(Sound.PROBLEM)
            self._retry_ms = self.time.mono_ms() + RETRY_MS
            return
        self._retry_ms = None
        self.capturing = Capturing(source, self.writer, self._open, self._told.put)
        self.capturing.recorder.follow(self.rulebook.rules())

    def _open(self, begun: Begun) -> tuple[Desk, Opening]:
        """Say what a recording begins with; called by the recorder."""
        capturing, identity = self.capturing, self.papers.identity
        if capturing is None:
            raise StorageFullError("the source is closed")
        about = About(
            identity.serial,
            identity.model,
            self.board.firmware,
            self.board.firmware_hash,
            self.rulebook.version,
            self.rulebook.hash,
        )
        recording, now = self.board.entropy(16), self.time.now()
        return self.desk(), opened(recording, about, begun, (capturing.shape, now))

    def play(self, sound: Sound) -> None:
        """Play a sound."""
        self.speaker.play(sound, self.time.mono_ms())

    def tick(self) -> None:
        """Let time pass: deadlines of buttons, what was told meanwhile, reminders."""
        with self.lock:
            now = self.time.mono_ms()
            for gesture in self._buttons.tick(now):
                self._gesture(gesture)
            while not self._told.empty():
                self._hear(self._told.get())
            if self._retry_ms is not None and now >= self._retry_ms:
                self._try_source()
            if self.state is State.EVENT and now - self._reminded_ms >= REMINDER_MS:
                self._reminded_ms = now
                self.play(Sound.RECORDING)
            self.link.follow()

    def _try_source(self) -> None:
        """Open the source again, where the camera still wants one."""
        if self.state is State.BUFFERING and self.capturing is None:
            self._watch()
        else:
            self._retry_ms = None

    def charge(self, percent: int) -> None:
        """Take the state of the battery."""
        with self.lock:
            if percent < BATTERY_LOW <= self.battery:
                self.play(Sound.BATTERY_LOW)
                self.note(EntryKind.BATTERY, {1: percent})
            self.battery = percent
            if percent <= 0:
                self.happen(Happening.BATTERY_EMPTY)

    def _hear(self, told: Told | SourceLost) -> None:
        match told:
            case Grew():
                self._grew(told)
            case Closed():
                if self.progress and self.progress.recording == told.recording:
                    self.progress = None
            case Failed():
                self._failed(told)
            case SourceLost():
                self._source_lost(told)

    def _grew(self, told: Grew) -> None:
        if self.progress is None or self.progress.recording != told.recording:
            self.progress = Progress(told.recording, self.time.mono_ms())
        self.progress.links, self.progress.size = told.links, told.size
        self.progress.media_ms = told.media_ms
        self._remember_mark()

    def _failed(self, told: Failed) -> None:
        """Stop what storage could not hold; a later recording goes on."""
        failing = Happening.MEMORY_FULL if told.full else Happening.FAILED
        kind = EntryKind.STORAGE if told.full else EntryKind.ERROR
        self.note(kind, {1: told.cause, 2: told.recording})
        if self.progress and self.progress.recording == told.recording:
            self.progress = None
        if self.capturing and self.capturing.recorder.recording == told.recording:
            self.happen(failing)

    def _source_lost(self, told: SourceLost) -> None:
        words = f"{told.lost.track.name.lower()}: {told.lost.cause}"
        self.note(EntryKind.ERROR, {1: words})
        self.play(Sound.PROBLEM)
        if not told.left:
            self.happen(Happening.FAILED)
            self._act(Act.REST)
            if not told.lost.ended:
                self._retry_ms = self.time.mono_ms() + RETRY_MS
        elif self.capturing:
            self.capturing.recorder.mark(MarkKind.STATE, {2: words})

    @property
    def quiet(self) -> bool:
        """Whether no recording is open or waiting to be closed."""
        return self.writer.idle

    def shut_down(self) -> None:
        """Close what is open and end: the switch was moved, not the battery lost."""
        with self.lock:
            self.happen(Happening.SWITCH_OFF)
            self.note(EntryKind.OFF, {1: "shut down"})
        self._recovery.join()
        self.writer.stop()
        self.tick()
        self.journal.close()
