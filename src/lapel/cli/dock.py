"""`lapel dock`: adopt a dock, run its bays, put cameras in and take them out."""

import contextlib
import sys
import threading
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.live import Live

from lapel.cli.bays import Lines, table
from lapel.cli.stopping import stop_on_signals
from lapel.dock import cable
from lapel.dock.adopt import adopt_dock
from lapel.dock.dock import Dock, System, only_one
from lapel.dock.machine import Machine
from lapel.dock.status import serve_status
from lapel.ports.system import SystemClock, system_entropy

app = App(
    name="dock",
    help="""Take recordings from cameras to Evidence, unattended.

Example: lapel dock adopt --dir dock CODE; lapel dock run --dir dock --bays 4
""",
)
Folder = Annotated[Path, Parameter(name="--dir", help="The dock's folder.")]
Bay = Annotated[int, Parameter(help="Number of the bay, from 1.")]


@app.command
def adopt(code: str, *, folder: Folder) -> int:
    """Make this machine a dock of the agency, with a one-time code from Evidence."""
    machine = adopt_dock(folder, code)
    sys.stdout.write(f"dock {machine.serial} of {machine.tenant}\n")
    return 0


@app.command
def run(
    *,
    folder: Folder,
    bays: int = 4,
    budget: float = 0,
    status_port: int = 0,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Serve cameras until Ctrl-C.

    Args:
        folder: The dock's folder.
        bays: Number of bays.
        budget: Bandwidth for all bays together, MB a second; 0 for no limit.
        status_port: Port of the status on loopback; 0 takes a free one.
        as_json: Print one JSON object a change instead of a table or lines.

    """
    machine = Machine.load(folder)
    stop = stop_on_signals()
    dock = Dock(
        machine,
        bays,
        System(SystemClock(), system_entropy),
        int(budget * 1_000_000),
    )
    with only_one(folder), contextlib.closing(_status(dock, status_port)) as status:
        lines = Lines(sys.stdout, as_json=as_json)
        lines.begin(machine.serial, status.number)
        console = Console()
        if console.is_terminal and not as_json:
            _live(dock, console, stop)
        else:
            dock.listen(lines.tell)
            with dock.running():
                stop.wait()
    return 0


class _Status:
    """The status server and its port."""

    def __init__(self, dock: Dock, number: int) -> None:
        self._server = serve_status(dock.states, number)
        self.number = self._server.server_port

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


def _status(dock: Dock, number: int) -> _Status:
    return _Status(dock, number)


def _live(dock: Dock, console: Console, stop: threading.Event) -> None:
    with (
        Live(table(dock.states()), console=console, auto_refresh=False) as live,
        dock.running(),
    ):
        while not stop.wait(0.25):
            live.update(table(dock.states()), refresh=True)


@app.command
def plug(camera: Path, *, folder: Folder, bay: Bay) -> int:
    """Put a camera of this machine into a bay: power and data.

    Args:
        camera: The camera's folder.
        folder: The dock's folder.
        bay: Number of the bay, from 1.

    """
    cable.plug(camera, folder, bay)
    return 0


@app.command
def unplug(*, folder: Folder, bay: Bay) -> int:
    """Take the camera out of a bay, whatever it is doing."""
    cable.unplug(folder, bay)
    return 0
