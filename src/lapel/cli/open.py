"""`lapel open`: make a clear copy of a sealed recording."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from lapel.base.errors import RefusedError
from lapel.cli.beside import find_beside
from lapel.cli.files import mapped, read_small
from lapel.crypto.keys import PrivateKey
from lapel.ports.ahead import one_ahead
from lapel.proof.opening import unseal
from lapel.proof.recording import Keys

app = App(
    name="open",
    help="""Open a sealed recording with an evidence key.

Example: lapel open X.sealed --envelope X.envelope --key evidence.pem -o X.mp4

The copy plays anywhere and carries the camera's signatures; check it with
`lapel verify`.
""",
)


@app.default
def open_sealed(
    sealed: Path,
    *,
    key: tuple[Path, ...],
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    envelope: Path | None = None,
    force: bool = False,
) -> int:
    """Write the clear recording to OUT; nothing is left there when it fails.

    Args:
        sealed: The sealed file.
        key: Evidence key in PEM.
        out: Where the clear copy goes.
        envelope: Envelope; by default the one beside the sealed file.
        force: Replace OUT if it is there.

    """
    if out.exists() and not force:
        raise RefusedError("exists", f"{out} is there already; --force replaces it")
    beside = read_small(envelope) if envelope else find_beside(sealed).envelope
    privates = tuple(PrivateKey.from_pem(read_small(path)) for path in key)
    handle, name = tempfile.mkstemp(dir=out.absolute().parent, prefix=".lapel-open-")
    try:
        with mapped(sealed) as data, os.fdopen(handle, "wb") as file:
            unsealed = unseal(data, Keys(privates, beside))
            opened = (unsealed.open(place) for place in unsealed.frames())
            for part in one_ahead(opened, "open"):
                file.write(part)
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sys.stdout.write(f"{out}\n")
    return 0
