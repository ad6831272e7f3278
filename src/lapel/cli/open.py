"""`lapel open`: make a clear copy of a sealed recording."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

from cyclopts import App, Parameter

from lapel.base.errors import NotFoundError, RefusedError
from lapel.cli import exits
from lapel.cli.beside import find_beside
from lapel.cli.files import mapped, read_small
from lapel.crypto.keys import PrivateKey
from lapel.crypto.seal import FrameError
from lapel.ports.ahead import one_ahead
from lapel.proof.opening import Unsealed, unseal
from lapel.proof.recording import Keys

app = App(
    name="open",
    help="""Open a sealed recording with an evidence key.

Example: lapel open X.sealed --envelope X.envelope --key evidence.pem -o X.mp4

The copy plays anywhere and carries the camera's signatures; check it with
`lapel verify`. Exit code 3 when the sealed file goes on with what is not whole.
""",
)


@app.default
def open_sealed(
    sealed: Path,
    /,
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
    if not out.absolute().parent.is_dir():
        raise NotFoundError(f"{out}: no such directory")
    beside = read_small(envelope) if envelope else find_beside(sealed).envelope
    privates = tuple(PrivateKey.from_pem(read_small(path)) for path in key)
    handle, name = tempfile.mkstemp(dir=out.absolute().parent, prefix=".lapel-open-")
    try:
        with mapped(sealed) as data, os.fdopen(handle, "wb") as file:
            good = _write(unseal(data, Keys(privates, beside)), file)
            left = len(data) - good
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sys.stdout.write(f"{out}\n")
    if not left:
        return exits.OK
    sys.stderr.write(
        f"lapel: {sealed}: {left} bytes behind byte {good} are no whole frames and are "
        "not in the copy; lapel verify says what that means\n"
    )
    return exits.INCOMPLETE


def _write(unsealed: Unsealed, file: IO[bytes]) -> int:
    """Write what opens, in order; give the bytes of the sealed file up to there.

    Three threads: one looks for the next frame and holds its check, one opens, one
    writes.
    """
    good = unsealed.header_size

    def opened() -> Iterator[tuple[int, bytes]]:
        for place in one_ahead(unsealed.frames(), "check"):
            try:
                yield place.end, unsealed.open(place)
            except FrameError:
                return

    for end, part in one_ahead(opened(), "open"):
        file.write(part)
        good = end
    if good == unsealed.header_size:
        raise FrameError("nothing in the file can be opened")
    return good
