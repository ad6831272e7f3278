"""`lapel evidence witness`: who else sees to it that the custody log only grows."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

from cyclopts import App

from lapel.cli.evidence import Agency, Place
from lapel.cli.files import printable
from lapel.evidence import start
from lapel.evidence.custody import witnesses
from lapel.evidence.custody.service import Stamp
from lapel.evidence.site import Ground
from lapel.evidence.tenants.model import Tenant
from lapel.ports.system import SystemClock, system_entropy

app = App(
    name="witness",
    help="""Have the custody log cosigned by witnesses that others run.

    Example: lapel evidence witness add https://court.example KEYLINE --dir evidence
    """,
)


@app.command
def add(url: str, key: str, *, folder: Place, agency: Agency = "") -> int:
    """Ask a witness to cosign each new checkpoint, from now on.

    Args:
        url: The witness's address.
        key: Its key line, as `lapel witness serve` prints it.
        folder: Evidence's folder.
        agency: The agency, where the server has several.

    """
    with _opened(folder, agency) as (ground, tenant):
        stamp = Stamp(tenant.id, ground.clock.utc_ms(), ground.entropy)
        with ground.database.write() as connection:
            made = witnesses.add(connection, stamp, url, key)
    sys.stdout.write(f"{printable(made.name)} is asked from now on\n")
    return 0


@app.command
def remove(name: str, *, folder: Place, agency: Agency = "") -> int:
    """Ask a witness no more.

    Args:
        name: The witness's name.
        folder: Evidence's folder.
        agency: The agency, where the server has several.

    """
    with _opened(folder, agency) as (ground, tenant):
        stamp = Stamp(tenant.id, ground.clock.utc_ms(), ground.entropy)
        with ground.database.write() as connection:
            witnesses.remove(connection, stamp, name)
    sys.stdout.write(f"{printable(name)} is asked no more\n")
    return 0


@app.command(name="list")
def everything(*, folder: Place, agency: Agency = "") -> int:
    """List the witnesses: name, acts cosigned, address, and what is wrong.

    Args:
        folder: Evidence's folder.
        agency: The agency, where the server has several.

    """
    with (
        _opened(folder, agency) as (ground, tenant),
        ground.database.read() as connection,
    ):
        for one in witnesses.everybody(connection, tenant.id):
            words = f"{one.name}  {one.size}  {one.url}  {one.fault}".rstrip()
            sys.stdout.write(printable(words) + "\n")
    return 0


@contextmanager
def _opened(folder: Place, agency: str) -> Generator[tuple[Ground, Tenant]]:
    ground, tenant = start.open_ground(folder, SystemClock(), system_entropy, agency)
    try:
        yield ground, tenant
    finally:
        ground.database.close()
