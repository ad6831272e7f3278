"""The `lapel` command: finds the sub-command, turns errors into exit codes."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from lapel.base.errors import LapelError
from lapel.cli import exits
from lapel.cli.files import printable

app = App(
    name="lapel",
    help="From lapel to courtroom: record, dock, keep, prove.",
    default_parameter=Parameter(negative=()),
)
for _name, _target in {
    "verify": "lapel.cli.verify:app",
    "custody": "lapel.cli.custody:app",
    "witness": "lapel.cli.witness:app",
    "open": "lapel.cli.open:app",
    "camera": "lapel.cli.camera:app",
    "press": "lapel.cli.press:app",
    "view": "lapel.cli.view:app",
    "dock": "lapel.cli.dock:app",
    "evidence": "lapel.cli.evidence:app",
    "air": "lapel.cli.air:app",
    "demo": "lapel.cli.demo:app",
}.items():
    app.command(_target, name=_name)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code (table in `lapel.cli.exits`)."""
    try:
        result: object = app(argv, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        sys.exit(exits.USAGE)
    except LapelError as error:
        said = "\n".join(map(printable, str(error).splitlines()))
        sys.stderr.write(f"lapel: {said}\n")
        sys.exit(exits.of(error))
    except BrokenPipeError:
        # Whoever read the output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(exits.PIPE)
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"lapel: {named}{error.strerror or error}\n")
        sys.exit(exits.IO)
    except KeyboardInterrupt:
        sys.exit(exits.INTERRUPTED)
    sys.exit(result if isinstance(result, int) else 0)
