"""`lapel air`: a virtual air for Bluetooth hosts, and the acts that change it."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final, Literal, cast

from cyclopts import App, Parameter
from cyclopts.validators import Number

from lapel.cli.files import printable
from lapel.cli.stopping import stop_on_signals
from lapel.sim.air.capture import Capture
from lapel.sim.air.door import ask
from lapel.sim.air.radio import SHAPES
from lapel.sim.air.running import Air, Ports

HOSTS_PORT: Final = 9700
DOOR_PORT: Final = 9701

app = App(
    name="air",
    help="""A virtual air: Bluetooth LE between programs, without a radio.

    Each host that connects by TCP (HCI, H4) gets a controller of its own; all share one
    air. A camera or app uses `air:127.0.0.1:9700/NAME`, any other host
    `tcp-client:127.0.0.1:9700`. What is modelled stands in docs/explanation/air.md.

    Example: lapel air --capture shift.pcap
    """,
)

Port = Annotated[int, Parameter(validator=Number(gte=0, lte=65535))]
Json = Annotated[bool, Parameter("--json")]


@app.default
def run(
    *,
    port: Port = HOSTS_PORT,
    door: Port = DOOR_PORT,
    shape: Literal["sets", "one"] = "sets",
    capture: Path | None = None,
    as_json: Json = False,
) -> None:
    """Run the air until Ctrl-C.

    Parameters
    ----------
    port
        Where hosts connect, on this machine only; 0 takes a free one.
    door
        Where `place`, `loss`, `cut` and `hosts` ask; 0 takes a free one.
    shape
        Controllers with advertising sets (Bluetooth 5), or with one advertiser (4.0).
    capture
        Write all that is on the air to this file (pcap, for Wireshark).
    as_json
        Print the ports as JSON.

    """
    stop = stop_on_signals()
    with ExitStack() as stack:
        file = stack.enter_context(capture.open("wb")) if capture else None
        air = stack.enter_context(Air(SHAPES[shape], Ports(port, door)))
        if file is not None:
            air.sniff(Capture(file))
        ports = {"hosts": air.ports.hosts, "door": air.ports.door}
        said = f"air runs: hosts {air.transport()}, door {air.ports.door}"
        sys.stdout.write((json.dumps(ports) if as_json else said) + "\n")
        sys.stdout.flush()
        stop.wait()


@app.command
def place(name: str, x: float, y: float = 0, *, door: Port = DOOR_PORT) -> None:
    """Put a host of a running air somewhere; all stand at 0 0 at first.

    Example: lapel air place camera 12 5

    Parameters
    ----------
    name
        The host's name, as `hosts` lists it.
    x
        Metres.
    y
        Metres.
    door
        The door of the air.

    """
    _ask(door, {"act": "place", "name": name, "x": x, "y": y})


@app.command
def loss(percent: float, *, door: Port = DOOR_PORT) -> None:
    """Have receivers of a running air miss a share of all packets.

    Example: lapel air loss 20

    Parameters
    ----------
    percent
        From 0 to less than 100.
    door
        The door of the air.

    """
    _ask(door, {"act": "loss", "percent": percent})


@app.command
def cut(*, door: Port = DOOR_PORT) -> None:
    """Lose every connection of a running air now.

    Example: lapel air cut

    Parameters
    ----------
    door
        The door of the air.

    """
    _ask(door, {"act": "cut"})


@app.command
def hosts(*, door: Port = DOOR_PORT, as_json: Json = False) -> None:
    """List the hosts of a running air, and where they are.

    Example: lapel air hosts

    Parameters
    ----------
    door
        The door of the air.
    as_json
        Print JSON.

    """
    said = _ask(door, {"act": "hosts"})
    if as_json:
        sys.stdout.write(json.dumps(said) + "\n")
        return
    for host in cast(list[dict[str, object]], said["hosts"]):
        x, y = cast(list[float], host["place"])
        sys.stdout.write(f"{printable(str(host['name']))}  {x:g} {y:g}\n")


def _ask(door: int, request: Mapping[str, object]) -> Mapping[str, object]:
    return asyncio.run(ask(door, request))
