"""`lapel evidence sign-in`: from where, and the way back when shut out."""

import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from lapel.evidence import start
from lapel.evidence.people.service import OPERATOR, People
from lapel.ports.system import SystemClock, system_entropy

app = App(
    name="sign-in",
    help="""Show what holds for signing in, or let people in from everywhere again.

    Example: lapel evidence sign-in --dir evidence --everywhere
    """,
)


@app.default
def sign_in(
    *,
    folder: Annotated[Path, Parameter("--dir")],
    agency: str = "",
    everywhere: bool = False,
) -> None:
    """Print text, networks, and what roles need beside the password, as JSON.

    Parameters
    ----------
    folder
        Evidence's folder.
    agency
        The agency, where the server has several.
    everywhere
        Lift the list of networks first, when nobody gets in any more.

    """
    ground, tenant = start.open_ground(folder, SystemClock(), system_entropy, agency)
    entry = People(ground.database, ground.clock, ground.entropy, tenant.id).entry
    if everywhere:
        entry.open_everywhere(OPERATOR)
    now = entry.rules()
    told = {
        "banner": now.banner,
        "networks": list(now.networks),
        "needs": {role: str(need) for role, need in sorted(now.needs.items())},
    }
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
