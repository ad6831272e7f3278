"""`lapel press`: press buttons of a running camera, as fingers do."""

import os
import time
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter
from cyclopts.validators import Number

from lapel.base.errors import SetupError, UnreachableError
from lapel.ports.system import SystemClock
from lapel.protocol.buttons import Button

app = App(
    name="press",
    help="""Press buttons of a running camera, one after the other.

    Event twice starts a recording, event held for 3 s stops it.

    Example: lapel press --dir cam1 event event
    """,
)

_DOWN_S: Final = 0.1
_BETWEEN_S: Final = 0.15


@app.default
def press(
    *buttons: Button,
    folder: Annotated[Path, Parameter("--dir")],
    hold: Annotated[float, Parameter(validator=Number(gte=0))] = _DOWN_S,
    together: bool = False,
) -> None:
    """Press `buttons`.

    Parameters
    ----------
    buttons
        event, function, power or battery, in this order.
    folder
        The camera's folder.
    hold
        Seconds for which each is held.
    together
        Hold all at once instead of one after the other.

    """
    path = folder / "buttons"
    clock = SystemClock()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        raise SetupError(
            f"{folder}: no camera runs here; start one with `lapel camera run`"
        ) from error

    def send(way: str, button: Button) -> None:
        line = f"{clock.mono_ms()} {way} {button.value}\n"
        try:
            os.write(handle, line.encode("ascii"))
        except OSError as error:
            raise UnreachableError(
                f"{folder}: the camera no longer takes presses; start it again"
            ) from error

    groups = [list(buttons)] if together else [[button] for button in buttons]
    try:
        for number, group in enumerate(groups):
            if number:
                time.sleep(_BETWEEN_S)  # noqa: TID251
            for button in group:
                send("down", button)
            time.sleep(hold)  # noqa: TID251
            for button in group:
                send("up", button)
    finally:
        os.close(handle)
