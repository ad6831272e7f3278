"""`lapel evidence audit`: the custody log in the database, row by row."""

import sys
from dataclasses import replace
from pathlib import Path

from cyclopts import App

from lapel.base.errors import SignatureError
from lapel.cli import custody as commands
from lapel.cli.evidence import Agency, AsJson, Place
from lapel.cli.files import printable
from lapel.evidence import start
from lapel.evidence.custody.audit import audit
from lapel.ports.system import SystemClock, system_entropy
from lapel.proof.logs import Finding, Telling, hold

app = App(
    name="audit",
    help="""Read the custody log in Evidence's database, and hold it against copies.

    Example: lapel evidence audit kept/ --dir evidence --trust agency.pem

    Besides what `lapel custody verify` sees from outside, it reads every act, every
    text that is kept, and every hash of the tree. Exit codes are those of
    `lapel custody verify`. Take agency.pem from a place that this machine's
    administrators cannot write to.
    """,
)


@app.default
def look(
    *copies: Path,
    folder: Place,
    trust: commands.Trusted,
    agency: Agency = "",
    checkpoint: commands.Notes = (),
    as_json: AsJson = False,
) -> int:
    """Say whether the database still says what was logged.

    Args:
        copies: Folders with copies of the log that were kept elsewhere.
        folder: Evidence's folder.
        trust: Files with the log's key.
        agency: The agency, where the server has several.
        checkpoint: Checkpoints of the log that were seen elsewhere.
        as_json: Print one JSON object.

    """
    logs = commands.keys(trust)
    ground, tenant = start.open_ground(folder, SystemClock(), system_entropy, agency)
    try:
        with ground.database.read() as connection:
            log = next((one for one in logs if one.name.endswith(tenant.id)), None)
            if log is None:
                raise SignatureError(f"--trust has no log key of {tenant.name}")
            found = audit(connection, tenant.id, log)
    finally:
        ground.database.close()
    now = Telling(str(folder), tuple(found.checkpoints), tuple(found.hashes))
    held = hold(now, commands.tellings(copies, checkpoint, logs))
    wrong = tuple(Finding("the database", words) for words in found.wrong)
    held = replace(held, findings=wrong + held.findings)
    code = commands.report(now, held, as_json=as_json)
    if found.erased and not as_json:
        words = f"{found.erased} texts are erased; their hashes stand in the log"
        sys.stdout.write(f"  erased     {printable(words)}\n")
    return code
