"""A bay: watches for a camera, runs its session, tries again, tells its state."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from lapel.base.errors import LapelError, RefusedError, UnreachableError
from lapel.dock.evidence import Evidence
from lapel.dock.machine import Machine
from lapel.dock.model import BayState, Step
from lapel.dock.port import Port, StrangeCameraError
from lapel.dock.session import Rig, Session, Tell, adopt, greet
from lapel.ports.pinned import unpinned

_LOOK_S: Final = 0.2
_LONG_S: Final = 3600.0
_PAUSES_S: Final = (2.0, 4.0, 8.0, 16.0)


def address_of(bay: Path) -> tuple[str, int] | None:
    """Where the camera in a bay answers; None when the bay is empty.

    The bay is a link to the camera's port folder; the camera writes `address` there
    while the cable is in.
    """
    try:
        host, _, number = (bay / "address").read_text().strip().rpartition(":")
        return host, int(number)
    except (OSError, ValueError):
        return None


@dataclass(slots=True)
class Bay:
    """One bay and its thread."""

    number: int
    place: Path
    machine: Machine
    rig: Rig
    tell: Tell
    stop: threading.Event
    state: BayState = field(init=False)
    _failures: int = 0

    def __post_init__(self) -> None:
        """Begin empty."""
        self.state = BayState(self.number)

    def run(self) -> None:
        """Serve cameras until the dock is stopped."""
        while not self.stop.is_set():
            address = address_of(self.place)
            if address is None:
                self._failures = 0
                self._say(BayState(self.number))
                self.stop.wait(_LOOK_S)
                continue
            self._stays(address, self._once(address))

    def _stays(self, address: tuple[str, int], pause: float) -> bool:
        """Wait; False at once when the camera is taken out or the dock is stopped."""
        ends = self.rig.host.clock.mono_ms() + int(pause * 1000)
        while address_of(self.place) == address:
            if self.rig.host.clock.mono_ms() >= ends:
                return not self.stop.is_set()
            if self.stop.wait(_LOOK_S):
                return False
        return False

    def _say(self, state: BayState) -> None:
        if state != self.state:
            self.state = state
            self.tell(state)

    def _once(self, address: tuple[str, int]) -> float:
        """Serve a camera while that works; gives the seconds until the next try."""
        evidence = Evidence(self.machine, self.rig.host)
        try:
            self.machine.check(self.rig.host.clock.utc_ms())
            self._serve(address, evidence)
        except UnreachableError as error:
            if address_of(self.place) is None:
                self._say(BayState(self.number))
                return 0.0
            return self._failed(Step.WAITING, str(error))
        except LapelError as error:
            return self._failed(Step.PROBLEM, str(error))
        except OSError as error:
            return self._failed(Step.PROBLEM, f"this machine has a fault: {error}")
        finally:
            evidence.close()
        return 0.0

    def _failed(self, step: Step, message: str) -> float:
        """Say it, and wait the longer the more often it failed."""
        self._say(replace(self.state, step=step, message=message, rate=0.0))
        pause = _PAUSES_S[min(self._failures, len(_PAUSES_S) - 1)]
        self._failures += 1
        return pause

    def _serve(self, address: tuple[str, int], evidence: Evidence) -> None:
        if not self._failures:
            self._say(BayState(self.number, Step.CONNECTING))
        try:
            port = Port.connect(address, self.machine.to_camera())
        except StrangeCameraError:
            self._adopt(address, evidence)
            port = Port.connect(address, self.machine.to_camera())
        try:
            hello = greet(port)
            port.check_peer(hello.serial)
            state = replace(self.state, camera=hello.serial)
            self._say(state)
            log = self.machine.log
            session = Session(port, evidence, self.rig, hello, log, state, self._say)
            session.run()
            self._failures = 0
            while not session.released and self._stays(address, session.pause_s):
                session.again()
            while session.released and self._stays(address, _LONG_S):
                pass
        finally:
            port.close()

    def _adopt(self, address: tuple[str, int], evidence: Evidence) -> None:
        """Adopt a camera that shows no certificate of the agency, if it is unowned."""
        port = Port.connect(address, unpinned())
        try:
            named = port.peer().serial
            try:
                hello = greet(port)
            except UnreachableError as error:
                # A camera that is owned ends what shows no certificate of its agency.
                raise foreign(named) from error
            if hello.owned:
                raise foreign(hello.serial)
            self._say(BayState(self.number, Step.ADOPTING, hello.serial))
            adopt(port, evidence, hello)
        finally:
            port.close()


def foreign(serial: str) -> RefusedError:
    """Say that a camera is another agency's, and what to do."""
    return RefusedError(
        "foreign",
        f"camera {serial} belongs to another agency. It must be released there before "
        "it can be used here.",
    )


Watch = Callable[[], tuple[BayState, ...]]
"""Gives the states of all bays at this moment."""
