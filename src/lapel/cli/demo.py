"""`lapel demo`: the whole way of a recording, on this machine."""

import json
import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from lapel.cli.stopping import stop_on_signals
from lapel.ports.system import SystemClock
from lapel.sim import footage
from lapel.sim.children import Children
from lapel.sim.demo.model import Outcome, Told
from lapel.sim.demo.shift import Plan, Shift

app = App(
    name="demo",
    help="""Record, dock, keep and prove a short shift on this machine.

Example: lapel demo --once

Evidence, a dock and three virtual cameras run as processes of their own and end
with the command. Nothing leaves this machine.
""",
)
ENVIRON = os.environ  # noqa: TID251


@app.default
def demo(
    *,
    once: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
    folder: Annotated[Path | None, Parameter(name="--dir")] = None,
) -> int:
    """Play the shift; without --once stay until Ctrl-C, so that you can look at it.

    Args:
        once: End after the list; exit code 0 only if all of it held.
        as_json: Print one JSON object instead of the list.
        folder: Where it lives; by default a fresh folder in the user's cache.

    """
    stop = stop_on_signals()
    place = folder or _fresh_folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    say = Console(stderr=True, highlight=False)
    plan = Plan(
        place.resolve(),
        _sources(),
        SystemClock(),
        lambda text: say.print(f"  {text}", style="dim"),
        stop,
    )
    with Children(plan.folder / "logs", ENVIRON) as children:
        outcome = Shift.of(plan, children).play()
        if as_json:
            sys.stdout.write(json.dumps(outcome.data()) + "\n")
            sys.stdout.flush()
        else:
            _show(outcome, stay=not once)
        if not once:
            stop.wait()
    return 0 if outcome.ok else 1


def _fresh_folder() -> Path:
    cache = ENVIRON.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(cache) / "lapel" / "demo"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Path(tempfile.mkdtemp(dir=place))


def _sources() -> tuple[str, str, str]:
    """Real footage where it is in the cache, else the synthetic source."""
    clips = footage.find(ENVIRON)
    found = [f"file:{clips[clip]}?loop" for clip in footage.CLIPS if clip in clips]
    first, second = (*found, "synthetic:", "synthetic:")[:2]
    return first, second, "synthetic:"


def _show(outcome: Outcome, *, stay: bool) -> None:
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for name in (
        "Recording",
        "Camera",
        "Length",
        "Verdict",
        "Receipt",
        "On camera",
    ):
        table.add_column(name)
    for told in outcome.recordings:
        table.add_row(*_row(told), style="" if told.good else "bold red")
    console.print(table)
    seconds = outcome.seconds
    console.print(
        f"\nset-up {seconds.setup:.1f} s, recording {seconds.record:.1f} s, "
        f"offload {seconds.offload:.1f} s"
    )
    first = outcome.recordings[0].mp4 if outcome.recordings else ""
    proof = f"{_command()} verify {first} --trust {outcome.trust}"
    console.print(f"Prove it yourself:\n  {proof}", soft_wrap=True)
    if not outcome.ok:
        console.print(f"Not all of it held. The logs are in {outcome.dir}/logs")
    if stay:
        console.print(
            f"\nPages:    {outcome.url}\nSign in:  {outcome.sign_in}", soft_wrap=True
        )
        console.print(
            "Ctrl-C ends it; the folder stays: " + outcome.dir, soft_wrap=True
        )


def _command() -> str:
    """Give the command as it can be typed here."""
    installed = Path(sys.prefix) / "bin" / "lapel"
    if not installed.exists():
        return "lapel"
    near = os.path.relpath(installed)
    return shlex.quote(near if not near.startswith("..") else str(installed))


def _row(told: Told) -> tuple[str, ...]:
    return (
        told.id[:8],
        told.camera,
        f"{told.seconds:.1f} s",
        told.verdict,
        "holds" if told.receipt else "none",
        "deleted" if told.deleted_from_camera else "still there",
    )
