"""`lapel evidence agency`: the agencies that share a server, and founding another."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from lapel.base.errors import SetupError
from lapel.evidence import start
from lapel.evidence.store.folder import Folder
from lapel.evidence.tenants.model import NewTenant
from lapel.ports.system import SystemClock, system_entropy

app = App(
    name="agency",
    help="""Agencies that share a server; each has its own store, keys and log.

    Example: lapel evidence agency add "Vale Hill Police" --dir evidence
    """,
)
Place = Annotated[Path, Parameter(name="--dir", help="Evidence's folder.")]


@app.command
def add(name: str, *, folder: Place, zone: str = "UTC") -> int:
    """Found another agency, and print its administrator's one-time link.

    A server that runs finds it within a second.

    Args:
        name: The agency's name; people type it when they sign in.
        folder: Evidence's folder.
        zone: The agency's time zone.

    """
    new = NewTenant(name, "evidence", zone)
    made = start.found(folder, new, SystemClock(), system_entropy)
    try:
        link = f"{start.running(Folder(folder)).url}/enrol/{made.secret}"
    except SetupError:
        link = f"/enrol/{made.secret}, behind the address that the server prints"
    lines = [f"agency   {made.tenant.name}", f"id       {made.tenant.id}", ""]
    lines += ["Set the administrator's password here, once, within 3 days:", link]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


@app.command(name="list")
def everything(*, folder: Place) -> int:
    """List the agencies, the first first: id, time zone, CA of its devices, name.

    Args:
        folder: Evidence's folder.

    """
    for store, tenant in start.agencies(Folder(folder)):
        ca = store.keys / "ca.pem"
        sys.stdout.write(f"{tenant.id}  {tenant.zone}  {ca}  {tenant.name}\n")
    return 0
