"""A camera as a process: its folder, buttons, cable, port and what it shows.

The folder holds `buttons` (a FIFO, the input device), `port/cable` (a file that stands
for the cable), `port/address` (where the port listens), `battery` (percent, optional)
and `state.json` (what lights, sounds and pages show).
"""

import fcntl
import json
import os
import select
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Final

from lapel.base.clock import ClockQuality
from lapel.base.errors import BusyError, MalformedError
from lapel.base.ids import recording_name
from lapel.camera.body import Camera
from lapel.camera.disk import write_whole
from lapel.camera.linking import Linking
from lapel.camera.port import Port
from lapel.camera.signals import Condition, lights
from lapel.protocol.buttons import Button
from lapel.protocol.modes import Happening

LOOK_S: Final = 0.1
_LINE_MOST: Final = 64
_SHOW_MS: Final = 1000


class Folder:
    """One process a folder; raises `BusyError` for a second."""

    def __init__(self, root: Path) -> None:
        """Take the folder."""
        self.root = root
        self._handle = os.open(
            root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise BusyError(f"{root}: another process runs this camera") from error

    def buttons(self) -> int:
        """Open the FIFO, so that it never ends."""
        path = self.root / "buttons"
        if not path.exists():
            os.mkfifo(path, 0o600)
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def give_back(self) -> None:
        """Let another process take the folder."""
        os.close(self._handle)


def read_edge(line: bytes) -> tuple[Button, bool, int]:
    """Read `MONO_MS down|up BUTTON`; raises `MalformedError`."""
    try:
        moment, way, name = line.decode("ascii").split(" ")
        if way not in {"down", "up"} or not moment.isdecimal():
            raise ValueError(line)
        return Button(name), way == "down", int(moment)
    except ValueError as error:
        raise MalformedError("a line is: MONO_MS down|up BUTTON") from error


class Runner:
    """Brings the outside to the camera and shows the camera to the outside."""

    def __init__(
        self, camera: Camera, folder: Folder, linking: Linking | None = None
    ) -> None:
        """Run `camera`, which has booted, and its link where it has a radio."""
        self._camera = camera
        self._linking = linking
        self._folder = folder
        self._port = Port(camera)
        self._rest = b""
        self._shown: object = None
        self._shown_ms = -_SHOW_MS
        (folder.root / "port").mkdir(mode=0o700, exist_ok=True)
        self._address = folder.root / "port" / "address"
        self._address.unlink(missing_ok=True)

    def run(self, stop: Event, ready: Callable[[], None]) -> None:
        """Run until `stop` is set; then close what is open."""
        handle = self._folder.buttons()
        try:
            self._look()
            if self._linking is not None:
                self._linking.start()
            ready()
            while not stop.is_set():
                readable, _, _ = select.select([handle], [], [], LOOK_S)
                if readable:
                    self._press(handle)
                self._look()
        finally:
            os.close(handle)
            self._port.close()
            self._address.unlink(missing_ok=True)
            if self._linking is not None:
                self._linking.close()
            self._camera.shut_down()
            self._show(final=True)
            self._folder.give_back()

    def _press(self, handle: int) -> None:
        with suppress(BlockingIOError):
            self._rest += os.read(handle, 4096)
        *lines, rest = self._rest.split(b"\n")
        self._rest = rest[:_LINE_MOST]
        for line in lines:
            with suppress(MalformedError):
                button, down, at_ms = read_edge(line[:_LINE_MOST])
                now = self._camera.time.mono_ms()
                self._camera.edge(button, down=down, at_ms=min(at_ms, now))

    def _look(self) -> None:
        camera = self._camera
        camera.tick()
        plugged = (self._folder.root / "port" / "cable").exists()
        if plugged != camera.state.docked:
            camera.happen(Happening.DOCK if plugged else Happening.UNDOCK)
        self._battery()
        if camera.state.docked and camera.quiet:
            self._port.open()
            self._tell_address()
        elif not camera.state.docked and self._port.address is not None:
            self._address.unlink(missing_ok=True)
            self._port.close()
        self._show()

    def _tell_address(self) -> None:
        """Say where the port listens; on a full disk it is tried again."""
        if self._port.address is not None and not self._address.exists():
            host, port = self._port.address
            with suppress(OSError):
                write_whole(self._address, f"{host}:{port}\n".encode())

    def _battery(self) -> None:
        path = self._folder.root / "battery"
        with suppress(OSError, ValueError):
            percent = min(100, max(0, int(path.read_text("ascii"))))
            if percent != self._camera.battery:
                self._camera.charge(percent)

    def _show(self, *, final: bool = False) -> None:
        """Write `state.json` when something has changed, and once a second."""
        camera = self._camera
        now = camera.time.mono_ms()
        progress = camera.progress
        glance = (
            camera.state,
            progress.links if progress else None,
            camera.muted,
            camera.speaker.stealth,
            len(camera.recovering),
            camera.battery,
            camera.papers.owner is not None,
            camera.rulebook.version,
            camera.speaker.played[-1:],
            camera.link.shown(),
        )
        if final or glance != self._shown or now - self._shown_ms >= _SHOW_MS:
            self._shown, self._shown_ms = glance, now
            state = {**show(camera), "running": not final}
            path = self._folder.root / "state.json"
            with suppress(OSError):  # What it shows must not end what it does.
                write_whole(path, json.dumps(state).encode())


def show(camera: Camera) -> dict[str, object]:
    """Give what `state.json` says."""
    identity, progress = camera.papers.identity, camera.progress
    owner, link = camera.papers.owner, camera.link.shown()
    condition = Condition(
        camera.state.mode,
        camera.muted,
        camera.speaker.chosen,
        bool(camera.recovering),
        camera.battery,
        link.light,
    )
    kept = camera.store.recordings()
    capturing = camera.capturing
    return {
        "serial": identity.serial,
        "model": identity.model,
        "tenant": owner.tenant if owner else None,
        "mode": camera.state.mode,
        "docked": camera.state.docked,
        "recording": recording_name(progress.recording) if progress else None,
        "seconds": round(progress.media_ms / 1000, 1) if progress else 0,
        "units": progress.links if progress else 0,
        "buffered_seconds": round(capturing.recorder.buffered_s, 1) if capturing else 0,
        "muted": camera.muted,
        "stealth": camera.speaker.stealth,
        "recordings": len(kept),
        "recovering": len(camera.recovering),
        "free_bytes": camera.board.files.free() >> 20 << 20,
        "clock": ClockQuality(camera.time.quality).name.lower(),
        "battery": camera.battery,
        "settings_version": camera.rulebook.version,
        "sealing": camera.desk().sealing,
        "lights": dict(lights(condition)),
        "volume": camera.speaker.chosen.volume,
        "vibration": camera.speaker.chosen.vibration,
        "link": {key: value for key, value in asdict(link).items() if key != "light"},
        "sounds": [
            {"number": played.number, "sound": played.sound.value[0]}
            for played in camera.speaker.played
        ],
    }
